// The rarer poolings: the maximum to a given size, the power mean of a window, and normalization over near channels.
import * as ops from '../ops';
import { defineLayer, type LayerDeclaration } from './declaration';
import { boolean, integer, integers, integersOrBlanks, number, optionalIntegers } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, refusal, type Size } from './shapes';
import { range, takeAlong } from './take';
import { each, pooledCount, spatialOf, spatialRankProblem, take, tooSmall, type SpatialRank } from './window';

const WHAT = ['a sequence', 'an image', 'a volume'] as const;

/** The places of `size` that each of `cells` parts covers, all as many: a short part repeats its last place. */
function adaptiveWindows(size: number, cells: number) {
  const bounds = range(cells).map((cell) => ({
    start: Math.floor((cell * size) / cells),
    end: Math.ceil(((cell + 1) * size) / cells),
  }));
  const length = Math.max(...bounds.map(({ start, end }) => end - start));
  return {
    length,
    places: bounds.flatMap(({ start, end }) => range(length).map((at) => Math.min(start + at, end - 1))),
  };
}

/** The largest value of as many even parts as the output is to have: cell i covers floor(i·s/o) to ceil((i+1)·s/o). */
function adaptiveMaxPool(rank: SpatialRank): LayerDeclaration {
  const name = `adaptive_max_pool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.AdaptiveMaxPool${rank}d`,
    category: 'pooling',
    summary: `Shrinks ${WHAT[rank - 1] ?? ''} to the largest values, to a size you choose, whatever its own.`,
    keywords: ['global max pooling', 'maximum'],
    params: {
      output_size: integersOrBlanks({
        count: rank,
        help: 'Sizes of the output; a blank one keeps the size of the input.',
        initial: each(rank, 1),
      }),
    },
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer({ output_size }, [input = null]) {
      if (input === null) return outputs(null);
      const wrongRank = spatialRankProblem(name, rank, input);
      if (wrongRank) return refusal(wrongRank);
      const sizes = spatialOf(rank, input).map((length, axis) => output_size[axis] ?? length);
      return outputs([...input.slice(0, -rank), ...sizes]);
    },
    lower(call) {
      const input = inputOf(call);
      const windows = spatialOf(rank, input.shape).map((size, axis) =>
        adaptiveWindows(size ?? 1, call.params.output_size[axis] ?? size ?? 1),
      );
      const parted = windows.reduce((x, { places }, axis) => takeAlong(x, axis - rank, places), input);
      return [ops.maxPool(parted, { kernel: windows.map(({ length }) => length) })];
    },
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      {
        title: 'global',
        params: { output_size: 1 },
        inputs: [[2, 3, ...take(rank, 7, 5, 4)]],
        outputs: [[2, 3, ...take(rank, 1, 1, 1)]],
      },
      {
        title: 'uneven parts',
        params: { output_size: take(rank, 3, 2, 5) },
        inputs: [[1, 2, ...take(rank, 7, 5, 3)]],
        outputs: [[1, 2, ...take(rank, 3, 2, 5)]],
      },
      {
        title: 'even parts, no batch',
        params: { output_size: take(rank, 2, 3, 2) },
        inputs: [[2, ...take(rank, 6, 6, 4)]],
        outputs: [[2, ...take(rank, 2, 3, 2)]],
      },
    ],
  });
}

/** (Σ xᵖ)^(1/p) over each window. */
function lpPool(rank: SpatialRank): LayerDeclaration {
  const name = `lp_pool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.LPPool${rank}d`,
    category: 'pooling',
    summary: `Shrinks ${WHAT[rank - 1] ?? ''} to the power sum of each window: between average and maximum.`,
    keywords: ['norm', 'power average'],
    params: {
      norm_type: number({ help: 'The power: 1 sums, large ones approach the maximum.', initial: 2 }),
      kernel_size: integers({ count: rank, help: 'Size of the window.', initial: each(rank, 2) }),
      stride: optionalIntegers({
        count: rank,
        help: 'Steps between windows; blank: the kernel size.',
        initial: null,
        torchDefault: null,
      }),
      ceil_mode: boolean({
        help: 'Keeps a last window that hangs over the end.',
        initial: false,
        torchDefault: false,
      }),
    },
    check: ({ norm_type }) => (norm_type === 0 ? [mismatch('norm_type', 'not 0', norm_type)] : []),
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer({ kernel_size, stride, ceil_mode }, [input = null]) {
      if (input === null) return outputs(null);
      const wrongRank = spatialRankProblem(name, rank, input);
      if (wrongRank) return refusal(wrongRank);
      const spatial = spatialOf(rank, input);
      const sizes = spatial.map((length, axis): Size => {
        const kernel = kernel_size[axis] ?? 1;
        const window = { kernel, stride: stride?.[axis] ?? kernel, before: 0, after: 0, dilation: 1 };
        return pooledCount(length, window, ceil_mode);
      });
      return sizes.some((length) => length !== null && length < 1)
        ? refusal(tooSmall(name, spatial, sizes))
        : outputs([...input.slice(0, -rank), ...sizes]);
    },
    lower(call) {
      const { norm_type, kernel_size, stride, ceil_mode } = call.params;
      const powers = ops.pow(inputOf(call), norm_type);
      const window = { kernel: kernel_size, stride: stride ?? kernel_size, ceilMode: ceil_mode };
      const means = ops.avgPool(powers, window);
      // PyTorch's own way past a negative sum.
      const sums = ops.mul(ops.mul(ops.sign(means), ops.relu(ops.abs(means))), product(kernel_size) ?? 1);
      return [ops.pow(sums, 1 / norm_type)];
    },
    flops: ({ kernel_size }, _inputs, [output = []]) => (product(output) ?? 0) * (product(kernel_size) ?? 0),
    examples: [
      {
        title: 'lengths',
        params: { norm_type: 2, kernel_size: take(rank, 2, 3, 2) },
        inputs: [[2, 3, ...take(rank, 7, 6, 5)]],
        outputs: [[2, 3, ...take(rank, 3, 2, 2)]],
      },
      {
        title: 'fourth powers, overlapping, over the end',
        params: { norm_type: 4, kernel_size: 3, stride: 2, ceil_mode: true },
        inputs: [[1, 2, ...take(rank, 6, 5, 4)]],
        outputs: [[1, 2, ...take(rank, 3, 2, 2)]],
      },
    ],
  });
}

/** x / (k + alpha · mean of x² over `size` channels)^beta. Source: Krizhevsky et al. 2012, section 3.3. */
export const localResponseNorm = defineLayer({
  type: 'local_response_norm',
  torch: 'torch.nn.LocalResponseNorm',
  category: 'normalization',
  summary: 'Divides each value by the size of its near channels.',
  keywords: ['lrn', 'alexnet', 'contrast'],
  params: {
    size: integer({ help: 'Channels that count, the own one in the middle.', initial: 5 }),
    alpha: number({ help: 'Weight of the mean square.', initial: 1e-4, torchDefault: 1e-4 }),
    beta: number({ help: 'Power of the divisor.', initial: 0.75, torchDefault: 0.75 }),
    k: number({ help: 'Added to the mean square.', initial: 1, torchDefault: 1 }),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) =>
    input !== null && input.length < 3
      ? refusal(mismatch('input', 'at least 3 dimensions', input.length, 'feed [batch, channels, ...]'))
      : outputs(input),
  lower(call) {
    const input = inputOf(call);
    const { size, alpha, beta, k } = call.params;
    const [batch = 1, channels = 1] = input.shape;
    const rest = product(input.shape.slice(2)) ?? 1;
    const squares = ops.reshape(ops.square(input), [batch, 1, channels, rest]);
    const padded = ops.pad(squares, [Math.floor(size / 2), Math.floor((size - 1) / 2), 0, 0]);
    const means = ops.reshape(ops.avgPool(padded, { kernel: [size, 1], stride: 1 }), input.shape);
    return [ops.div(input, ops.pow(ops.add(ops.mul(means, alpha), k), beta))];
  },
  flops: ({ size }, [input = []]) => (product(input) ?? 0) * (size + 5),
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

export const adaptiveMaxPool1d = adaptiveMaxPool(1);
export const adaptiveMaxPool2d = adaptiveMaxPool(2);
export const adaptiveMaxPool3d = adaptiveMaxPool(3);
export const lpPool1d = lpPool(1);
export const lpPool2d = lpPool(2);
export const lpPool3d = lpPool(3);
