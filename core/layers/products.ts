// Layers that multiply or compare two inputs along an axis: matmul, cosine similarity, pairwise distance.
import * as ops from '../ops';
import { broadcastShapes, formatShape, shapesEqual } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape } from './declaration';
import { boolean, integer, number } from './params';
import { vectorNorm } from './formulas';
import { inputOf } from './pieces';
import {
  axisIn,
  axisProblem,
  broadcastEdges,
  mismatch,
  outputs,
  product,
  refusal,
  sizeAt,
  type Size,
} from './shapes';

const twoInputs = (first: string, second: string) => [{ name: first }, { name: second }];

/** Matrix product of the last two axes, the others broadcast: `[*, m, k]`, `[*, k, n]` → `[*, m, n]`. */
export const matmul = defineLayer({
  type: 'matmul',
  torch: 'torch.matmul',
  category: 'linear',
  summary: 'The matrix product of two inputs, such as queries and keys.',
  keywords: ['bmm', 'dot product', 'attention'],
  params: {},
  inputs: twoInputs('input', 'other'),
  outputs: [{ name: 'output' }],
  infer(_params, [first = null, second = null]) {
    for (const [port, shape] of [
      ['input', first],
      ['other', second],
    ] as const)
      if (shape?.length === 0) return refusal(mismatch(port, 'at least 1 dimension', 'a scalar'));
    if (first === null || second === null) return outputs(null);
    const [inner, outer] = [sizeAt(first, -1), second.length === 1 ? sizeAt(second, 0) : sizeAt(second, -2)];
    if (inner !== null && outer !== null && inner !== outer)
      return refusal(
        mismatch(
          'other',
          `${inner} rows, the last size of ${formatShape(first)}`,
          `${outer} (${formatShape(second)})`,
        ),
      );
    const leading = broadcastEdges(first.slice(0, -2), second.slice(0, -2));
    if (leading === undefined)
      return refusal(
        mismatch(
          'other',
          `leading sizes that broadcast with ${formatShape(first.slice(0, -2))}`,
          formatShape(second.slice(0, -2)),
        ),
      );
    const rows = first.length === 1 ? [] : [sizeAt(first, -2)];
    const columns = second.length === 1 ? [] : [sizeAt(second, -1)];
    return outputs([...(leading ?? []), ...rows, ...columns]);
  },
  lower: (call) => [ops.matmul(inputOf(call, 0), inputOf(call, 1))],
  flops: (_params, [first = []], [output = []]) => 2 * (product(output) ?? 0) * (first.at(-1) ?? 0),
  examples: [
    {
      title: 'batches',
      params: {},
      inputs: [
        [2, 3, 4],
        [2, 4, 5],
      ],
      outputs: [[2, 3, 5]],
    },
    {
      title: 'leading axes that broadcast',
      params: {},
      inputs: [
        [2, 1, 3, 4],
        [5, 4, 2],
      ],
      outputs: [[2, 5, 3, 2]],
    },
    { title: 'a matrix and a vector', params: {}, inputs: [[3, 4], [4]], outputs: [[3]] },
  ],
});

/** The broadcast shape of two inputs without one axis. */
function inferPair(first: EdgeShape, second: EdgeShape, dim: number, keepsAxis: boolean) {
  const common = broadcastEdges(first, second);
  if (common === undefined)
    return refusal(
      mismatch('x2', `sizes that broadcast with ${formatShape(first ?? [])}`, formatShape(second ?? [])),
    );
  if (common === null) return outputs(null);
  const axis = axisIn(dim, common.length);
  if (axis === null) return refusal(axisProblem('dim', dim, common.length));
  const one: readonly Size[] = keepsAxis ? [1] : [];
  return outputs([...common.slice(0, axis), ...one, ...common.slice(axis + 1)]);
}

/** Two inputs with the axes both have together. */
function alike(first: Tensor, second: Tensor): readonly [Tensor, Tensor] {
  const shape = broadcastShapes(first.shape, second.shape) ?? first.shape;
  const whole = (x: Tensor) => (shapesEqual(x.shape, shape) ? x : ops.expand(x, shape));
  return [whole(first), whole(second)];
}

/** x₁ · x₂ / (max(‖x₁‖, eps) · max(‖x₂‖, eps)) along an axis. */
export const cosineSimilarity = defineLayer({
  type: 'cosine_similarity',
  torch: 'torch.nn.CosineSimilarity',
  category: 'arithmetic',
  summary: 'How far two inputs point the same way, from -1 to 1.',
  keywords: ['angle', 'embedding'],
  params: {
    dim: integer({ min: Number.MIN_SAFE_INTEGER, help: 'Axis of the vectors.', initial: 1, torchDefault: 1 }),
    eps: number({
      min: 0,
      help: 'Keeps a division by a length of 0 finite.',
      initial: 1e-8,
      torchDefault: 1e-8,
    }),
  },
  inputs: twoInputs('x1', 'x2'),
  outputs: [{ name: 'output' }],
  infer: ({ dim }, [first = null, second = null]) => inferPair(first, second, dim, false),
  lower(call) {
    const { dim, eps } = call.params;
    const [first, second] = alike(inputOf(call, 0), inputOf(call, 1));
    const axes = [dim];
    const length = (x: Tensor) => {
      // PyTorch bounds the squared length, so that a vector of zeros has a gradient of zeros.
      const squared = ops.sum(ops.square(x), axes, { keepdim: true });
      return ops.sqrt(ops.clampMin(squared, eps * eps));
    };
    return [ops.sum(ops.mul(ops.div(first, length(first)), ops.div(second, length(second))), axes)];
  },
  flops: (_params, [first = []]) => 6 * (product(first) ?? 0),
  examples: [
    {
      title: 'rows',
      params: {},
      inputs: [
        [4, 6],
        [4, 6],
      ],
      outputs: [[4]],
    },
    {
      title: 'the last axis, broadcast',
      params: { dim: -1, eps: 1e-3 },
      inputs: [
        [2, 3, 5],
        [1, 5],
      ],
      outputs: [[2, 3]],
    },
  ],
});

/** ‖x₁ - x₂ + eps‖ₚ over the last axis. */
export const pairwiseDistance = defineLayer({
  type: 'pairwise_distance',
  torch: 'torch.nn.PairwiseDistance',
  category: 'arithmetic',
  summary: 'The distance of two inputs, row by row.',
  keywords: ['norm', 'euclidean', 'metric learning'],
  params: {
    p: number({
      help: 'Power of the norm: 2 is the usual length, 1 the sum of differences, Infinity the largest.',
      initial: 2,
      torchDefault: 2,
      mayBeInfinite: true,
    }),
    eps: number({ help: 'Added to each difference.', initial: 1e-6, torchDefault: 1e-6 }),
    keepdim: boolean({ help: 'Keeps the axis with size 1.', initial: false, torchDefault: false }),
  },
  inputs: twoInputs('x1', 'x2'),
  outputs: [{ name: 'output' }],
  infer: ({ keepdim }, [first = null, second = null]) => inferPair(first, second, -1, keepdim),
  lower(call) {
    const { p, eps, keepdim } = call.params;
    const difference = ops.add(ops.sub(inputOf(call, 0), inputOf(call, 1)), eps);
    return [vectorNorm(difference, p, [-1], { keepdim })];
  },
  flops: (_params, [first = []]) => 4 * (product(first) ?? 0),
  examples: [
    {
      title: 'lengths',
      params: {},
      inputs: [
        [4, 6],
        [4, 6],
      ],
      outputs: [[4]],
    },
    {
      title: 'sums of differences',
      params: { p: 1, eps: 0, keepdim: true },
      inputs: [
        [2, 3, 5],
        [2, 3, 5],
      ],
      outputs: [[2, 3, 1]],
    },
    {
      title: 'the third power',
      params: { p: 3 },
      inputs: [
        [3, 4],
        [3, 4],
      ],
      outputs: [[3]],
    },
  ],
});
