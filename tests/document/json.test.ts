// The strict JSON reader agrees with JSON.parse on what both accept, and refuses the rest with line and column.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseJson } from '#core/document/json';
import { LazuliError } from '#core/errors';

const refusal = (text: string, limits?: Parameters<typeof parseJson>[2]): LazuliError => {
  try {
    parseJson(text, 'p.lazuli', limits);
  } catch (error) {
    if (error instanceof LazuliError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
};

test('reads what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      if (text.includes('"__proto__"')) return;
      expect(parseJson(text, 'x')).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  ['{"a": 1, "a": 2}', "the key 'a' twice", 'p.lazuli:1:10'],
  ['{\n  "__proto__": {}}', "forbidden key '__proto__'", 'p.lazuli:2:3'],
  ['{\n"a": \n01}', "expected ',' or '}'", 'p.lazuli:3:2'],
  ['', 'expected a value, got the end of the file', 'p.lazuli:1:1'],
  ['{"a": [1, 2', "expected ',' or ']', got the end of the file", 'p.lazuli:1:12'],
  ['[1,]', 'expected a value', 'p.lazuli:1:4'],
  ['{"a" 1}', "expected ':'", 'p.lazuli:1:6'],
  ['{a: 1}', 'a key in double quotes', 'p.lazuli:1:2'],
  ['"a\nb"', 'the end of a string', 'p.lazuli:1:3'],
  ['"\\x"', 'a JSON escape', 'p.lazuli:1:2'],
  ['1 2', 'the end of the file', 'p.lazuli:1:3'],
  ['NaN', 'expected a value', 'p.lazuli:1:1'],
  ['1e999', 'too large to keep', 'p.lazuli:1:6'],
])('%j is refused', (text, message, where) => {
  const error = refusal(text);
  expect(error.code).toBe('project_invalid');
  expect(error.message).toContain(message);
  expect(error.details.where).toBe(where);
});

test('depth and size are bounded', () => {
  expect(refusal(`${'['.repeat(100)}${']'.repeat(100)}`).message).toContain('deeper than 64');
  expect(refusal('"aaaaaaaaaaaa"', { length: 10, depth: 5 }).message).toContain('too large');
  expect(parseJson(`${'['.repeat(64)}${']'.repeat(64)}`, 'x')).toBeInstanceOf(Array);
});

test('a byte order mark is passed over', () => {
  expect(parseJson('\uFEFF[1]', 'x')).toEqual([1]);
});
