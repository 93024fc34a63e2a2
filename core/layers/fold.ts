// Unfold and fold: an image as a row of patches, and patches added up to an image.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration } from './declaration';
import { integers } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, rankProblem, refusal, type Size } from './shapes';
import { range, takeAlong } from './take';
import { windowCount } from './window';

interface Patches {
  readonly kernel_size: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  readonly stride: readonly number[];
}

const patchParams = {
  kernel_size: integers({ count: 2, help: 'Height and width of a patch.', initial: [3, 3] }),
  dilation: integers({
    count: 2,
    help: 'Distance between the points of a patch.',
    initial: [1, 1],
    torchDefault: [1, 1],
  }),
  padding: integers({
    count: 2,
    min: 0,
    help: 'Zeros added on all sides first.',
    initial: [0, 0],
    torchDefault: [0, 0],
  }),
  stride: integers({ count: 2, help: 'Steps between patches.', initial: [1, 1], torchDefault: [1, 1] }),
};

/** One axis of the patches. */
interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}
const axisOf = (params: Patches, at: number): Axis => ({
  kernel: params.kernel_size[at] ?? 1,
  stride: params.stride[at] ?? 1,
  padding: params.padding[at] ?? 0,
  dilation: params.dilation[at] ?? 1,
});

/** Patches along one axis of `size`; below 1 where not even one fits. */
const patchCount = (size: Size, { padding, ...axis }: Axis): Size =>
  windowCount(size, { ...axis, before: padding, after: padding });

/** `[N, C, H, W]` → `[N, C·kh·kw, L]`: every patch becomes a column. */
export const unfold: LayerDeclaration = defineLayer({
  type: 'unfold',
  torch: 'torch.nn.Unfold',
  category: 'shape',
  summary: 'Cuts an image into patches, each a column.',
  keywords: ['im2col', 'patches', 'sliding window'],
  params: patchParams,
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer(params, [input = null]) {
    if (input === null) return outputs(null);
    const wrongRank = rankProblem('input', input, [3, 4], 'feed [batch, channels, height, width]');
    if (wrongRank) return refusal(wrongRank);
    const [channels = null, height = null, width = null] = input.slice(-3);
    const counts = [patchCount(height, axisOf(params, 0)), patchCount(width, axisOf(params, 1))];
    if (counts.some((count) => count !== null && count < 1))
      return refusal(
        mismatch('kernel_size', 'a patch that fits into the input', params.kernel_size.join('×')),
      );
    return outputs([...input.slice(0, -3), product([channels, ...params.kernel_size]), product(counts)]);
  },
  lower(call) {
    const input = inputOf(call);
    const image = input.rank === 3 ? ops.unsqueeze(input, 0) : input;
    const [batch = 1, channels = 1] = image.shape;
    const [rows, columns] = [axisOf(call.params, 0), axisOf(call.params, 1)];
    const padded = ops.pad(image, [rows.padding, rows.padding, columns.padding, columns.padding]);
    const counts = [
      patchCount(image.shape[2] ?? 1, rows) ?? 1,
      patchCount(image.shape[3] ?? 1, columns) ?? 1,
    ];
    const [down = 1, across = 1] = counts;
    // The places of the patches along an axis, by point of the kernel and then by patch.
    const places = ({ kernel, stride, dilation }: Axis, count: number): number[] =>
      range(kernel).flatMap((point) => range(count).map((patch) => point * dilation + patch * stride));
    const taken = takeAlong(takeAlong(padded, 2, places(rows, down)), 3, places(columns, across));
    const parted = ops.reshape(taken, [batch, channels, rows.kernel, down, columns.kernel, across]);
    const points = channels * rows.kernel * columns.kernel;
    const patches = ops.reshape(ops.permute(parted, [0, 1, 2, 4, 3, 5]), [batch, points, down * across]);
    return [input.rank === 3 ? ops.squeeze(patches, 0) : patches];
  },
  flops: () => 0,
  examples: [
    { title: 'patches', params: { kernel_size: [2, 3] }, inputs: [[2, 3, 4, 5]], outputs: [[2, 18, 9]] },
    {
      title: 'padded, dilated, in steps',
      params: { kernel_size: [2, 3], dilation: [2, 1], padding: [1, 0], stride: [1, 2] },
      inputs: [[2, 2, 5, 7]],
      outputs: [[2, 12, 15]],
    },
    { title: 'no batch', params: { kernel_size: 2, stride: 2 }, inputs: [[2, 4, 6]], outputs: [[8, 6]] },
  ],
});

/** For each place of an axis of `size` the places of `[kernel · count]` that fall on it; `kernel · count` stands for none. */
function landings({ kernel, stride, padding, dilation }: Axis, size: number, count: number): number[] {
  const found: number[][] = range(size).map(() => []);
  for (const point of range(kernel))
    for (const patch of range(count))
      found[point * dilation + patch * stride - padding]?.push(point * count + patch);
  const most = Math.max(1, ...found.map(({ length }) => length));
  return found.flatMap((places) => range(most).map((at) => places[at] ?? kernel * count));
}

/** Adds up what falls on each of `size` places of `axis`, which holds points and patches. */
function addUp(x: Tensor, axis: number, geometry: Axis, size: number, count: number): Tensor {
  const places = landings(geometry, size, count);
  const added = range(2 * (x.rank - axis)).map((side) => (side === 1 ? 1 : 0));
  const taken = takeAlong(ops.pad(x, added), axis, places);
  const parted = [...x.shape.slice(0, axis), size, places.length / size, ...x.shape.slice(axis + 1)];
  return ops.sum(ops.reshape(taken, parted), [axis + 1]);
}

/** `[N, C·kh·kw, L]` → `[N, C, H, W]`: patches put back, added where they overlap. */
export const fold: LayerDeclaration = defineLayer({
  type: 'fold',
  torch: 'torch.nn.Fold',
  category: 'shape',
  summary: 'Puts patches back into an image; where they overlap they add up.',
  keywords: ['col2im', 'patches'],
  params: {
    output_size: integers({ count: 2, help: 'Height and width of the image.', initial: [8, 8] }),
    ...patchParams,
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer(params, [input = null]) {
    if (input === null) return outputs(null);
    const wrongRank = rankProblem('input', input, [2, 3], 'feed [batch, channels × points, patches]');
    if (wrongRank) return refusal(wrongRank);
    const [points = null, patches = null] = input.slice(-2);
    const perChannel = product(params.kernel_size) ?? 1;
    if (points !== null && points % perChannel !== 0)
      return refusal(mismatch('input', `a multiple of ${perChannel} rows, the points of a patch`, points));
    const counts = params.output_size.map((size, at) => patchCount(size, axisOf(params, at)) ?? 0);
    const expected = Math.max(counts[0] ?? 0, 0) * Math.max(counts[1] ?? 0, 0);
    if (expected === 0)
      return refusal(
        mismatch('kernel_size', 'a patch that fits into output_size', params.kernel_size.join('×')),
      );
    if (patches !== null && patches !== expected)
      return refusal(mismatch('input', `${expected} patches (${counts.join('×')})`, patches));
    const channels = points === null ? null : points / perChannel;
    return outputs([...input.slice(0, -2), channels, ...params.output_size]);
  },
  lower(call) {
    const input = inputOf(call);
    const [rows, columns] = [axisOf(call.params, 0), axisOf(call.params, 1)];
    const [height = 1, width = 1] = call.params.output_size;
    const [down, across] = [patchCount(height, rows) ?? 1, patchCount(width, columns) ?? 1];
    const batch = input.rank === 2 ? 1 : (input.shape[0] ?? 1);
    const channels = (input.shape.at(-2) ?? 1) / (rows.kernel * columns.kernel);
    const parted = ops.reshape(input, [batch, channels, rows.kernel, columns.kernel, down, across]);
    const ordered = ops.reshape(ops.permute(parted, [0, 1, 2, 4, 3, 5]), [
      batch, channels, rows.kernel * down, columns.kernel * across,
    ]); // prettier-ignore
    const image = addUp(addUp(ordered, 2, rows, height, down), 3, columns, width, across);
    return [input.rank === 2 ? ops.squeeze(image, 0) : image];
  },
  flops: (_params, [input = []]) => product(input) ?? 0,
  examples: [
    {
      title: 'patches that overlap',
      params: { output_size: [4, 5], kernel_size: [2, 3] },
      inputs: [[2, 18, 9]],
      outputs: [[2, 3, 4, 5]],
    },
    {
      title: 'padded, dilated, in steps',
      params: { output_size: [5, 7], kernel_size: [2, 3], dilation: [2, 1], padding: [1, 0], stride: [1, 2] },
      inputs: [[2, 12, 15]],
      outputs: [[2, 2, 5, 7]],
    },
    {
      title: 'no batch',
      params: { output_size: [4, 6], kernel_size: 2, stride: 2 },
      inputs: [[8, 6]],
      outputs: [[2, 4, 6]],
    },
  ],
});
