// Damaged project files are refused with a typed error that names the file, or read as a project that can be written again.
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseProject } from '#core/document/parse';
import { serializeProject } from '#core/document/serialize';
import { findTemplate } from '#core/document/templates';
import { LazuliError } from '#core/errors';

import { bounded, FUZZ_SECONDS, mutations } from '../support/mutations';

const project = findTemplate('digits')?.project;
if (!project) throw new Error('the template digits is gone');
const text = serializeProject(project);

function survives(source: string): void {
  try {
    const parsed = parseProject(source, 'p.lazuli');
    expect(parseProject(serializeProject(parsed), 'p.lazuli')).toEqual(parsed);
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    expect(error.message).toContain('p.lazuli');
    expect(JSON.stringify(error.toData())).not.toMatch(/undefined|\[object/);
  }
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}

test(
  'damaged bytes of a project',
  () => {
    const decoder = new TextDecoder();
    fc.assert(
      fc.property(mutations, (change) => {
        survives(decoder.decode(change(Buffer.from(text))));
      }),
      bounded,
    );
  },
  FUZZ_SECONDS * 1000 + 20_000,
);

test(
  'whole JSON values in the place of a part of a project',
  () => {
    const root = JSON.parse(text) as Record<string, unknown>;
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(-1, 1e308, 2 ** 53, '__proto__', { ['__proto__']: { polluted: true } }, []),
    );
    fc.assert(
      fc.property(fc.nat(), value, (seed, replacement) => {
        const copy = structuredClone(root);
        replacePart(copy, seed, replacement);
        survives(JSON.stringify(copy));
      }),
      bounded,
    );
  },
  FUZZ_SECONDS * 1000 + 20_000,
);

/** Goes down where `seed` leads and puts the value there. */
function replacePart(parent: Record<string, unknown>, seed: number, value: unknown): void {
  const keys = Object.keys(parent);
  const key = keys[seed % Math.max(1, keys.length)] ?? 'new';
  const child = parent[key];
  const goesOn = typeof child === 'object' && child !== null && (seed & 0x1000) !== 0;
  if (goesOn) replacePart(child as Record<string, unknown>, Math.floor(seed / 7), value);
  else parent[key] = value;
}

test('an object with a length that is no number is refused with its place, wherever it stands', () => {
  const template = findTemplate('iris');
  if (!template) throw new Error('no template');
  const odd = { length: { valueOf: 1, toString: 1 } };
  const tryAt = (root: object, parent: object): void => {
    for (const [key, value] of Object.entries(parent) as [string, unknown][]) {
      Reflect.set(parent, key, odd);
      try {
        parseProject(JSON.stringify(root), 'odd.lazuli');
      } catch (error) {
        if (!(error instanceof LazuliError)) throw error;
        expect(error.message).toContain('odd.lazuli');
      }
      Reflect.set(parent, key, value);
      if (typeof value === 'object' && value !== null) tryAt(root, value);
    }
  };
  const project = JSON.parse(serializeProject(template.project)) as object;
  tryAt(project, project);
});
