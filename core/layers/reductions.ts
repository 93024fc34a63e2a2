// Layers that reduce axes to one number each: mean, sum, largest, smallest, spread, norms.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration, type ParamTable, type ParamsOf } from './declaration';
import { vectorNorm } from './formulas';
import { boolean, integer, integerList, number } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, outputs, product, refusal } from './shapes';

type Params = ParamsOf<ParamTable>;

interface Reduction {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  /** Options beside dim and keepdim. */
  readonly extra?: ParamTable;
  /** Other options for the second example. */
  readonly variant?: Readonly<Record<string, unknown>>;
  /** Takes floats only. */
  readonly isFloat?: true;
  readonly reduce: (
    x: Tensor,
    axes: readonly number[],
    options: { readonly keepdim: boolean },
    params: Params,
  ) => Tensor;
}

const REDUCED = {
  dim: integerList({ help: 'Axes to reduce; negative counts from the end.', initial: [-1] }),
  keepdim: boolean({ help: 'Keeps the axes with size 1.', initial: false, torchDefault: false }),
};
const axesIn = (params: Params): readonly number[] => REDUCED.dim.parse(params['dim']);
const isKept = (params: Params): boolean => REDUCED.keepdim.parse(params['keepdim']);

/** `[*]` without the axes of `dim`, or with size 1 there. */
const reduction = ({ extra = {}, variant = {}, isFloat, reduce, ...named }: Reduction): LayerDeclaration =>
  defineLayer<ParamTable>({
    ...named,
    category: 'arithmetic',
    params: { ...REDUCED, ...extra },
    check: (params) =>
      axesIn(params).length > 0
        ? []
        : [
            {
              where: 'dim',
              message: 'dim: expected one axis or more, got none',
              expected: 'one axis or more',
              got: 'none',
            },
          ],
    inputs: [{ name: 'input', content: isFloat ? 'float' : 'any' }],
    outputs: [{ name: 'output' }],
    infer(params, [input = null]) {
      if (input === null) return outputs(null);
      const [dim, keepdim] = [axesIn(params), isKept(params)];
      const axes = dim.map((axis) => axisIn(axis, input.length));
      const wrong = axes.indexOf(null);
      if (wrong >= 0) return refusal(axisProblem('dim', dim[wrong] ?? 0, input.length));
      return outputs(input.flatMap((size, axis) => (!axes.includes(axis) ? [size] : keepdim ? [1] : [])));
    },
    lower: (call) => [
      reduce(inputOf(call), axesIn(call.params), { keepdim: isKept(call.params) }, call.params),
    ],
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      { title: 'the last axis', params: { dim: [-1] }, inputs: [[2, 3, 5]], outputs: [[2, 3]] },
      {
        title: 'two axes kept',
        params: { dim: [1, -1], keepdim: true, ...variant },
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

const correction = integer({
  min: 0,
  help: 'Taken off the count that the squares are divided by: 1 for a sample, 0 for all there is.',
  initial: 1,
  torchDefault: 1,
});
const varianceOf: Reduction['reduce'] = (x, axes, options, params) =>
  ops.variance(x, axes, { ...options, correction: correction.parse(params['correction']) });

export const variance = reduction({
  type: 'var',
  torch: 'torch.var',
  summary: 'The variance along axes.',
  keywords: ['variance', 'spread', 'statistics'],
  extra: { correction },
  variant: { correction: 0 },
  isFloat: true,
  reduce: varianceOf,
});

/** Where nothing varies the root has no slope, as PyTorch has it. */
export const std = reduction({
  type: 'std',
  torch: 'torch.std',
  summary: 'The standard deviation along axes.',
  keywords: ['deviation', 'spread', 'statistics'],
  extra: { correction },
  variant: { correction: 0 },
  isFloat: true,
  reduce(...given) {
    const squared = varianceOf(...given);
    const isNothing = ops.eq(squared, 0);
    return ops.where(isNothing, 0, ops.sqrt(ops.where(isNothing, 1, squared)));
  },
});

/** log Σ eˣ, shifted by the largest so that nothing overflows. */
export const logsumexp = reduction({
  type: 'logsumexp',
  torch: 'torch.logsumexp',
  summary: 'The logarithm of the sum of exponentials along axes: a smooth largest value.',
  keywords: ['softmax', 'free energy', 'smooth maximum'],
  isFloat: true,
  reduce(x, axes, { keepdim }) {
    // Nothing has no largest: the sum is 0, its logarithm -Infinity.
    if (x.numel() === 0) return ops.log(ops.sum(x, axes, { keepdim }));
    const most = ops.amax(x, axes, { keepdim: true }).detach();
    const shift = ops.where(ops.eq(ops.abs(most), Infinity), 0, most);
    const sums = ops.log(ops.sum(ops.exp(ops.sub(x, shift)), axes, { keepdim: true }));
    return ops.sum(ops.add(sums, shift), keepdim ? [] : axes);
  },
});

const ord = number({
  help: 'Power of the norm: 2 is the usual length, 1 the sum of sizes, Infinity the largest.',
  initial: 2,
  torchDefault: 2,
  mayBeInfinite: true,
});

export const norm = reduction({
  type: 'vector_norm',
  torch: 'torch.linalg.vector_norm',
  summary: 'The norm along axes: the length of vectors.',
  keywords: ['norm', 'length', 'euclidean', 'l2', 'l1'],
  extra: { ord },
  variant: { ord: 3 },
  isFloat: true,
  reduce: (x, axes, options, params) => vectorNorm(x, ord.parse(params['ord']), axes, options),
});
