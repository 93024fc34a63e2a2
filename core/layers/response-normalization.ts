// Normalization of each value by the channels near its own: local_response_norm, and the older form of torch.nn.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape } from './declaration';
import { integer, number } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, rankProblem, refusal } from './shapes';
import { range } from './take';

const responseParams = {
  size: integer({ help: 'Channels that count, the own one in the middle.', initial: 5 }),
  alpha: number({ help: 'Weight of the mean square.', initial: 1e-4, torchDefault: 1e-4 }),
  beta: number({ help: 'Power of the divisor.', initial: 0.75, torchDefault: 0.75 }),
  k: number({ help: 'Added to the mean square.', initial: 1, torchDefault: 1 }),
};

interface Response {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/** x / (k + alpha · mean of x² over `size` channels)^beta, with `before` of them before the own one. */
function normalized(input: Tensor, { size, alpha, beta, k }: Response, before: number): Tensor {
  const [batch = 1, channels = 1] = input.shape;
  const rest = product(input.shape.slice(2)) ?? 1;
  const squares = ops.reshape(ops.square(input), [batch, 1, channels, rest]);
  const padded = ops.pad(squares, [before, size - 1 - before, 0, 0]);
  const means = ops.reshape(ops.avgPool(padded, { kernel: [size, 1], stride: 1 }), input.shape);
  return ops.div(input, ops.pow(ops.add(ops.mul(means, alpha), k), beta));
}

const operations = ({ size }: Response, [input = []]: readonly (readonly number[])[]): number =>
  (product(input) ?? 0) * (size + 5);

/** x / (k + alpha · mean of x² over `size` channels)^beta. Source: Krizhevsky et al. 2012, section 3.3. */
export const localResponseNorm = defineLayer({
  type: 'local_response_norm',
  torch: 'torch.nn.LocalResponseNorm',
  category: 'normalization',
  summary: 'Divides each value by the size of its near channels.',
  keywords: ['lrn', 'alexnet', 'contrast'],
  params: responseParams,
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) =>
    input !== null && input.length < 3
      ? refusal(mismatch('input', 'at least 3 dimensions', input.length, 'feed [batch, channels, ...]'))
      : outputs(input),
  lower: (call) => [normalized(inputOf(call), call.params, Math.floor(call.params.size / 2))],
  flops: operations,
  examples: [
    {
      title: 'near channels',
      params: { size: 3, alpha: 0.5 },
      inputs: [[2, 5, 3, 2]],
      outputs: [[2, 5, 3, 2]],
    },
    {
      title: 'an even count',
      params: { size: 4, alpha: 0.9, beta: 0.6, k: 2 },
      inputs: [[2, 6, 4]],
      outputs: [[2, 6, 4]],
    },
  ],
});

/** Which channels count for which: `[channels, channels]`, 1 where `counts(own, other)`. */
const among = (like: Tensor, channels: number, counts: (own: number, other: number) => boolean): Tensor =>
  ops.fromArray(
    range(channels).map((own) => range(channels).map((other) => (counts(own, other) ? 1 : 0))),
    like.dtype,
    like.device,
  );

/** Places that a sum running along the channels takes up and lets go: `ahead` of its own, and `behind` it. */
interface Running {
  readonly ahead: number;
  readonly behind: number;
}

/** `x` `[N, C, L]` with the channel `by` places on at every place, 0 beyond the ends. */
function moved(x: Tensor, by: number): Tensor {
  const channels = x.shape[1] ?? 0;
  const step = Math.min(Math.abs(by), channels);
  return by > 0
    ? ops.pad(ops.slice(x, 1, { start: step }), [0, step, 0, 0])
    : ops.pad(ops.slice(x, 1, { end: channels - step }), [step, 0, 0, 0]);
}

/**
 * Sums over windows of channels, `among` says which. What is not finite is added and taken away again as PyTorch's running
 * sum does, which never gets rid of it.
 */
function windowSums(x: Tensor, windows: Tensor, { ahead, behind }: Running, keepsFirst: boolean): Tensor {
  const isFinite = ops.lt(ops.abs(x), Infinity);
  const rest = ops.where(isFinite, 0, x);
  const channels = x.shape[1] ?? 0;
  const before = ops.sum(ops.slice(rest, 1, { end: Math.min(Math.max(ahead, 0), channels) }), [1], {
    keepdim: true,
  });
  const first = ops.pad(before, [0, channels - 1, 0, 0]);
  const leaving = keepsFirst ? ops.pad(ops.slice(rest, 1, { start: 1 }), [1, 0, 0, 0]) : rest;
  const changes = ops.sub(ops.add(first, moved(rest, ahead)), moved(leaving, -behind));
  return ops.add(ops.matmul(windows, ops.where(isFinite, x, 0)), ops.cumsum(changes, 1));
}

/**
 * x / (k + alpha / size · Σ x²)^beta as torch.nn.modules._functions.CrossMapLRN2d computes it: the first channel counts for
 * all after it, and the gradient's window lies one channel too early.
 */
function crossMap(input: Tensor, { size, alpha, beta, k }: Response): Tensor {
  const [batch = 1, channels = 1, height = 1, width = 1] = input.shape;
  if (input.numel() === 0) return input;
  const reach = Math.floor((size - 1) / 2 + 1);
  const early = Math.floor(size - (size - 1) / 2);
  const forward = among(
    input,
    channels,
    (own, other) => other === 0 || (other > own - reach && other < own + reach),
  );
  const backward = among(input, channels, (own, other) => other >= own - early && other < own - early + size);
  const flat = (x: Tensor): Tensor => ops.reshape(x, [batch, channels, height * width]);
  const x = flat(input);
  const own = x.detach();
  const sums = windowSums(ops.square(own), forward, { ahead: reach - 1, behind: reach }, true);
  const scale = ops.add(ops.mul(sums, alpha / size), k);
  const factor = ops.pow(scale, -beta);
  const value = ops.mul(own, factor);
  const output = ops.withGradient('cross_map_lrn2d', x, value, (gradOutput) => {
    const ratios = ops.div(ops.mul(gradOutput, value), scale);
    const near = windowSums(ratios, backward, { ahead: size - 1 - early, behind: early + 1 }, false);
    const across = ops.mul(ops.mul(own, near), (-2 * alpha * beta) / size);
    return ops.add(ops.mul(gradOutput, factor), across);
  });
  return ops.reshape(output, input.shape);
}

/** As local_response_norm, for images alone, with the sums PyTorch's class makes. */
export const crossMapLrn2d = defineLayer({
  type: 'cross_map_lrn2d',
  torch: 'torch.nn.CrossMapLRN2d',
  category: 'normalization',
  summary: 'The older form of local_response_norm, for images.',
  keywords: ['lrn', 'alexnet', 'caffe'],
  params: responseParams,
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer(_params, [input = null]: readonly EdgeShape[]) {
    const wrongRank = rankProblem('input', input, [4], 'feed [batch, channels, height, width]');
    return wrongRank ? refusal(wrongRank) : outputs(input);
  },
  lower: (call) => [crossMap(inputOf(call), call.params)],
  flops: operations,
  examples: [
    {
      title: 'near channels',
      params: { size: 3, alpha: 0.5, beta: 0.6, k: 2 },
      inputs: [[2, 5, 3, 2]],
      outputs: [[2, 5, 3, 2]],
    },
    {
      title: 'one channel',
      params: { size: 2, alpha: 0.7 },
      inputs: [[2, 1, 3, 2]],
      outputs: [[2, 1, 3, 2]],
    },
  ],
});
