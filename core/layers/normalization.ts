// Normalizations that do not depend on the batch: layer, group and root-mean-square norm.
import * as ops from '../ops';
import { defineLayer, type EdgeShape, type LayerProblem } from './declaration';
import { boolean, integer, number, optionalNumber, shape, size } from './params';
import { ONES, ZEROS, found, inputOf, maybeTensor, parameter, waiting } from './pieces';
import {
  blankHint,
  isCompatible,
  listed,
  mismatch,
  outputs,
  product,
  refusal,
  sizeAt,
  type Size,
} from './shapes';

const eps = number({ min: 0, help: 'Added to the variance.', initial: 1e-5, torchDefault: 1e-5 });
const affine = boolean({ help: 'Learns a scale and a shift.', initial: true, torchDefault: true });

const normalized_shape = shape({
  help: 'The last axes to normalize over; blank: the last one.',
  initial: null,
  isInferred: true,
});

/** A blank normalized_shape means the last axis alone. */
const normalizedSizes = (params: { readonly normalized_shape: readonly Size[] | null }, input: EdgeShape) =>
  found(params, { normalized_shape: input === null ? null : [sizeAt(input, -1)] });

/** "expected input with shape [*, 8, 8]", PyTorch's words, when the last axes are others; null when they fit. */
function normalizedProblem(expected: readonly Size[] | null, input: EdgeShape): LayerProblem | null {
  if (input === null) return null;
  if (input.length === 0) return mismatch('input', 'at least 1 dimension', 'a scalar');
  if (expected === null || isCompatible(expected, input.slice(-expected.length))) return null;
  return {
    where: 'normalized_shape',
    message: `Given normalized_shape=${listed(expected)}, expected input with shape [*, ${expected.join(', ')}], but got input of size ${listed(input)}`,
    expected: listed(expected),
    got: listed(input.slice(-expected.length)),
    hint: blankHint('normalized_shape'),
  };
}

/** (x - mean) / √(var + eps) · weight + bias over the last axes of each sample. Source: https://arxiv.org/abs/1607.06450. */
export const layerNorm = defineLayer({
  type: 'layer_norm',
  torch: 'torch.nn.LayerNorm',
  category: 'normalization',
  summary: 'Normalizes the last axes of each sample on its own.',
  keywords: ['ln', 'layernorm', 'transformer'],
  params: {
    normalized_shape,
    eps,
    elementwise_affine: affine,
    bias: boolean({ help: 'Learns a shift beside the scale.', initial: true, torchDefault: true }),
  },
  check: ({ normalized_shape: sizes }) => checkNormalized(sizes),
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  inferSizes: (params, [input = null]) => normalizedSizes(params, input),
  infer(params, [input = null]) {
    const problem = normalizedProblem(params.normalized_shape, input);
    return problem ? refusal(problem) : outputs(input);
  },
  tensors(params) {
    const sizes = params.normalized_shape ?? [null];
    const waits = waiting('normalized_shape', params.normalized_shape);
    if (!params.elementwise_affine) return [];
    return [
      parameter('weight', sizes, ONES, waits),
      ...(params.bias ? [parameter('bias', sizes, ZEROS, waits)] : []),
    ];
  },
  lower(call) {
    const input = inputOf(call);
    const axes = call.params.normalized_shape?.length ?? 1;
    return [
      ops.layerNorm(input, input.shape.slice(-axes), {
        weight: maybeTensor(call, 'weight'),
        bias: maybeTensor(call, 'bias'),
        eps: call.params.eps,
      }),
    ];
  },
  flops: (_params, [input = []]) => 8 * (product(input) ?? 0),
  examples: [
    {
      title: 'the last axis',
      params: { normalized_shape: [6] },
      inputs: [[2, 3, 6]],
      outputs: [[2, 3, 6]],
    },
    {
      title: 'two axes, no bias',
      params: { normalized_shape: [3, 5], bias: false, eps: 0.1 },
      inputs: [[4, 3, 5]],
      outputs: [[4, 3, 5]],
    },
    {
      title: 'no weights',
      params: { normalized_shape: [7], elementwise_affine: false },
      inputs: [[3, 7]],
      outputs: [[3, 7]],
    },
  ],
});

const checkNormalized = (sizes: readonly Size[] | null): readonly LayerProblem[] =>
  sizes === null || (sizes.length > 0 && sizes.every((item) => item !== null && item > 0))
    ? []
    : [mismatch('normalized_shape', 'one size or more, each at least 1', listed(sizes))];

/** x / √(mean(x²) + eps) · weight over the last axes. Source: https://arxiv.org/abs/1910.07467. */
export const rmsNorm = defineLayer({
  type: 'rms_norm',
  torch: 'torch.nn.RMSNorm',
  category: 'normalization',
  summary: 'Scales the last axes of each sample to a root mean square of 1.',
  keywords: ['rmsnorm', 'root mean square', 'transformer'],
  params: {
    normalized_shape,
    eps: optionalNumber({
      help: 'Added to the mean square; blank: the smallest step of the dtype.',
      initial: null,
      torchDefault: null,
    }),
    elementwise_affine: boolean({ help: 'Learns a scale.', initial: true, torchDefault: true }),
  },
  check: ({ normalized_shape: sizes }) => checkNormalized(sizes),
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  inferSizes: (params, [input = null]) => normalizedSizes(params, input),
  infer(params, [input = null]) {
    const problem = normalizedProblem(params.normalized_shape, input);
    return problem ? refusal(problem) : outputs(input);
  },
  tensors: (params) =>
    params.elementwise_affine
      ? [
          parameter(
            'weight',
            params.normalized_shape ?? [null],
            ONES,
            waiting('normalized_shape', params.normalized_shape),
          ),
        ]
      : [],
  lower(call) {
    const input = inputOf(call);
    const rank = call.params.normalized_shape?.length ?? 1;
    const axes = Array.from({ length: rank }, (_, index) => input.rank - rank + index);
    const eps = call.params.eps ?? (input.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
    const meanSquare = ops.mean(ops.square(input), axes, { keepdim: true });
    const scaled = ops.mul(input, ops.rsqrt(ops.add(meanSquare, eps)));
    const weight = maybeTensor(call, 'weight');
    return [weight ? ops.mul(scaled, weight) : scaled];
  },
  flops: (_params, [input = []]) => 4 * (product(input) ?? 0),
  examples: [
    {
      title: 'the last axis',
      params: { normalized_shape: [6] },
      inputs: [[2, 3, 6]],
      outputs: [[2, 3, 6]],
    },
    {
      title: 'two axes, no weight',
      params: { normalized_shape: [3, 5], eps: 0.1, elementwise_affine: false },
      inputs: [[4, 3, 5]],
      outputs: [[4, 3, 5]],
    },
  ],
});

/** Layer norm over groups of channels: `[N, C, *]` kept. Source: https://arxiv.org/abs/1803.08494. */
export const groupNorm = defineLayer({
  type: 'group_norm',
  torch: 'torch.nn.GroupNorm',
  category: 'normalization',
  summary: 'Normalizes groups of channels of each sample on its own.',
  keywords: ['gn', 'groupnorm', 'small batch'],
  params: {
    num_groups: integer({ help: 'Groups the channels are split into.', initial: 4 }),
    num_channels: size('Channels of the input: the size of its axis 1.'),
    eps,
    affine,
    bias: boolean({
      help: 'Learns the shift too, where it learns a scale.',
      initial: true,
      torchDefault: true,
    }),
  },
  check: ({ num_groups, num_channels }) => (num_channels === null ? [] : divided(num_channels, num_groups)),
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  inferSizes: (params, [input = null]) => found(params, { num_channels: sizeAt(input, 1) }),
  infer({ num_groups, num_channels }, [input = null]) {
    if (input === null) return outputs(null);
    if (input.length < 2) return refusal(mismatch('input', 'at least 2 dimensions', input.length));
    const got = sizeAt(input, 1);
    if (num_channels !== null && got !== null && got !== num_channels)
      return refusal(mismatch('num_channels', num_channels, got, blankHint('num_channels')));
    const problems = got === null ? [] : divided(got, num_groups);
    return problems.length > 0 ? refusal(...problems) : outputs(input);
  },
  tensors({ num_channels, affine: isAffine, bias }) {
    const waits = waiting('num_channels', num_channels);
    if (!isAffine) return [];
    return [
      parameter('weight', [num_channels], ONES, waits),
      ...(bias ? [parameter('bias', [num_channels], ZEROS, waits)] : []),
    ];
  },
  lower: (call) => [
    ops.groupNorm(inputOf(call), call.params.num_groups, {
      weight: maybeTensor(call, 'weight'),
      bias: maybeTensor(call, 'bias'),
      eps: call.params.eps,
    }),
  ],
  flops: (_params, [input = []]) => 8 * (product(input) ?? 0),
  examples: [
    {
      title: 'an image in two groups',
      params: { num_groups: 2, num_channels: 6 },
      inputs: [[2, 6, 3, 4]],
      outputs: [[2, 6, 3, 4]],
    },
    {
      title: 'rows in three groups, no weights',
      params: { num_groups: 3, num_channels: 9, affine: false, eps: 0.01 },
      inputs: [[4, 9]],
      outputs: [[4, 9]],
    },
    {
      title: 'a scale alone',
      params: { num_groups: 1, num_channels: 4, bias: false },
      inputs: [[2, 4, 3]],
      outputs: [[2, 4, 3]],
    },
  ],
});

const divided = (channels: number, groups: number): readonly LayerProblem[] =>
  channels % groups === 0
    ? []
    : [
        {
          where: 'num_groups',
          message: `num_channels (${channels}) must be divisible by num_groups (${groups})`,
          expected: `a divisor of ${channels}`,
          got: String(groups),
        },
      ];
