// Poolings over windows of 1 to 3 spatial axes: maximum, average and power mean. Those to a given size are in pooling-adaptive.ts.
import * as ops from '../ops';
import { defineLayer, type Inference, type LayerDeclaration, type LayerProblem } from './declaration';
import { boolean, integers, number, optionalInteger, optionalIntegers } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, refusal, type Size } from './shapes';
import { each, pooledCount, spatialOf, spatialRankProblem, take, tooSmall, type SpatialRank } from './window';

/** What an input of a rank is called. */
export const WHAT = ['a sequence', 'an image', 'a volume'] as const;

const sizeParams = (rank: SpatialRank) => ({
  kernel_size: integers({ count: rank, help: 'Size of the window.', initial: each(rank, 2) }),
  stride: optionalIntegers({
    count: rank,
    help: 'Steps between windows; blank: the kernel size.',
    initial: null,
    torchDefault: null,
  }),
});
const windowParams = (rank: SpatialRank) => ({
  ...sizeParams(rank),
  padding: integers({
    count: rank,
    min: 0,
    help: 'Added on both sides, at most half the kernel.',
    initial: each(rank, 0),
    torchDefault: each(rank, 0),
  }),
});
const ceil_mode = boolean({
  help: 'Keeps a last window that hangs over the end.',
  initial: false,
  torchDefault: false,
});

interface WindowParams {
  readonly kernel_size: readonly number[];
  readonly stride: readonly number[] | null;
  readonly padding?: readonly number[];
  readonly dilation?: readonly number[];
  readonly ceil_mode: boolean;
}

/** PyTorch: "pad should be at most half of effective kernel size". */
const checkPadding = ({ padding = [], kernel_size }: WindowParams): readonly LayerProblem[] =>
  padding.flatMap((amount, axis) => {
    const most = Math.floor((kernel_size[axis] ?? 1) / 2);
    return amount <= most ? [] : [mismatch('padding', `at most ${most}, half of kernel_size`, amount)];
  });

function inferWindows(name: string, rank: SpatialRank, params: WindowParams, input: readonly Size[]) {
  const wrongRank = spatialRankProblem(name, rank, input);
  if (wrongRank) return refusal(wrongRank);
  const spatial = spatialOf(rank, input);
  const sizes = spatial.map((length, axis) => {
    const kernel = params.kernel_size[axis] ?? 1;
    const padding = params.padding?.[axis] ?? 0;
    const window = {
      kernel,
      stride: params.stride?.[axis] ?? kernel,
      before: padding,
      after: padding,
      dilation: params.dilation?.[axis] ?? 1,
    };
    return pooledCount(length, window, params.ceil_mode);
  });
  if (sizes.some((length) => length !== null && length < 1)) return refusal(tooSmall(name, spatial, sizes));
  return outputs([...input.slice(0, -rank), ...sizes]);
}

/** The options of a pooling op. */
const windowsOf = ({ kernel_size, stride, padding = [], ceil_mode: ceilMode }: WindowParams) => ({
  kernel: kernel_size,
  stride: stride ?? kernel_size,
  padding: padding.length > 0 ? padding : 0,
  ceilMode,
});

const operations = ({ kernel_size }: WindowParams, output: readonly number[] = []): number =>
  (product(output) ?? 0) * (product(kernel_size) ?? 0);

export const return_indices = boolean({
  help: 'Also gives where the largest values were, for max_unpool.',
  initial: false,
  torchDefault: false,
});
/** The output, and beside it the places of the largest values where the params ask for them. */
export const indexedOutputs = {
  outputs: [
    { name: 'output' },
    { name: 'indices', help: 'Where the largest values were: places in the flat spatial axes.' },
  ],
  outputCount: ({ return_indices: hasIndices }: { readonly return_indices: boolean }): number =>
    hasIndices ? 2 : 1,
};

/** The shape of the output twice where the params ask for indices. */
export function withIndices(
  { return_indices: hasIndices }: { readonly return_indices: boolean },
  found: Inference,
): Inference {
  if (!hasIndices || 'problems' in found) return found;
  return outputs(...found.outputs, ...found.outputs);
}

/** The largest value of each window. Padding counts as -∞. */
function maxPool(rank: SpatialRank): LayerDeclaration {
  const name = `max_pool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.MaxPool${rank}d`,
    category: 'pooling',
    summary: `Shrinks ${WHAT[rank - 1] ?? ''} to the largest value of each window.`,
    keywords: ['maximum', 'downsample', 'subsample'],
    params: {
      ...windowParams(rank),
      dilation: integers({
        count: rank,
        help: 'Distance between the points of a window.',
        initial: each(rank, 1),
        torchDefault: each(rank, 1),
      }),
      return_indices,
      ceil_mode,
    },
    check: checkPadding,
    inputs: [{ name: 'input' }],
    ...indexedOutputs,
    infer: (params, [input = null]) =>
      withIndices(params, input === null ? outputs(null) : inferWindows(name, rank, params, input)),
    lower({ params, ...call }) {
      const { values, indices } = ops.maxPoolWithIndices(inputOf(call), {
        ...windowsOf(params),
        dilation: params.dilation,
      });
      return params.return_indices ? [values, indices] : [values];
    },
    flops: (params, _inputs, [output]) => operations(params, output),
    examples: [
      {
        title: 'halves',
        params: { kernel_size: 2 },
        inputs: [[2, 3, ...take(rank, 7, 6, 4)]],
        outputs: [[2, 3, ...take(rank, 3, 3, 2)]],
      },
      {
        title: 'overlapping, padded and dilated',
        params: { kernel_size: 3, stride: take(rank, 2, 1, 2), padding: 1, dilation: take(rank, 1, 2, 1) },
        inputs: [[1, 2, ...take(rank, 8, 6, 5)]],
        outputs: [[1, 2, ...take(rank, 4, 4, 3)]],
      },
      {
        title: 'a last window over the end',
        params: { kernel_size: take(rank, 3, 2, 2), stride: 2, ceil_mode: true },
        inputs: [[2, ...take(rank, 6, 5, 3)]],
        outputs: [[2, ...take(rank, 3, 3, 2)]],
      },
      {
        title: 'with the places of the largest',
        params: { kernel_size: 2, return_indices: true },
        inputs: [[2, 2, ...take(rank, 5, 4, 2)]],
        outputs: [
          [2, 2, ...take(rank, 2, 2, 1)],
          [2, 2, ...take(rank, 2, 2, 1)],
        ],
      },
    ],
  });
}

/** The mean of each window. */
function avgPool(rank: SpatialRank): LayerDeclaration {
  const name = `avg_pool${rank}d`;
  const divisor_override = optionalInteger({
    help: 'Divides by this instead of by the size of the window.',
    initial: null,
    torchDefault: null,
  });
  return defineLayer({
    type: name,
    torch: `torch.nn.AvgPool${rank}d`,
    category: 'pooling',
    summary: `Shrinks ${WHAT[rank - 1] ?? ''} to the mean of each window.`,
    keywords: ['mean', 'average', 'downsample', 'subsample'],
    params: {
      ...windowParams(rank),
      ceil_mode,
      count_include_pad: boolean({
        help: 'Counts the padding in the mean.',
        initial: true,
        torchDefault: true,
      }),
      // torch.nn.AvgPool1d does not have it.
      ...(rank === 1 ? {} : { divisor_override }),
    },
    check: checkPadding,
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer: (params, [input = null]) =>
      input === null ? outputs(null) : inferWindows(name, rank, params, input),
    lower: (call) => [
      ops.avgPool(inputOf(call), {
        ...windowsOf(call.params),
        countIncludePad: call.params.count_include_pad,
        divisorOverride: call.params.divisor_override ?? null,
      }),
    ],
    flops: (params, _inputs, [output]) => operations(params, output),
    examples: [
      {
        title: 'halves',
        params: { kernel_size: 2 },
        inputs: [[2, 3, ...take(rank, 7, 6, 4)]],
        outputs: [[2, 3, ...take(rank, 3, 3, 2)]],
      },
      {
        title: 'padding left out of the mean',
        params: { kernel_size: 3, stride: 2, padding: 1, count_include_pad: false },
        inputs: [[1, 2, ...take(rank, 8, 5, 4)]],
        outputs: [[1, 2, ...take(rank, 4, 3, 2)]],
      },
      {
        title: 'a last window over the end',
        params: { kernel_size: 3, stride: 2, padding: 1, ceil_mode: true },
        inputs: [[2, ...take(rank, 6, 4, 5)]],
        outputs: [[2, ...take(rank, 4, 3, 3)]],
      },
      ...(rank === 1
        ? []
        : [
            {
              title: 'its own divisor',
              params: { kernel_size: 2, divisor_override: 3 },
              inputs: [[1, 2, ...take(rank, 4, 4, 2)]],
              outputs: [[1, 2, ...take(rank, 2, 2, 1)]],
            },
          ]),
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
      ...sizeParams(rank),
      ceil_mode,
    },
    check: ({ norm_type }) => (norm_type === 0 ? [mismatch('norm_type', 'not 0', norm_type)] : []),
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer: (params, [input = null]) =>
      input === null ? outputs(null) : inferWindows(name, rank, params, input),
    lower(call) {
      const { norm_type, kernel_size } = call.params;
      const means = ops.avgPool(ops.pow(inputOf(call), norm_type), windowsOf(call.params));
      // PyTorch's own way past a negative sum.
      const sums = ops.mul(ops.mul(ops.sign(means), ops.relu(ops.abs(means))), product(kernel_size) ?? 1);
      return [ops.pow(sums, 1 / norm_type)];
    },
    flops: (params, _inputs, [output]) => operations(params, output),
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

export const maxPool1d = maxPool(1);
export const maxPool2d = maxPool(2);
export const maxPool3d = maxPool(3);
export const avgPool1d = avgPool(1);
export const avgPool2d = avgPool(2);
export const avgPool3d = avgPool(3);
export const lpPool1d = lpPool(1);
export const lpPool2d = lpPool(2);
export const lpPool3d = lpPool(3);
