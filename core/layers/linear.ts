// Layers that are a product of their inputs and a weight: linear and bilinear.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { boolean, integer, size } from './params';
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

const out_features = integer({ help: 'Size of the last output axis.', initial: 64 });
const bias = boolean({
  help: 'Adds a learnable number to each output.',
  initial: true,
  torchDefault: true,
});

/** y = x Wᵀ + b over the last axis: `[*, in_features]` → `[*, out_features]`. */
export const linear = defineLayer({
  type: 'linear',
  torch: 'torch.nn.Linear',
  torchLazy: 'torch.nn.LazyLinear',
  category: 'linear',
  summary: 'Multiplies the last axis by a weight matrix and adds a bias.',
  keywords: ['dense', 'fully connected', 'fc', 'affine'],
  params: { in_features: size('Size of the last input axis.'), out_features, bias },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  inferSizes: (params, [input = null]) => found(params, { in_features: sizeAt(input, -1) }),
  infer(params, [input = null]) {
    if (input === null) return outputs(null);
    if (input.length === 0) return refusal(mismatch('input', 'at least 1 dimension', 'a scalar'));
    const got = sizeAt(input, -1);
    if (params.in_features !== null && got !== null && got !== params.in_features)
      return refusal(mismatch('in_features', params.in_features, got, blankHint('in_features')));
    return outputs([...input.slice(0, -1), params.out_features]);
  },
  tensors(params) {
    const waits = waiting('in_features', params.in_features);
    return [
      parameter('weight', [params.out_features, params.in_features], WEIGHT_INITIALIZER, waits),
      ...(params.bias ? [parameter('bias', [params.out_features], BIAS_INITIALIZER, waits)] : []),
    ];
  },
  lower: (call) => [ops.linear(inputOf(call), tensorOf(call, 'weight'), maybeTensor(call, 'bias'))],
  flops: (_params, [input = []], [output = []]) => 2 * (product(output) ?? 0) * (input.at(-1) ?? 0),
  examples: [
    {
      title: 'rows',
      params: { in_features: 5, out_features: 3 },
      inputs: [[4, 5]],
      outputs: [[4, 3]],
    },
    {
      title: 'a sequence, no bias',
      params: { in_features: 3, out_features: 7, bias: false },
      inputs: [[2, 5, 3]],
      outputs: [[2, 5, 7]],
    },
    {
      title: 'one row without a batch',
      params: { in_features: 6, out_features: 2 },
      inputs: [[6]],
      outputs: [[2]],
    },
    {
      title: 'an empty batch',
      params: { in_features: 6, out_features: 2 },
      inputs: [[0, 6]],
      outputs: [[0, 2]],
    },
  ],
});

/** y_o = x₁ᵀ W_o x₂ + b_o: `[*, in1_features]`, `[*, in2_features]` → `[*, out_features]`. */
export const bilinear = defineLayer({
  type: 'bilinear',
  torch: 'torch.nn.Bilinear',
  category: 'linear',
  summary: 'Combines two inputs through a learned product of each pair of their features.',
  keywords: ['pair', 'interaction'],
  params: {
    in1_features: size('Size of the last axis of the first input.'),
    in2_features: size('Size of the last axis of the second input.'),
    out_features,
    bias,
  },
  inputs: [{ name: 'input1' }, { name: 'input2' }],
  outputs: [{ name: 'output' }],
  inferSizes: (params, [first = null, second = null]) =>
    found(params, { in1_features: sizeAt(first, -1), in2_features: sizeAt(second, -1) }),
  infer(params, [first = null, second = null]) {
    for (const [param, port, shape] of [
      ['in1_features', 'input1', first],
      ['in2_features', 'input2', second],
    ] as const) {
      if (shape?.length === 0) return refusal(mismatch(port, 'at least 1 dimension', 'a scalar'));
      const [expected, got] = [params[param], sizeAt(shape, -1)];
      if (expected !== null && got !== null && expected !== got)
        return refusal(mismatch(param, expected, got, blankHint(param)));
    }
    const known = first ?? second;
    if (known === null) return outputs(null);
    const leading = known.slice(0, -1).map((size, axis) => size ?? second?.[axis] ?? null);
    const other = second?.slice(0, -1) ?? leading;
    if (
      other.length !== leading.length ||
      other.some((size, axis) => size !== null && size !== leading[axis])
    )
      return refusal(mismatch('input2', `leading sizes ${leading.join('×')}`, other.join('×') || 'none'));
    return outputs([...leading, params.out_features]);
  },
  tensors(params) {
    const { in1_features, in2_features } = params;
    const waits = waiting('in1_features', in1_features) ?? waiting('in2_features', in2_features);
    const initializer = { kind: 'uniform_axis', axis: 1, of: 'weight' } as const;
    return [
      parameter('weight', [params.out_features, in1_features, in2_features], initializer, waits),
      ...(params.bias ? [parameter('bias', [params.out_features], initializer, waits)] : []),
    ];
  },
  lower(call) {
    const [first, second] = [inputOf(call, 0), inputOf(call, 1)];
    const weight = tensorOf(call, 'weight');
    const [out = 0, in1 = 0, in2 = 0] = weight.shape;
    const leading = first.shape.slice(0, -1);
    const rows = product(leading) ?? 0;
    // Weight as [in1, out·in2]: one product with the first input leaves [rows, out, in2] for the second.
    const flat = ops.reshape(ops.permute(weight, [1, 0, 2]), [in1, out * in2]);
    const half = ops.reshape(ops.matmul(ops.reshape(first, [rows, in1]), flat), [rows, out, in2]);
    const whole = ops.matmul(half, ops.reshape(second, [rows, in2, 1]));
    const output = ops.reshape(whole, [...leading, out]);
    const bias = maybeTensor(call, 'bias');
    return [bias ? ops.add(output, bias) : output];
  },
  flops: (_params, [first = [], second = []], [output = []]) =>
    2 * (product(output) ?? 0) * ((first.at(-1) ?? 0) + 1) * (second.at(-1) ?? 0),
  examples: [
    {
      title: 'pairs of rows',
      params: { in1_features: 3, in2_features: 5, out_features: 4 },
      inputs: [
        [6, 3],
        [6, 5],
      ],
      outputs: [[6, 4]],
    },
    {
      title: 'two leading axes, no bias',
      params: { in1_features: 2, in2_features: 3, out_features: 5, bias: false },
      inputs: [
        [2, 3, 2],
        [2, 3, 3],
      ],
      outputs: [[2, 3, 5]],
    },
  ],
});
