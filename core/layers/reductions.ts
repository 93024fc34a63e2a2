// Layers that reduce axes to one number each: mean, sum, largest, smallest.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration } from './declaration';
import { boolean, integerList } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, outputs, product, refusal } from './shapes';

interface Reduction {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly reduce: (x: Tensor, axes: readonly number[], options: { readonly keepdim: boolean }) => Tensor;
}

/** `[*]` without the axes of `dim`, or with size 1 there. */
const reduction = ({ type, torch, summary, keywords, reduce }: Reduction): LayerDeclaration =>
  defineLayer({
    type,
    torch,
    category: 'arithmetic',
    summary,
    keywords,
    params: {
      dim: integerList({ help: 'Axes to reduce; negative counts from the end.', initial: [-1] }),
      keepdim: boolean({ help: 'Keeps the axes with size 1.', initial: false, torchDefault: false }),
    },
    check: ({ dim }) =>
      dim.length > 0
        ? []
        : [
            {
              where: 'dim',
              message: 'dim: expected one axis or more, got none',
              expected: 'one axis or more',
              got: 'none',
            },
          ],
    inputs: [{ name: 'input', content: 'any' }],
    outputs: [{ name: 'output' }],
    infer({ dim, keepdim }, [input = null]) {
      if (input === null) return outputs(null);
      const axes = dim.map((axis) => axisIn(axis, input.length));
      const wrong = axes.indexOf(null);
      if (wrong >= 0) return refusal(axisProblem('dim', dim[wrong] ?? 0, input.length));
      return outputs(input.flatMap((size, axis) => (!axes.includes(axis) ? [size] : keepdim ? [1] : [])));
    },
    lower: (call) => [reduce(inputOf(call), call.params.dim, { keepdim: call.params.keepdim })],
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      { title: 'the last axis', params: { dim: [-1] }, inputs: [[2, 3, 5]], outputs: [[2, 3]] },
      {
        title: 'two axes kept',
        params: { dim: [1, -1], keepdim: true },
        inputs: [[2, 3, 4]],
        outputs: [[2, 1, 1]],
      },
    ],
  });

export const mean = reduction({
  type: 'mean',
  torch: 'torch.mean',
  summary: 'The mean along axes.',
  keywords: ['average', 'global pooling'],
  reduce: (x, axes, options) => ops.meanPromoted(x, axes, options),
});

export const sum = reduction({
  type: 'sum',
  torch: 'torch.sum',
  summary: 'The sum along axes.',
  keywords: ['total'],
  reduce: (x, axes, options) => ops.sumPromoted(x, axes, options),
});

export const amax = reduction({
  type: 'amax',
  torch: 'torch.amax',
  summary: 'The largest value along axes.',
  keywords: ['maximum', 'global pooling'],
  reduce: (x, axes, options) => ops.amaxPromoted(x, axes, options),
});

export const amin = reduction({
  type: 'amin',
  torch: 'torch.amin',
  summary: 'The smallest value along axes.',
  keywords: ['minimum'],
  reduce: (x, axes, options) => ops.aminPromoted(x, axes, options),
});
