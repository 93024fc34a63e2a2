// conv1d to conv3d: one declaration over the number of spatial axes. The transposed ones are convolution-transpose.ts.
import * as ops from '../ops';
import { defineLayer, type LayerDeclaration, type LayerProblem, type ParamsOf } from './declaration';
import { boolean, choice, integer, integers, integersOr, size } from './params';
import {
  BIAS_INITIALIZER,
  WEIGHT_INITIALIZER,
  found,
  inputOf,
  maybeTensor,
  parameter,
  tensorOf,
  waiting,
} from './pieces';
import { blankHint, mismatch, outputs, product, refusal, sizeAt } from './shapes';
import {
  channelAxis,
  divisible,
  each,
  spatialOf,
  spatialRankProblem,
  take,
  tooSmall,
  windowCount,
  type SpatialRank,
} from './window';

const PADDING_MODES = ['zeros', 'reflect', 'replicate', 'circular'] as const;

const paramsOf = (rank: SpatialRank) => ({
  in_channels: size('Channels of the input.'),
  out_channels: integer({ help: 'Filters, and so channels of the output.', initial: 16 }),
  kernel_size: integers({ count: rank, help: 'Size of the window.', initial: each(rank, 3) }),
  stride: integers({
    count: rank,
    help: 'Steps between windows.',
    initial: each(rank, 1),
    torchDefault: each(rank, 1),
  }),
  padding: integersOr({
    count: rank,
    words: ['same', 'valid'],
    help: 'Added on both sides of each axis; "same" keeps the size, "valid" adds nothing.',
    initial: each(rank, 0),
    torchDefault: each(rank, 0),
  }),
  dilation: integers({
    count: rank,
    help: 'Distance between the points of a window.',
    initial: each(rank, 1),
    torchDefault: each(rank, 1),
  }),
  groups: integer({
    help: 'Splits channels into groups that do not mix; equal to in_channels: depthwise.',
    initial: 1,
    torchDefault: 1,
  }),
  bias: boolean({ help: 'Adds a learnable number per output channel.', initial: true, torchDefault: true }),
  padding_mode: choice({
    options: PADDING_MODES,
    help: 'What the padding holds.',
    initial: 'zeros',
    torchDefault: 'zeros',
  }),
});

type Params = ParamsOf<ReturnType<typeof paramsOf>>;

/** Padding as [before, after] per axis, flattened. "same" puts the odd one after, as PyTorch does. */
function paddingOf({ padding, kernel_size, dilation }: Params): readonly number[] {
  return kernel_size.flatMap((kernel, axis) => {
    if (padding === 'valid') return [0, 0];
    if (padding !== 'same') return [padding[axis] ?? 0, padding[axis] ?? 0];
    const total = (dilation[axis] ?? 1) * (kernel - 1);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
}

/** Whether padding of a mode fits an axis: reflect needs padding < size, circular ≤ size. */
function paddingProblem(params: Params, spatial: readonly (number | null)[]): LayerProblem | null {
  const { padding_mode: mode } = params;
  if (mode === 'zeros' || mode === 'replicate') return null;
  const padding = paddingOf(params);
  for (const [axis, length] of spatial.entries()) {
    const most = Math.max(padding[2 * axis] ?? 0, padding[2 * axis + 1] ?? 0);
    if (length === null || (mode === 'reflect' ? most < length : most <= length) || most === 0) continue;
    return mismatch(
      'padding',
      `${mode} padding ${mode === 'reflect' ? 'less than' : 'at most'} the size ${length} of spatial axis ${axis}`,
      most,
    );
  }
  return null;
}

/** Weight `[out_channels, in_channels / groups, *kernel_size]`; `[N, C, *]` → `[N, out_channels, *]`, or both without N. */
function convolution(rank: SpatialRank): LayerDeclaration {
  const className = `Conv${rank}d`;
  const name = `conv${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.${className}`,
    torchLazy: `torch.nn.Lazy${className}`,
    category: 'convolution',
    summary:
      [
        'Slides learned filters along a sequence.',
        'Slides learned filters over an image.',
        'Slides learned filters through a volume.',
      ][rank - 1] ?? '',
    keywords: ['conv', 'cnn', 'filter', 'depthwise', 'causal'],
    params: paramsOf(rank),
    check: (params) => [
      ...divisible('out_channels', params.out_channels, params.groups),
      ...(params.in_channels === null ? [] : divisible('in_channels', params.in_channels, params.groups)),
      ...(params.padding === 'same' && params.stride.some((step) => step !== 1)
        ? [
            mismatch(
              'padding',
              'stride 1 with padding "same"',
              `stride ${params.stride.join('×')}`,
              'give the padding in numbers',
            ),
          ]
        : []),
    ],
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    inferSizes: (params, [input = null]) => found(params, { in_channels: sizeAt(input, channelAxis(rank)) }),
    infer(params, [input = null]) {
      if (input === null) return outputs(null);
      const wrongRank = spatialRankProblem(name, rank, input);
      if (wrongRank) return refusal(wrongRank);
      const got = sizeAt(input, channelAxis(rank));
      if (params.in_channels !== null && got !== null && got !== params.in_channels)
        return refusal(mismatch('in_channels', params.in_channels, got, blankHint('in_channels')));
      const channels = params.in_channels ?? got;
      const undivided = channels === null ? [] : divisible('in_channels', channels, params.groups);
      if (undivided.length > 0) return refusal(...undivided);
      const spatial = spatialOf(rank, input);
      const badPadding = paddingProblem(params, spatial);
      if (badPadding) return refusal(badPadding);
      const padding = paddingOf(params);
      const sizes = spatial.map((length, axis) =>
        windowCount(length, {
          kernel: params.kernel_size[axis] ?? 1,
          stride: params.stride[axis] ?? 1,
          before: padding[2 * axis] ?? 0,
          after: padding[2 * axis + 1] ?? 0,
          dilation: params.dilation[axis] ?? 1,
        }),
      );
      if (sizes.some((length) => length !== null && length < 1))
        return refusal(tooSmall(name, spatial, sizes));
      return outputs([...input.slice(0, channelAxis(rank)), params.out_channels, ...sizes]);
    },
    tensors(params) {
      const waits = waiting('in_channels', params.in_channels);
      const perGroup = params.in_channels === null ? null : params.in_channels / params.groups;
      return [
        parameter(
          'weight',
          [params.out_channels, perGroup, ...params.kernel_size],
          WEIGHT_INITIALIZER,
          waits,
        ),
        ...(params.bias ? [parameter('bias', [params.out_channels], BIAS_INITIALIZER, waits)] : []),
      ];
    },
    lower(call) {
      const { stride, dilation, groups, padding_mode: mode } = call.params;
      const padding = paddingOf(call.params);
      const [weight, bias] = [tensorOf(call, 'weight'), maybeTensor(call, 'bias')];
      const input = inputOf(call);
      return [
        mode === 'zeros'
          ? ops.convolution(input, weight, bias, { stride, padding, dilation, groups })
          : ops.convolution(ops.pad(input, padding, { mode }), weight, bias, { stride, dilation, groups }),
      ];
    },
    flops: ({ kernel_size, groups }, [input = []], [output = []]) =>
      2 *
      (product(output) ?? 0) *
      ((input.at(channelAxis(rank)) ?? 0) / groups) *
      (product(kernel_size) ?? 0),
    examples: [
      {
        title: 'a kernel of 3',
        params: { in_channels: 3, out_channels: 4, kernel_size: 3 },
        inputs: [[2, 3, ...take(rank, 7, 6, 5)]],
        outputs: [[2, 4, ...take(rank, 5, 4, 3)]],
      },
      {
        title: 'stride, padding and dilation, no bias',
        params: {
          in_channels: 2,
          out_channels: 3,
          kernel_size: take(rank, 3, 2, 2),
          stride: take(rank, 2, 1, 2),
          padding: take(rank, 2, 1, 0),
          dilation: take(rank, 2, 1, 1),
          bias: false,
        },
        inputs: [[3, 2, ...take(rank, 8, 5, 4)]],
        outputs: [[3, 3, ...take(rank, 4, 6, 2)]],
      },
      {
        title: 'two groups',
        params: { in_channels: 4, out_channels: 6, kernel_size: 2, groups: 2 },
        inputs: [[2, 4, ...take(rank, 5, 4, 3)]],
        outputs: [[2, 6, ...take(rank, 4, 3, 2)]],
      },
      {
        title: 'the same size with an even kernel',
        params: { in_channels: 2, out_channels: 2, kernel_size: take(rank, 4, 3, 2), padding: 'same' },
        inputs: [[1, 2, ...take(rank, 6, 5, 3)]],
        outputs: [[1, 2, ...take(rank, 6, 5, 3)]],
      },
      ...(['reflect', 'replicate', 'circular'] as const).map((padding_mode) => ({
        title: `${padding_mode} padding`,
        params: {
          in_channels: 2,
          out_channels: 2,
          kernel_size: 3,
          padding: take(rank, 2, 1, 1),
          padding_mode,
        },
        inputs: [[1, 2, ...take(rank, 5, 4, 3)]],
        outputs: [[1, 2, ...take(rank, 7, 4, 3)]],
      })),
      {
        title: 'one sample without a batch',
        params: { in_channels: 2, out_channels: 3, kernel_size: 2 },
        inputs: [[2, ...take(rank, 4, 3, 3)]],
        outputs: [[3, ...take(rank, 3, 2, 2)]],
      },
    ],
  });
}

export const conv1d = convolution(1);
export const conv2d = convolution(2);
export const conv3d = convolution(3);
