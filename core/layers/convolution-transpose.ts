// conv_transpose1d to conv_transpose3d: the gradient of a convolution used as a layer, one declaration for all ranks.
import * as ops from '../ops';
import { defineLayer, type LayerDeclaration } from './declaration';
import { boolean, choice, integer, integers, optionalIntegers, size, type ParamsOf } from './params';
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
import { blankHint, mismatch, outputs, product, refusal, sizeAt, type Size } from './shapes';
import {
  channelAxis,
  divisible,
  each,
  spatialOf,
  spatialRankProblem,
  take,
  tooSmall,
  type SpatialRank,
} from './window';

const paramsOf = (rank: SpatialRank) => ({
  in_channels: size('Channels of the input.'),
  out_channels: integer({ help: 'Channels of the output.', initial: 16 }),
  kernel_size: integers({
    count: rank,
    help: 'Size of the window each input point spreads over.',
    initial: each(rank, 2),
  }),
  stride: integers({
    count: rank,
    help: 'Factor by which the size grows.',
    initial: each(rank, 2),
    torchDefault: each(rank, 1),
  }),
  padding: integers({
    count: rank,
    min: 0,
    help: 'Taken away from both ends of the output.',
    initial: each(rank, 0),
    torchDefault: each(rank, 0),
  }),
  output_padding: integers({
    count: rank,
    min: 0,
    help: 'Added to one end of the output, to choose among the sizes that a stride makes equal.',
    initial: each(rank, 0),
    torchDefault: each(rank, 0),
  }),
  groups: integer({ help: 'Splits channels into groups that do not mix.', initial: 1, torchDefault: 1 }),
  bias: boolean({ help: 'Adds a learnable number per output channel.', initial: true, torchDefault: true }),
  dilation: integers({
    count: rank,
    help: 'Distance between the points of a window.',
    initial: each(rank, 1),
    torchDefault: each(rank, 1),
  }),
  output_size: optionalIntegers({
    count: rank,
    help: 'Sizes of the output, instead of output_padding: PyTorch takes them with each call.',
    initial: null,
    torchDefault: null,
  }),
  padding_mode: choice({
    options: ['zeros'],
    help: 'PyTorch knows only zeros here.',
    initial: 'zeros',
    torchDefault: 'zeros',
  }),
});

type Params = ParamsOf<ReturnType<typeof paramsOf>>;

/** The size of an axis without output padding. */
const leastSize = ({ kernel_size, stride, padding, dilation }: Params, length: Size, axis: number): Size =>
  length === null
    ? null
    : (length - 1) * (stride[axis] ?? 1) -
      2 * (padding[axis] ?? 0) +
      (dilation[axis] ?? 1) * ((kernel_size[axis] ?? 1) - 1) +
      1;

/** The output padding: as given, or what output_size asks for. */
const outputPadding = (params: Params, spatial: readonly Size[]): readonly Size[] =>
  spatial.map((length, axis) => {
    const wanted = params.output_size?.[axis];
    if (wanted === undefined) return params.output_padding[axis] ?? 0;
    const least = leastSize(params, length, axis);
    return least === null ? null : wanted - least;
  });

/** Weight `[in_channels, out_channels / groups, *kernel_size]`; `[N, C, *]` → `[N, out_channels, *]`, or both without N. */
function convolutionTranspose(rank: SpatialRank): LayerDeclaration {
  const className = `ConvTranspose${rank}d`;
  const name = `conv_transpose${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.${className}`,
    torchLazy: `torch.nn.Lazy${className}`,
    category: 'convolution',
    summary:
      [
        'Grows a sequence by spreading each point over a learned filter.',
        'Grows an image by spreading each pixel over a learned filter.',
        'Grows a volume by spreading each voxel over a learned filter.',
      ][rank - 1] ?? '',
    keywords: ['deconvolution', 'upsample', 'decoder', 'transposed'],
    params: paramsOf(rank),
    check: (params) => [
      ...divisible('out_channels', params.out_channels, params.groups),
      ...(params.in_channels === null ? [] : divisible('in_channels', params.in_channels, params.groups)),
      ...params.output_padding.flatMap((extra, axis) => {
        const limit = Math.max(params.stride[axis] ?? 1, params.dilation[axis] ?? 1);
        return extra < limit
          ? []
          : [mismatch('output_padding', `less than ${limit}, the larger of stride and dilation`, extra)];
      }),
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
      const undivided = got === null ? [] : divisible('in_channels', got, params.groups);
      if (undivided.length > 0) return refusal(...undivided);
      const spatial = spatialOf(rank, input);
      const extra = outputPadding(params, spatial);
      const bad = extra.findIndex(
        (amount, axis) =>
          amount !== null &&
          (amount < 0 || amount >= Math.max(params.stride[axis] ?? 1, params.dilation[axis] ?? 1)),
      );
      if (bad >= 0) {
        const least = leastSize(params, spatial[bad] ?? null, bad) ?? 0;
        const most = least + Math.max(params.stride[bad] ?? 1, params.dilation[bad] ?? 1) - 1;
        return refusal(
          mismatch(
            'output_size',
            `${least} to ${most} along spatial axis ${bad}`,
            params.output_size?.[bad] ?? 0,
          ),
        );
      }
      const sizes = spatial.map((length, axis) => {
        const least = leastSize(params, length, axis);
        return least === null ? (params.output_size?.[axis] ?? null) : least + (extra[axis] ?? 0);
      });
      if (sizes.some((length) => length !== null && length < 0))
        return refusal(tooSmall(name, spatial, sizes));
      return outputs([...input.slice(0, channelAxis(rank)), params.out_channels, ...sizes]);
    },
    tensors(params) {
      const waits = waiting('in_channels', params.in_channels);
      return [
        parameter(
          'weight',
          [params.in_channels, Math.floor(params.out_channels / params.groups), ...params.kernel_size],
          WEIGHT_INITIALIZER,
          waits,
        ),
        ...(params.bias ? [parameter('bias', [params.out_channels], BIAS_INITIALIZER, waits)] : []),
      ];
    },
    lower(call) {
      const { stride, padding, dilation, groups } = call.params;
      const extra = outputPadding(call.params, spatialOf(rank, inputOf(call).shape));
      const outputPaddings = extra.map((amount) => amount ?? 0);
      const options = { stride, padding, outputPadding: outputPaddings, dilation, groups };
      const [weight, bias] = [tensorOf(call, 'weight'), maybeTensor(call, 'bias')];
      return [ops.convolutionTranspose(inputOf(call), weight, bias, options)];
    },
    flops: ({ out_channels, groups, kernel_size }, [input = []]) =>
      2 * (product(input) ?? 0) * (out_channels / groups) * (product(kernel_size) ?? 0),
    examples: [
      {
        title: 'twice the size',
        params: { in_channels: 3, out_channels: 2, kernel_size: 2, stride: 2 },
        inputs: [[2, 3, ...take(rank, 4, 3, 2)]],
        outputs: [[2, 2, ...take(rank, 8, 6, 4)]],
      },
      {
        title: 'padding, output padding and dilation, no bias',
        params: {
          in_channels: 2,
          out_channels: 3,
          kernel_size: take(rank, 3, 2, 2),
          stride: take(rank, 2, 3, 1),
          padding: take(rank, 2, 1, 0),
          output_padding: take(rank, 1, 2, 0),
          dilation: take(rank, 2, 1, 2),
          bias: false,
        },
        inputs: [[2, 2, ...take(rank, 4, 3, 3)]],
        outputs: [[2, 3, ...take(rank, 8, 8, 5)]],
      },
      {
        title: 'a given size',
        params: {
          in_channels: 2,
          out_channels: 1,
          kernel_size: 2,
          stride: 3,
          output_size: take(rank, 7, 6, 5),
        },
        inputs: [[1, 2, ...take(rank, 2, 2, 2)]],
        outputs: [[1, 1, ...take(rank, 7, 6, 5)]],
      },
      {
        title: 'two groups',
        params: {
          in_channels: 4,
          out_channels: 6,
          kernel_size: 3,
          groups: 2,
          padding_mode: 'zeros',
        },
        inputs: [[1, 4, ...take(rank, 3, 2, 2)]],
        outputs: [[1, 6, ...take(rank, 5, 4, 4)]],
      },
      {
        title: 'one sample without a batch',
        params: { in_channels: 2, out_channels: 3, kernel_size: 2 },
        inputs: [[2, ...take(rank, 3, 3, 2)]],
        outputs: [[3, ...take(rank, 4, 4, 3)]],
      },
    ],
  });
}

export const convTranspose1d = convolutionTranspose(1);
export const convTranspose2d = convolutionTranspose(2);
export const convTranspose3d = convolutionTranspose(3);
