// Every rule of docs/spec has a test whose title starts with its id, and every such title names a rule.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const AREAS = [
  'PARAM',
  'BUFFER',
  'UNINIT',
  'MODULE',
  'STATE',
  'LAZY',
  'MATERIALIZE',
  'WEIGHTS',
  'RANDOM',
  'INIT',
];
const ID = new RegExp(`\\b(?:${AREAS.join('|')})-\\d+\\b`, 'g');

const textOf = (folder: string, ending: string): string =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
    .join('\n');

it('rules and tests name each other', () => {
  const rules = [...textOf('docs/spec', '.md').matchAll(/^- \*\*([A-Z]+-\d+)\*\*/gm)].map(
    ([, id]) => id ?? '',
  );
  const own = rules.filter((id) => AREAS.includes(id.split('-')[0] ?? ''));
  const tested = new Set(textOf('tests/nn', '.ts').match(ID));
  expect(new Set(own).size).toBe(own.length);
  expect(own.filter((id) => !tested.has(id))).toEqual([]);
  expect([...tested].filter((id) => !own.includes(id))).toEqual([]);
});
