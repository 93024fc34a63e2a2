// Poolings over 1 to 3 spatial axes: maximum, average, and the average to a given size.
import * as ops from '../ops';
import { defineLayer, type LayerDeclaration, type LayerProblem } from './declaration';
import { boolean, integers, integersOrBlanks, optionalInteger, optionalIntegers } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, refusal, type Size } from './shapes';
import { each, pooledCount, spatialOf, spatialRankProblem, take, tooSmall, type SpatialRank } from './window';

const WHAT = ['a sequence', 'an image', 'a volume'] as const;

const windowParams = (rank: SpatialRank) => ({
  kernel_size: integers({ count: rank, help: 'Size of the window.', initial: each(rank, 2) }),
  stride: optionalIntegers({
    count: rank,
    help: 'Steps between windows; blank: the kernel size.',
    initial: null,
    torchDefault: null,
  }),
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
  readonly padding: readonly number[];
  readonly dilation?: readonly number[];
  readonly ceil_mode: boolean;
}

/** PyTorch: "pad should be at most half of effective kernel size". */
const checkPadding = ({ padding, kernel_size }: WindowParams): readonly LayerProblem[] =>
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
    const padding = params.padding[axis] ?? 0;
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
const windowsOf = ({ kernel_size, stride, padding, ceil_mode: ceilMode }: WindowParams) => ({
  kernel: kernel_size,
  stride: stride ?? kernel_size,
  padding,
  ceilMode,
});

const operations = ({ kernel_size }: WindowParams, output: readonly number[] = []): number =>
  (product(output) ?? 0) * (product(kernel_size) ?? 0);

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
      ceil_mode,
    },
    check: checkPadding,
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer: (params, [input = null]) =>
      input === null ? outputs(null) : inferWindows(name, rank, params, input),
    lower: (call) => [
      ops.maxPool(inputOf(call), { ...windowsOf(call.params), dilation: call.params.dilation }),
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

/** The mean of as many even parts as the output is to have: cell i covers floor(i·s/o) to ceil((i+1)·s/o). */
function adaptiveAvgPool(rank: SpatialRank): LayerDeclaration {
  const name = `adaptive_avg_pool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.AdaptiveAvgPool${rank}d`,
    category: 'pooling',
    summary: `Averages ${WHAT[rank - 1] ?? ''} down to a size you choose, whatever its own.`,
    keywords: ['global average pooling', 'gap', 'mean'],
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
    lower: (call) => [ops.adaptiveAvgPool(inputOf(call), call.params.output_size)],
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
      // torch.nn.AdaptiveAvgPool1d refuses None.
      ...(rank === 1
        ? []
        : [
            {
              title: 'one axis kept',
              params: { output_size: [...take(rank, 2, 4, 3).slice(0, rank - 1), null] },
              inputs: [[3, ...take(rank, 5, 6, 4)]],
              outputs: [[3, ...take(rank, 2, 4, 3).slice(0, rank - 1), take(rank, 5, 6, 4)[rank - 1] ?? 0]],
            },
          ]),
    ],
  });
}

export const maxPool1d = maxPool(1);
export const maxPool2d = maxPool(2);
export const maxPool3d = maxPool(3);
export const avgPool1d = avgPool(1);
export const avgPool2d = avgPool(2);
export const avgPool3d = avgPool(3);
export const adaptiveAvgPool1d = adaptiveAvgPool(1);
export const adaptiveAvgPool2d = adaptiveAvgPool(2);
export const adaptiveAvgPool3d = adaptiveAvgPool(3);
