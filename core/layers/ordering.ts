// Layers that put values in order along an axis: all of them, or the first few.
import * as ops from '../ops';
import { defineLayer, type EdgeShape } from './declaration';
import { boolean, integer } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, mismatch, outputs, product, refusal, type Size } from './shapes';

const dim = integer({
  min: Number.MIN_SAFE_INTEGER,
  help: 'Axis to order; negative counts from the end.',
  initial: -1,
  torchDefault: -1,
});

/** The shape with `count(size)` places on the axis. */
function inferAlong(along: number, input: EdgeShape, count: (size: Size) => Size) {
  if (input === null) return outputs(null, null);
  const axis = axisIn(along, input.length);
  if (axis === null) return refusal(axisProblem('dim', along, input.length));
  const shape = input.with(axis, count(input[axis] ?? null));
  return outputs(shape, shape);
}

const ENDS = {
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'values' }, { name: 'indices' }],
} as const;

/** n log₂ n comparisons a line. */
const comparisons = (
  { dim: along }: { readonly dim: number },
  [input = []]: readonly (readonly number[])[],
): number => (product(input) ?? 0) * Math.max(1, Math.ceil(Math.log2(input.at(along) ?? 1)));

/** All values along an axis in order, and where each stood. */
export const sort = defineLayer({
  type: 'sort',
  torch: 'torch.sort',
  category: 'shape',
  summary: 'Puts values in order along an axis, and tells where each stood.',
  keywords: ['order', 'rank', 'argsort'],
  params: {
    dim,
    descending: boolean({ help: 'The largest comes first.', initial: false, torchDefault: false }),
  },
  ...ENDS,
  infer: ({ dim: along }, [input = null]) => inferAlong(along, input, (size) => size),
  lower(call) {
    const { dim: along, descending } = call.params;
    const { values, indices } = ops.sortAlong(inputOf(call), along, { descending });
    return [values, indices];
  },
  flops: comparisons,
  examples: [
    { title: 'the last axis', params: {}, inputs: [[3, 5]], outputs: [[3, 5], [3, 5]] },
    {
      title: 'the first axis, the largest first',
      params: { dim: 0, descending: true },
      inputs: [[4, 2, 3]],
      outputs: [[4, 2, 3], [4, 2, 3]],
    },
  ],
}); // prettier-ignore

/** The largest or smallest few along an axis, in order, and where each stood. */
export const topk = defineLayer({
  type: 'topk',
  torch: 'torch.topk',
  category: 'shape',
  summary: 'The largest few values along an axis, and where each stood.',
  keywords: ['largest', 'beam', 'mixture of experts', 'routing', 'pooling'],
  params: {
    k: integer({ help: 'How many.', initial: 2 }),
    dim,
    largest: boolean({ help: 'The largest; without it the smallest.', initial: true, torchDefault: true }),
  },
  ...ENDS,
  infer({ k, dim: along }, [input = null]) {
    const size = input?.at(along) ?? null;
    if (size !== null && k > size) return refusal(mismatch('k', `at most the ${size} places of axis ${along}`, k));
    return inferAlong(along, input, () => k);
  },
  lower(call) {
    const { k, dim: along, largest } = call.params;
    const { values, indices } = ops.sortAlong(inputOf(call), along, { descending: largest });
    return [values, indices].map((each) => ops.slice(each, along, { end: k }));
  },
  flops: comparisons,
  examples: [
    { title: 'the two largest', params: { k: 2 }, inputs: [[3, 5]], outputs: [[3, 2], [3, 2]] },
    {
      title: 'the smallest of the middle axis',
      params: { k: 1, dim: 1, largest: false },
      inputs: [[2, 4, 3]],
      outputs: [[2, 1, 3], [2, 1, 3]],
    },
  ],
}); // prettier-ignore
