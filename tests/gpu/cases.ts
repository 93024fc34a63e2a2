// At least one call of every op that a GPU runs, small: the table's type demands a row for each, so an op without a GPU kernel fails here.
import {
  INTEGER_FUNCTIONS,
  INTEGER_KINDS,
  SCALAR_FUNCTIONS,
  type FusedOp,
  type OpAttributes,
  type OpName,
  type ScalarFunction,
} from '#core/ops/signatures';

import { given, runReference, type Given } from '../native/against-reference';

export interface OpCase<N extends OpName> {
  readonly inputs: readonly (Given | null)[];
  readonly attributes: OpAttributes[N];
}
/** An op that GPUs run: all but those that fusion for the CPU makes. */
export type GpuOp = Exclude<OpName, FusedOp>;
type Cases = { readonly [N in GpuOp]: readonly OpCase<N>[] };

const f = (shape: readonly number[], seed = 1): Given => given('float32', shape, seed);
const positive = (shape: readonly number[], seed = 1): Given => {
  const tensor = given('float32', shape, seed);
  return { ...tensor, values: tensor.values.map((value) => Math.abs(value) + 0.25) };
};
const int = (shape: readonly number[], values: readonly number[]): Given => ({
  dtype: 'int64',
  shape,
  values,
});
const scalar = (dtype: 'float32' | 'float64' | 'int64', value: number): Given => ({
  dtype,
  shape: [],
  values: [value],
});

const SCALARS = Object.entries(SCALAR_FUNCTIONS) as [ScalarFunction, number][];
const UNARY = SCALARS.flatMap(([name, operands]) => (operands === 1 ? [name] : []));
const BINARY = SCALARS.flatMap(([name, operands]) => (operands === 2 ? [name] : []));
const NEEDS_POSITIVE: ReadonlySet<string> = new Set(['log', 'log1p', 'sqrt', 'rsqrt', 'pow']);

const elementwise: Cases['elementwise'] = [
  ...UNARY.map((name) => ({
    inputs: [NEEDS_POSITIVE.has(name) ? positive([3, 37]) : f([3, 37])],
    attributes: { steps: [[name, 0]] as const, constants: [] },
  })),
  ...BINARY.map((name) => ({
    inputs: [NEEDS_POSITIVE.has(name) ? positive([2, 3, 5]) : f([2, 3, 5]), f([3, 1], 2)],
    attributes: { steps: [[name, 0, 1]] as const, constants: [] },
  })),
  {
    inputs: [f([4, 1, 6]), f([5, 1], 2), f([1], 3), f([], 4)],
    attributes: {
      steps: [
        ['mul', 0, 1],
        ['add', 5, 4],
        ['gt', 6, 2],
        ['where', 7, 6, 3],
        ['tanh', 8],
      ],
      constants: [0.5],
    },
  },
  { inputs: [f([1500])], attributes: { steps: [['mul', 0, 1]], constants: [3] } },
];

/** Whole numbers of every size up to 2^62, some negative; none 0 where they divide. */
const whole = (shape: readonly number[], seed = 1): Given =>
  given('int64', shape, (index) => {
    const size = 1 + ((index * 37 + seed * 11) % 97);
    return (
      (index % 3 === 0 ? -size : size) * 2 ** ((index * 5 + seed) % 12 === 0 ? 53 : index % 4 === 0 ? 20 : 0)
    );
  });
const INTEGERS = Object.entries(INTEGER_FUNCTIONS) as [keyof typeof INTEGER_FUNCTIONS, number][];

const pool2d = { kernel: [3, 2], stride: [2, 1], padding: [1, 1, 0, 1], dilation: [1, 1] };
const average = { ...pool2d, ceil_mode: false, count_include_pad: true, divisor_override: null };
const convolution2d = { stride: [2, 1], padding: [1, 1, 0, 2], dilation: [1, 2], groups: 1 };
const optimizer = (states: number): Given[] =>
  Array.from({ length: states }, (_, at) => positive([3, 5], 10 + at));

export const CASES: Cases = {
  strided_copy: [
    { inputs: [f([4, 5, 6])], attributes: { shape: [6, 4, 5], strides: [1, 30, 6], offset: 0 } },
    { inputs: [f([10])], attributes: { shape: [3, 4], strides: [2, 1], offset: 1 } },
    { inputs: [f([5])], attributes: { shape: [3, 5], strides: [0, 1], offset: 0 } },
    { inputs: [given('bool', [3, 5])], attributes: { shape: [5, 3], strides: [1, 5], offset: 0 } },
    { inputs: [given('int64', [3, 5])], attributes: { shape: [5, 3], strides: [1, 5], offset: 0 } },
    { inputs: [given('float16', [3, 5])], attributes: { shape: [5, 3], strides: [1, 5], offset: 0 } },
  ],
  strided_scatter: [
    { inputs: [f([4, 3])], attributes: { shape: [3, 4], strides: [1, 4], offset: 0 } },
    { inputs: [f([3, 4])], attributes: { shape: [10], strides: [2, 1], offset: 1 } },
    { inputs: [f([3, 5])], attributes: { shape: [2, 5], strides: [0, 1], offset: 5 } },
  ],
  concatenate: [
    { inputs: [f([2, 3, 4]), f([2, 1, 4], 2), f([2, 2, 4], 3)], attributes: { axis: 1 } },
    { inputs: [given('uint8', [3, 3]), given('uint8', [3, 2], 2)], attributes: { axis: 1 } },
  ],
  cast: ([
      ['float32', 'float64'], ['float64', 'float32'], ['float32', 'float16'], ['float32', 'bfloat16'],
      ['float16', 'float32'], ['bfloat16', 'float32'], ['float32', 'int64'], ['float32', 'int32'],
      ['float32', 'int8'], ['float32', 'bool'], ['int64', 'float32'], ['int64', 'float64'], ['int32', 'float32'],
      ['int16', 'int64'], ['int8', 'float32'], ['uint8', 'float32'], ['bool', 'float32'], ['int64', 'bool'],
      ['uint8', 'int16'], ['bool', 'int64'],
    ] as const) // prettier-ignore
    .map(([from, to]) => ({ inputs: [given(from, [7, 3])], attributes: { dtype: to } })),
  fill: (['float32', 'float64', 'float16', 'bfloat16', 'int64', 'uint8', 'bool'] as const).map((dtype) => ({
    inputs: [],
    attributes: { shape: [5, 3], dtype, value: 3 },
  })),
  pad: ['constant', 'reflect', 'replicate', 'circular'].map((mode) => ({
    inputs: [f([2, 4, 5])],
    attributes: { padding: [1, 2, 3, 0], mode, value: 1.5 },
  })),
  pad_gradient: ['constant', 'reflect', 'replicate', 'circular'].map((mode) => ({
    inputs: [f([2, 7, 8])],
    attributes: { padding: [1, 2, 3, 0], mode, shape: [2, 4, 5] },
  })),
  elementwise,
  reduce: [
    ...['sum', 'max', 'min'].flatMap((kind) =>
      [[0], [1], [2], [0, 2], [0, 1, 2]].map((axes) => ({
        inputs: [f([5, 34, 7])],
        attributes: { kind, axes, keepdim: false },
      })),
    ),
    { inputs: [f([40, 300])], attributes: { kind: 'sum', axes: [1], keepdim: true } },
    { inputs: [f([3000, 3])], attributes: { kind: 'sum', axes: [0], keepdim: false } },
    { inputs: [f([20000])], attributes: { kind: 'sum', axes: [0], keepdim: false } },
  ],
  argmax: [
    { inputs: [f([5, 7, 3])], attributes: { axis: 1, keepdim: false } },
    { inputs: [f([4, 300])], attributes: { axis: 1, keepdim: true } },
  ],
  scan: (['sum', 'prod'] as const).flatMap((kind) => {
    // Products of many random numbers leave what float32 holds.
    const x = (shape: readonly number[]): Given =>
      kind === 'sum' ? f(shape) : given('float32', shape, (at) => [1, -1.25, 0.8, 1][(at * 7) % 4] ?? 1);
    return [
      { inputs: [x([3, 9, 5])], attributes: { kind, axis: 1, reverse: false } },
      { inputs: [x([3, 700])], attributes: { kind, axis: 1, reverse: kind === 'sum' } },
      { inputs: [x([300, 2])], attributes: { kind, axis: 0, reverse: true } },
    ];
  }),
  argsort: [
    { inputs: [f([3, 9, 5])], attributes: { axis: 1, descending: false } },
    { inputs: [f([4, 300])], attributes: { axis: 1, descending: true } },
  ],
  integer_elementwise: INTEGERS.flatMap(([name, operands]) =>
    [
      [[4, 5], [4, 5], [5]],
      [[3, 1, 6], [2, 1], [1]],
      [[], [300], [300]],
    ].map((shapes) => ({
      inputs: shapes.slice(0, operands).map((shape, at) => whole(shape, 1 + at)),
      attributes: { function: name },
    })),
  ),
  integer_along: INTEGER_KINDS.flatMap((kind) =>
    (
      [
        [[7], 0],
        [[3, 4, 5], 1],
        [[2, 300, 40], 1],
        [[3, 700], 1],
      ] as const
    ).map(([shape, axis]) => ({ inputs: [whole(shape)], attributes: { kind, axis } })),
  ),
  matmul: [
    { inputs: [f([5, 7]), f([7, 9], 2)], attributes: { transpose_a: false, transpose_b: false } },
    {
      inputs: [f([2, 3, 7, 33]), f([2, 3, 7, 18], 2)],
      attributes: { transpose_a: true, transpose_b: false },
    },
    { inputs: [f([3, 5, 7]), f([9, 7], 2)], attributes: { transpose_a: false, transpose_b: true } },
    { inputs: [f([3, 7, 5]), f([9, 7], 2)], attributes: { transpose_a: true, transpose_b: true } },
    { inputs: [f([8, 600]), f([600, 9], 2)], attributes: { transpose_a: false, transpose_b: false } },
    { inputs: [f([130, 33]), f([33, 70], 2)], attributes: { transpose_a: false, transpose_b: false } },
  ],
  linear: [
    { inputs: [f([3, 4, 19]), f([10, 19], 2), f([10], 3)], attributes: {} },
    { inputs: [f([5, 400]), f([3, 400], 2), f([3], 3)], attributes: {} },
    { inputs: [f([65, 20]), f([40, 20], 2)], attributes: {} },
  ],
  convolution: [
    { inputs: [f([2, 3, 9, 8]), f([5, 3, 3, 2], 2), f([5], 3)], attributes: convolution2d },
    {
      inputs: [f([2, 4, 11]), f([6, 2, 3], 2)],
      attributes: { stride: [1], padding: [1, 1], dilation: [1], groups: 2 },
    },
    {
      inputs: [f([1, 2, 4, 5, 4]), f([3, 2, 2, 2, 2], 2)],
      attributes: { stride: [1, 2, 1], padding: [0, 0, 1, 0, 1, 1], dilation: [1, 1, 1], groups: 1 },
    },
  ],
  convolution_input_gradient: [
    {
      inputs: [f([2, 5, 5, 8]), f([5, 3, 3, 2], 2), null],
      attributes: { ...convolution2d, shape: [2, 3, 9, 8] },
    },
    {
      inputs: [f([2, 6, 11]), f([6, 2, 3], 2), f([4], 3)],
      attributes: { stride: [1], padding: [1, 1], dilation: [1], groups: 2, shape: [2, 4, 11] },
    },
  ],
  convolution_weight_gradient: [
    { inputs: [f([2, 5, 5, 8]), f([2, 3, 9, 8], 2)], attributes: { ...convolution2d, shape: [5, 3, 3, 2] } },
    {
      inputs: [f([2, 6, 11]), f([2, 4, 11], 2)],
      attributes: { stride: [1], padding: [1, 1], dilation: [1], groups: 2, shape: [6, 2, 3] },
    },
  ],
  max_pool: [
    { inputs: [f([2, 3, 8, 7])], attributes: { ...pool2d, ceil_mode: false } },
    {
      inputs: [f([2, 3, 9])],
      attributes: { kernel: [3], stride: [2], padding: [0, 0], dilation: [2], ceil_mode: true },
    },
  ],
  max_pool_gradient: [
    {
      inputs: [f([2, 1, 7]), int([2, 1, 7], [0, 2, 2, 4, 4, 4, 8, 1, 1, 3, 5, 5, 7, 8])],
      attributes: { shape: [2, 1, 9] },
    },
    {
      inputs: [
        f([1, 1, 300]),
        int(
          [1, 1, 300],
          Array.from({ length: 300 }, (_, at) => Math.floor(at / 3)),
        ),
      ],
      attributes: { shape: [1, 1, 100] },
    },
  ],
  avg_pool: [
    { inputs: [f([2, 3, 8, 7])], attributes: average },
    { inputs: [f([2, 3, 8, 7])], attributes: { ...average, count_include_pad: false } },
    { inputs: [f([2, 3, 8, 7])], attributes: { ...average, divisor_override: 5, ceil_mode: true } },
  ],
  avg_pool_gradient: [
    { inputs: [f([2, 3, 4, 7])], attributes: { ...average, shape: [2, 3, 8, 7] } },
    { inputs: [f([2, 3, 4, 7])], attributes: { ...average, count_include_pad: false, shape: [2, 3, 8, 7] } },
  ],
  adaptive_avg_pool: [{ inputs: [f([2, 3, 7, 5])], attributes: { output_size: [3, 2] } }],
  adaptive_avg_pool_gradient: [
    { inputs: [f([2, 3, 3, 2])], attributes: { shape: [2, 3, 7, 5] } },
    { inputs: [f([2, 3, 7])], attributes: { shape: [2, 3, 5] } },
  ],
  batch_norm: [
    {
      inputs: [f([4, 3, 5, 5]), f([3], 2), f([3], 3), f([3], 4), positive([3], 5), scalar('int64', 2)],
      attributes: { eps: 1e-5, momentum: 0.1 },
    },
    {
      inputs: [f([40, 3]), null, null, f([3], 4), positive([3], 5), scalar('int64', 2)],
      attributes: { eps: 1e-5, momentum: null },
    },
    { inputs: [f([4, 2, 900]), f([2], 2), f([2], 3)], attributes: { eps: 1e-5, momentum: 0.1 } },
  ],
  batch_norm_gradient: [
    { inputs: [f([4, 3, 5, 5]), f([4, 3, 5, 5], 2), f([3], 3), f([3], 4), positive([3], 5)], attributes: {} },
    { inputs: [f([40, 3]), f([40, 3], 2), null, f([3], 4), positive([3], 5)], attributes: {} },
  ],
  layer_norm: [
    { inputs: [f([3, 4, 10]), f([10], 2), f([10], 3)], attributes: { size: 10, eps: 1e-5 } },
    { inputs: [f([3, 400]), null, null], attributes: { size: 400, eps: 1e-5 } },
  ],
  layer_norm_gradient: [
    {
      inputs: [f([3, 4, 10]), f([3, 4, 10], 2), f([10], 3), f([12], 4), positive([12], 5)],
      attributes: { size: 10 },
    },
    {
      inputs: [f([150, 40]), f([150, 40], 2), null, f([150], 4), positive([150], 5)],
      attributes: { size: 40 },
    },
  ],
  group_norm: [{ inputs: [f([2, 6, 5]), f([6], 2), f([6], 3)], attributes: { groups: 3, eps: 1e-5 } }],
  group_norm_gradient: [
    {
      inputs: [f([2, 6, 5]), f([2, 6, 5], 2), f([6], 3), f([6], 4), positive([6], 5)],
      attributes: { groups: 3 },
    },
    { inputs: [f([2, 6, 5]), f([2, 6, 5], 2), null, f([6], 4), positive([6], 5)], attributes: { groups: 3 } },
  ],
  self_attention: [
    { inputs: [f([2, 5, 18])], attributes: { heads: 2, scale: 0.5, is_causal: false } },
    { inputs: [f([1, 150, 12])], attributes: { heads: 1, scale: 0.5, is_causal: true } },
    // By blocks in vectors, with more than one head and a size of a head that fills no run of eight vectors.
    { inputs: [f([2, 70, 120])], attributes: { heads: 2, scale: 0.3, is_causal: true } },
    { inputs: [f([1, 33, 3 * 64])], attributes: { heads: 1, scale: 0.125, is_causal: false } },
    // Too long for a workgroup's memory: step by step.
    { inputs: [f([1, 9, 3 * 1040])], attributes: { heads: 1, scale: 0.03, is_causal: true } },
  ],
  self_attention_gradient: (
    [
      [5, 3, 2, false],
      [150, 3, 2, true],
      [150, 3, 2, false],
      [70, 20, 2, true],
      [9, 1040, 1, false],
    ] as const
  ).map(([t, size, heads, is_causal]) => {
    const attributes = { heads, scale: 0.5 / Math.sqrt(size), is_causal };
    const width = size * heads;
    const qkv = f([2, t, 3 * width]);
    // Unrounded, so that the float64 call gets what belongs together.
    const exact = { ...qkv, dtype: 'float64' } as const;
    const [y = [], lse = []] = runReference('self_attention', [exact], attributes).outputs;
    const saved = [
      { dtype: 'float32', shape: [2, t, width], values: y },
      { dtype: 'float32', shape: [2, heads, t], values: lse },
    ] as const;
    return { inputs: [f([2, t, width], 2), qkv, ...saved], attributes };
  }),
  softmax: [
    { inputs: [f([3, 10])], attributes: { axis: 1 } },
    { inputs: [f([3, 300])], attributes: { axis: 1 } },
    { inputs: [f([2, 5, 40])], attributes: { axis: 1 } },
    { inputs: [f([50, 60])], attributes: { axis: 1 } },
  ],
  softmax_gradient: [
    { inputs: [f([3, 10]), positive([3, 10], 2)], attributes: { axis: 1 } },
    { inputs: [f([2, 5, 40]), positive([2, 5, 40], 2)], attributes: { axis: 1 } },
  ],
  log_softmax: [{ inputs: [f([3, 10])], attributes: { axis: 1 } }],
  log_softmax_gradient: [{ inputs: [f([3, 10]), f([3, 10], 2)], attributes: { axis: 1 } }],
  nll: (['mean', 'sum', 'none'] as const).map((reduction) => ({
    inputs: [f([3, 4, 2]), int([3, 2], [0, 3, -100, 1, 2, 2]), positive([4], 3)],
    attributes: { ignore_index: -100, reduction },
  })),
  nll_gradient: [
    {
      inputs: [f([]), int([3, 2], [0, 3, -100, 1, 2, 2]), positive([4], 3), scalar('float32', 5)],
      attributes: { ignore_index: -100, reduction: 'mean', shape: [3, 4, 2] },
    },
    {
      inputs: [f([3]), int([3], [0, 3, 1]), null, scalar('float32', 5)],
      attributes: { ignore_index: -100, reduction: 'none', shape: [3, 4] },
    },
  ],
  gather: [
    { inputs: [f([5, 3]), int([2, 4], [0, 4, 1, 1, 3, 2, 0, 4])], attributes: {} },
    { inputs: [given('uint8', [5, 3]), int([2], [4, 1])], attributes: {} },
  ],
  gather_gradient: [
    {
      inputs: [f([2, 4, 3]), int([2, 4], [0, 4, 1, 1, 3, 2, 0, 4])],
      attributes: { shape: [5, 3], padding_idx: null },
    },
    {
      inputs: [
        f([600, 2]),
        int(
          [600],
          Array.from({ length: 600 }, (_, at) => (at * 7) % 11),
        ),
      ],
      attributes: { shape: [11, 2], padding_idx: 3 },
    },
  ],
  dropout_mask: [
    {
      inputs: [int([2], [7, 3])],
      attributes: { shape: [33, 5], dtype: 'float32', probability: 0.3, stream: 2 },
    },
    { inputs: [int([2], [-1, 9])], attributes: { shape: [10], dtype: 'float32', probability: 1, stream: 0 } },
  ],
  advance: [{ inputs: [int([3], [1, -1, 4294967295])], attributes: { amounts: [5, -7, 1] } }],
  take_rows: [
    {
      inputs: [given('uint8', [6, 2, 3]), int([5], [5, 0, 2, 2, 4]), scalar('int64', 1)],
      attributes: { batch: 3, dtype: 'float32' },
    },
    {
      inputs: [given('float64', [6, 2]), int([5], [5, 0, 2, 2, 4]), scalar('int64', 2)],
      attributes: { batch: 2, dtype: 'float32' },
    },
    {
      inputs: [given('int64', [6]), int([5], [5, 0, 2, 2, 4]), scalar('int64', 0)],
      attributes: { batch: 5, dtype: 'int64' },
    },
  ],
  record: [
    { inputs: [scalar('float32', 2.5), given('float64', [4], 3), scalar('int64', 2)], attributes: {} },
    { inputs: [scalar('int64', 7), given('float64', [4], 3), scalar('int64', 0)], attributes: {} },
    { inputs: [f([5]), given('float64', [4, 7], 3), scalar('int64', 2)], attributes: {} },
    { inputs: [f([300]), given('float64', [2, 300], 3), scalar('int64', 1)], attributes: {} },
  ],
  sgd_step: [
    {
      inputs: [f([3, 5]), f([3, 5], 2), null, scalar('float32', 0), scalar('float64', 0.1)],
      attributes: { momentum: 0, dampening: 0, weight_decay: 0.1, nesterov: false, maximize: true },
    },
    ...[0, 3].map((step) => ({
      inputs: [f([3, 5]), f([3, 5], 2), f([3, 5], 3), scalar('float32', step), scalar('float64', 0.1)],
      attributes: { momentum: 0.9, dampening: 0, weight_decay: 0, nesterov: true, maximize: false },
    })),
  ],
  adam_step: [false, true].map((decoupled) => ({
    inputs: [
      f([3, 5]),
      f([3, 5], 2),
      ...optimizer(2),
      decoupled ? positive([3, 5], 20) : null,
      scalar('float32', 4),
      scalar('float64', 0.01),
    ],
    attributes: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.1, decoupled, maximize: false },
  })),
  rmsprop_step: [
    {
      inputs: [
        f([3, 5]),
        f([3, 5], 2),
        positive([3, 5], 3),
        null,
        null,
        scalar('float32', 1),
        scalar('float64', 0.01),
      ],
      attributes: { alpha: 0.99, eps: 1e-8, weight_decay: 0, momentum: 0, maximize: false },
    },
    {
      inputs: [
        f([3, 5]),
        f([3, 5], 2),
        positive([3, 5], 3).values.length > 0
          ? { ...positive([3, 5], 3), values: Array.from({ length: 15 }, (_, at) => 20 + at) }
          : null,
        f([3, 5], 4),
        f([3, 5], 5),
        scalar('float32', 1),
        scalar('float64', 0.01),
      ],
      attributes: { alpha: 0.9, eps: 1e-6, weight_decay: 0.1, momentum: 0.5, maximize: false },
    },
  ],
};
