// Whatever a page sends: every call answers with a typed refusal or with arguments of its schema, and no prototype changes.
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { CALL_NAMES } from '#core/ipc/api';
import { parseArguments } from '#core/ipc/schemas';

const values = fc.array(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
  }),
  { maxLength: 4 },
);

it.each(CALL_NAMES)('%s refuses 2,000 random argument lists with a typed error', (name) => {
  fc.assert(
    fc.property(values, (args) => {
      try {
        parseArguments(name, args);
      } catch (error) {
        expect(error).toBeInstanceOf(LazuliError);
        expect(error).toHaveProperty('code', 'ipc_refused');
      }
    }),
    { numRuns: 2000 },
  );
  expect('polluted' in {}).toBe(false);
});

it('a length that is no number is refused like anything else', () => {
  const odd: unknown = { length: { valueOf: 1, toString: 1 } };
  expect(() => parseArguments('weights.compare', [odd, []])).toThrow(/^weights.compare: argument 0: /);
});

it('values nested past any project are refused before a schema walks them', () => {
  let deep: unknown = {};
  for (let level = 0; level < 10_000; level++) deep = { deep };
  expect(() => parseArguments('project.remember', [deep])).toThrow(/nested too deeply/);
});

it('a __proto__ key from a message pollutes nothing', () => {
  const hostile: unknown = JSON.parse('{"__proto__": {"polluted": true}, "name": "x"}');
  expect(() => parseArguments('project.remember', [hostile])).toThrow(LazuliError);
  expect('polluted' in {}).toBe(false);
});
