// The equation of einsum: what is refused in it and of its inputs, and what is known of its output early.
import { describe, expect, test } from 'vitest';

import { findLayer } from '#core/layers/index';
import { parseParams } from '#core/layers/parse';
import type { EdgeShape } from '#core/layers/declaration';

const einsum = findLayer('einsum');
if (!einsum) throw new Error('no einsum');
const infer = (equation: string, ...shapes: EdgeShape[]) =>
  einsum.infer(parseParams(einsum, { equation }), shapes);

describe('an equation', () => {
  test.each([
    ['ij->ijk', "the output's letter k is in no operand"],
    ['ij->ii', 'the letter i stands more than once in the output'],
    ['i1->i', "'1' in operand 1 is no letter"],
    ['ij,i..j->i', 'a . of operand 2 is not part of an ellipsis'],
    ['i...j...->i', 'operand 1 has two ellipses'],
    ['ij->i->j', "'-' in the output is no letter"],
  ])('%s is refused: %s', (equation, message) => {
    expect(() => parseParams(einsum, { equation })).toThrow(message);
  });

  test.each([
    ['ij,jk->ik', [[2, 3]], '2 for this equation, got 1'],
    ['ij,jk->ik', [[2, 3], [4, 5]], 'size 3 along j in operand 2, got 4'],
    ['ijk->i', [[2, 3]], '3 dimensions for operand 1, ijk, got 2×3'],
    ['...ijk->i', [[2, 3]], 'at least 3 dimensions for operand 1, ijk, got 2×3'],
    ['ii->i', [[3, 2]], 'equal sizes along i in operand 1, got 3 and 2'],
  ] as const)('%s refuses inputs of %j', (equation, shapes, message) => {
    expect(JSON.stringify(infer(equation, ...shapes))).toContain(message);
  }); // prettier-ignore

  test('its output is known as far as its inputs are', () => {
    expect(infer('ij,jk->ik', [2, null], null)).toEqual({ outputs: [[2, null]] });
    expect(infer('ij,jk->ik', null)).toEqual({ outputs: [[null, null]] });
    expect(infer('...ij->...ji', null)).toEqual({ outputs: [null] });
    expect(infer('...ij,...jk->ik', null, [4, 3, 5])).toEqual({ outputs: [[null, 5]] });
    expect(infer('...a,...b', [7, 1, 3], [4, 2])).toEqual({ outputs: [[7, 4, 3, 2]] });
    expect(infer('cb,Ba', [1, 2], [3, 4])).toEqual({ outputs: [[3, 4, 2, 1]] });
  });
});
