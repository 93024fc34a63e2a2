// integer_elementwise and integer_along against BigInt: every function and kind, broadcasts, 64 bits, and what is refused.
import { describe, expect, it } from 'vitest';

import { INTEGER_FUNCTIONS, INTEGER_KINDS } from '#core/ops/signatures';
import { compare, given } from './against-reference';

const whole = (shape: readonly number[], step = 7) =>
  given('int64', shape, (place) => ((place * step) % 23) - 11);
const positive = (shape: readonly number[]) => given('int64', shape, (place) => 1 + ((place * 5) % 7));

describe('integer_elementwise', () => {
  it.each(Object.entries(INTEGER_FUNCTIONS))('%s', (name, arity) => {
    const operands = (...shapes: (readonly number[])[]) =>
      shapes.slice(0, arity).map((shape, at) => (at === 1 ? positive(shape) : whole(shape, 7 + at)));
    for (const shapes of [
      [[4, 5], [4, 5], [5]],
      [[3, 1, 6], [2, 1], [1]],
      [[], [2000], [2000]],
      [[0, 3], [3], [3]],
    ])
      compare('integer_elementwise', operands(...shapes), { function: name });
  });

  it('takes negative divisors, and refuses zeros', () => {
    for (const name of ['floor_divide', 'remainder']) {
      compare(
        'integer_elementwise',
        [whole([40]), given('int64', [40], (place) => (place % 2 === 0 ? -3 : 5))],
        {
          function: name,
        },
      );
      const zeros = [whole([3]), given('int64', [3], () => 0)] as const;
      expect(() => compare('integer_elementwise', zeros, { function: name })).toThrow(
        /ZeroDivisionError|zero/i,
      );
    }
  });
});

describe('integer_along', () => {
  it.each(INTEGER_KINDS)('%s', (kind) => {
    for (const [shape, axis] of [
      [[7], 0],
      [[3, 4, 5], 0],
      [[3, 4, 5], 1],
      [[3, 4, 5], 2],
      [[300, 70], 0],
    ] as const)
      compare('integer_along', [whole(shape)], { kind, axis });
  });
});
