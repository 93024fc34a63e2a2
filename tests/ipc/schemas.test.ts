// Arguments of calls from the window: renaming rules are bounded, and nothing beside the contract goes through.
import { expect, test } from 'vitest';

import { parseArguments } from '#core/ipc/schemas';

const strip = { kind: 'strip', prefix: 'module.' };
const replace = { kind: 'replace', pattern: '^a', replacement: 'b' };

test('renaming rules and load options pass as they are', () => {
  expect(parseArguments('weights.compare', ['token', [strip, replace]])).toEqual(['token', [strip, replace]]);
  expect(parseArguments('weights.load', ['token', { rules: [strip], partial: true }])).toEqual([
    'token',
    { rules: [strip], partial: true },
  ]);
  expect(parseArguments('weights.load', ['token', {}])).toEqual(['token', {}]);
});

test.each([
  ['no rules', ['token']],
  ['too many rules', ['token', Array.from({ length: 17 }, () => strip)]],
  ['a long prefix', ['token', [{ kind: 'strip', prefix: 'a'.repeat(201) }]]],
  ['a long pattern', ['token', [{ ...replace, pattern: 'a'.repeat(201) }]]],
  ['an unknown kind', ['token', [{ kind: 'code', prefix: 'a' }]]],
  ['another field', ['token', [{ ...strip, path: '/etc/passwd' }]]],
])('%s are refused', (_, args) => {
  expect(() => parseArguments('weights.compare', args)).toThrow(
    expect.objectContaining({ code: 'ipc_refused' }) as Error,
  );
});
