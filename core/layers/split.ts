// Layers with several outputs: the parts of an input along an axis, by size (split) or by number (chunk).
import * as ops from '../ops';
import { defineLayer, type EdgeShape, type Inference } from './declaration';
import { integer, integerList } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, mismatch, outputs, refusal } from './shapes';

/** The most parts one node gives out. */
const MOST = 16;
const PORTS = Array.from({ length: MOST }, (_, index) => ({ name: `part_${index}` }));

const dim = integer({
  min: Number.MIN_SAFE_INTEGER,
  help: 'Axis to cut; negative counts from the end.',
  initial: 1,
  torchDefault: 0,
});

/** Shapes of the parts of `sizes(size)` along an axis, or why they do not fit. */
function inferParts(
  input: EdgeShape,
  axis: number,
  count: number,
  sizes: (size: number) => readonly number[] | string,
): Inference {
  if (input === null) return outputs(...new Array<EdgeShape>(count).fill(null));
  const at = axisIn(axis, input.length);
  if (at === null) return refusal(axisProblem('dim', axis, input.length));
  const size = input[at] ?? null;
  if (size === null) return outputs(...Array.from({ length: count }, () => input.with(at, null)));
  const parts = sizes(size);
  if (typeof parts === 'string') return refusal(mismatch('input', parts, `a size of ${size}`));
  return outputs(...parts.map((part) => input.with(at, part)));
}

/** Parts of given sizes along an axis, which they fill. */
export const split = defineLayer({
  type: 'split',
  torch: 'torch.split',
  category: 'shape',
  summary: 'Cuts its input along an axis into parts of sizes you choose.',
  keywords: ['parts', 'divide', 'branches', 'unstack'],
  params: {
    split_size_or_sections: integerList({
      min: 0,
      help: 'Size of each part; each gets an output.',
      initial: [1, 1],
    }),
    dim,
  },
  check: ({ split_size_or_sections: sizes }) =>
    sizes.length >= 1 && sizes.length <= MOST
      ? []
      : [mismatch('split_size_or_sections', `1 to ${MOST} sizes`, sizes.length)],
  inputs: [{ name: 'input', content: 'any' }],
  outputs: PORTS,
  outputCount: ({ split_size_or_sections: sizes }) => sizes.length,
  infer({ split_size_or_sections: sizes, dim: axis }, [input = null]) {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return inferParts(input, axis, sizes.length, (size) =>
      size === total ? sizes : `${total} = ${sizes.join(' + ')} along dim ${axis}`,
    );
  },
  lower(call) {
    const { split_size_or_sections: sizes, dim: axis } = call.params;
    return ops.split(inputOf(call), sizes, axis);
  },
  flops: () => 0,
  examples: [
    {
      title: 'two parts',
      params: { split_size_or_sections: [3, 2], dim: 1 },
      inputs: [[2, 5, 3]],
      outputs: [
        [2, 3, 3],
        [2, 2, 3],
      ],
    },
    {
      title: 'three parts of the last axis',
      params: { split_size_or_sections: [1, 4, 2], dim: -1 },
      inputs: [[3, 7]],
      outputs: [
        [3, 1],
        [3, 4],
        [3, 2],
      ],
    },
  ],
});

/** Parts of equal size along an axis; the last is smaller where it does not divide, as torch.chunk has it. */
const chunkSizes = (size: number, chunks: number): readonly number[] => {
  const each = Math.max(Math.ceil(size / chunks), 1);
  return Array.from({ length: chunks }, (_, index) => Math.min(each, size - index * each));
};

/** `chunks` parts of an axis, as equal as they can be. */
export const chunk = defineLayer({
  type: 'chunk',
  torch: 'torch.chunk',
  category: 'shape',
  summary: 'Cuts its input along an axis into equal parts.',
  keywords: ['parts', 'divide', 'branches', 'gates'],
  params: {
    chunks: integer({ min: 1, max: MOST, help: 'How many parts; each gets an output.', initial: 2 }),
    dim,
  },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: PORTS,
  outputCount: ({ chunks }) => chunks,
  infer({ chunks, dim: axis }, [input = null]) {
    return inferParts(input, axis, chunks, (size) => {
      const sizes = chunkSizes(size, chunks);
      return sizes.every((part) => part > 0) ? sizes : `a size that gives ${chunks} parts`;
    });
  },
  lower(call) {
    const input = inputOf(call);
    const { chunks, dim: axis } = call.params;
    return ops.split(input, chunkSizes(input.shape.at(axis) ?? 0, chunks), axis);
  },
  flops: () => 0,
  examples: [
    {
      title: 'halves',
      params: { chunks: 2, dim: -1 },
      inputs: [[3, 6]],
      outputs: [
        [3, 3],
        [3, 3],
      ],
    },
    {
      title: 'a smaller last part',
      params: { chunks: 3 },
      inputs: [[8, 2]],
      outputs: [
        [3, 2],
        [3, 2],
        [2, 2],
      ],
    },
  ],
});
