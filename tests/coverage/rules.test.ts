// Fails when a rule of docs/spec has no test, or a test proves a rule that is not there: a title starts with its rule's id.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

import { listFiles, read } from '../architecture/source-tree';

const SPEC = resolve(import.meta.dirname, '..', '..', 'docs', 'spec');

const rules = readdirSync(SPEC)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => [...readFileSync(resolve(SPEC, name), 'utf8').matchAll(/^- \*\*([A-Z]+-\d+)\*\* /gm)])
  .map(([, id = '']) => id);
const areas = new Set(rules.map((id) => id.split('-')[0] ?? ''));

/** Ids at the start of texts: titles, and the titles in tables that tests are made from. */
const proven = new Set(
  listFiles('tests', ['.test.ts', '.test.tsx', '.spec.ts', '-scenarios.ts'])
    .flatMap((file) => [...read(file).matchAll(/['"`]([A-Z]+-\d+)\b/g)])
    .map(([, id = '']) => id)
    .filter((id) => areas.has(id.split('-')[0] ?? '')),
);

it('no rule has its number twice, and no number is left out', () => {
  expect(rules.length).toBeGreaterThan(100);
  expect(new Set(rules).size).toBe(rules.length);
  for (const area of areas) {
    const numbers = rules.filter((id) => id.startsWith(`${area}-`)).map((id) => Number(id.split('-')[1]));
    expect(numbers, area).toEqual(numbers.map((_, index) => index + 1));
  }
});

it('every rule has a test, and every test’s rule exists', () => {
  expect(rules.filter((id) => !proven.has(id))).toEqual([]);
  expect([...proven].filter((id) => !rules.includes(id))).toEqual([]);
});
