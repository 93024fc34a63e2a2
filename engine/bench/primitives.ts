// The workloads of single primitives: products, convolutions, elementwise ops and reductions, small ops for their
// overhead, and optimizers alone. Each is a program of that op over noise, as the peer script's calls with `out=`.
import { newTensor } from '#core/nn/index';
import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import type { DType } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import { backendFor } from '../backend';
import { bytesOf } from '../datasets/table';
import type { BenchCase, BenchRun, BenchSettings } from './case';
import { noise } from './noise';
import { programRun } from './programs';

/** Tensors of a workload and what it computes from them; what it returns is kept like a caller's output. */
type Make = (tensor: (shape: Shape) => Tensor) => () => readonly Tensor[] | void;

const floatBytes = (values: Float64Array, dtype: DType): Uint8Array =>
  bytesOf(dtype === 'float64' ? values : Float32Array.from(values));
/** The upper halves of float32 numbers. */
const bfloat16Bytes = (values: Float64Array): Uint8Array =>
  new Uint8Array(
    Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (bits) => bits >>> 16).buffer,
  );

function prepare(make: Make, { device, dtype }: BenchSettings): BenchRun {
  const backend = backendFor(device);
  const tensors: Tensor[] = [];
  const dispose = (): void => tensors.forEach(({ storage }) => storage.dispose());
  try {
    const body = make((shape) => {
      const tensor = newTensor(shape, dtype, backend.device);
      tensors.push(tensor);
      const values = noise(numel(shape), tensors.length);
      tensor.storage.write(0, dtype === 'bfloat16' ? bfloat16Bytes(values) : floatBytes(values, dtype));
      return tensor;
    });
    const compiled = compileProgram(() => ops.noGrad(body), { device: backend.device });
    try {
      const program = backend.createProgram(compiled.spec);
      return programRun({
        program,
        compiled,
        dispose() {
          program.dispose();
          compiled.dispose();
          dispose();
        },
      });
    } catch (error) {
      compiled.dispose();
      throw error;
    }
  } catch (error) {
    dispose();
    throw error;
  }
}

const FLOATS: readonly DType[] = ['float32', 'float64'];

const primitive = (
  facts: Pick<BenchCase, 'name' | 'group' | 'flops' | 'units'>,
  make: Make,
  dtypes: readonly DType[] = FLOATS,
): BenchCase => ({ ...facts, dtypes, prepare: (settings) => prepare(make, settings) });

type Sizes = readonly [m: number, n: number, k: number];

const SQUARES = [64, 128, 256, 512, 1024, 2048, 4096, 8192].map((n): Sizes => [n, n, n]);
const BATCHES = [8, 32, 64, 128, 256].map((m): Sizes => [m, 512, 784]);
const PRODUCTS: readonly Sizes[] = [
  ...SQUARES,
  ...BATCHES,
  [512, 512, 2048],
  [512, 2048, 512],
  [1024, 128, 512],
  [1024, 512, 128],
];

const product = (name: string, [m, n, k]: Sizes, isTransposed: boolean): BenchCase =>
  primitive(
    { name, group: 'product', flops: 2 * m * n * k },
    (tensor) => {
      const [a, b] = [tensor([m, k]), tensor(isTransposed ? [n, k] : [k, n])];
      const result = a.dtype === 'bfloat16' ? a.dtype : null;
      return () => ops.apply('matmul', [a, b], { transpose_a: false, transpose_b: isTransposed, result });
    },
    [...FLOATS, 'bfloat16'],
  );

const batched = (b: number, [m, n, k]: Sizes): BenchCase =>
  primitive({ name: `bmm_${b}x${m}x${n}x${k}`, group: 'product', flops: 2 * b * m * n * k }, (tensor) => {
    const [x, y] = [tensor([b, m, k]), tensor([b, k, n])];
    return () => [ops.matmul(x, y)];
  });

/** 3×3, padding 1. */
function convolutions(n: number, from: number, to: number, size: number): readonly BenchCase[] {
  const flops = 2 * n * from * to * size * size * 9;
  const geometry = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };
  const shapes = { x: [n, from, size, size], weight: [to, from, 3, 3], y: [n, to, size, size] };
  const cases: readonly (readonly [string, number, Make])[] = [
    [
      'conv_fwd',
      flops,
      (tensor) => {
        const [x, weight, bias] = [tensor(shapes.x), tensor(shapes.weight), tensor([to])];
        return () => ops.apply('convolution', [x, weight, bias], geometry);
      },
    ],
    [
      'conv_bwd_data',
      flops,
      (tensor) => {
        const [y, weight] = [tensor(shapes.y), tensor(shapes.weight)];
        return () =>
          ops.apply('convolution_input_gradient', [y, weight, null], { ...geometry, shape: shapes.x });
      },
    ],
    [
      'conv_bwd_wei',
      flops,
      (tensor) => {
        const [y, x] = [tensor(shapes.y), tensor(shapes.x)];
        return () => [
          ...ops.apply('convolution_weight_gradient', [y, x], { ...geometry, shape: shapes.weight }),
          ops.sum(y, [0, 2, 3]),
        ];
      },
    ],
    [
      'conv_bwd_all',
      2 * flops,
      (tensor) => {
        const [y, x, weight] = [tensor(shapes.y), tensor(shapes.x), tensor(shapes.weight)];
        return () => [
          ...ops.apply('convolution_input_gradient', [y, weight, null], { ...geometry, shape: shapes.x }),
          ...ops.apply('convolution_weight_gradient', [y, x], { ...geometry, shape: shapes.weight }),
          ops.sum(y, [0, 2, 3]),
        ];
      },
    ],
  ];
  // PyTorch's two layouts are one here: a program chooses its own.
  return ['', 'cl_'].flatMap((layout) =>
    cases.map(([name, cost, make]) =>
      primitive(
        { name: `${name}_${layout}${n}x${from}->${to}x${size}`, group: 'convolution', flops: cost },
        make,
      ),
    ),
  );
}

function elementwise(label: string, rows: number, columns: number): readonly BenchCase[] {
  const unary =
    (f: (x: Tensor) => Tensor): Make =>
    (tensor) => {
      const x = tensor([rows, columns]);
      return () => [f(x)];
    };
  const add: Make = (tensor) => {
    const [x, y] = [tensor([rows, columns]), tensor([rows, columns])];
    return () => [ops.add(x, y)];
  };
  const makes: Readonly<Record<string, Make>> = {
    ew_add: add,
    ew_addalloc: add,
    ew_gelu: unary((x) => ops.gelu(x)),
    ew_gelutanh: unary((x) => ops.gelu(x, 'tanh')),
    ew_exp: unary(ops.exp),
    ew_tanh: unary(ops.tanh),
    ew_sigmoid: unary(ops.sigmoid),
    ew_relu: unary(ops.relu),
    softmax: unary((x) => ops.softmax(x, 1)),
    layernorm: (tensor) => {
      const [x, weight, bias] = [tensor([rows, columns]), tensor([columns]), tensor([columns])];
      return () => [ops.layerNorm(x, [columns], { weight, bias })];
    },
    sum: unary((x) => ops.sum(x)),
    sumdim0: unary((x) => ops.sum(x, [0])),
  };
  return Object.entries(makes).map(([name, make]) =>
    primitive({ name: `${name}_${label}`, group: 'elementwise', units: rows * columns }, make),
  );
}

/** Ops in one program of the overhead workloads. */
const SMALL_OPS = 200;

/** Each on tensors of its own, so that none is shared, fused or left out. */
const small = (name: string, make: (tensor: (shape: Shape) => Tensor) => () => Tensor): BenchCase =>
  primitive({ name: `op_${name}`, group: 'overhead', units: SMALL_OPS }, (tensor) => {
    const bodies = Array.from({ length: SMALL_OPS }, () => make(tensor));
    return () => bodies.map((body) => body());
  });

const square = [4, 4];
const OVERHEAD: readonly BenchCase[] = [
  small('add', (tensor) => {
    const [a, b] = [tensor(square), tensor(square)];
    return () => ops.add(a, b);
  }),
  small('relu', (tensor) => {
    const a = tensor(square);
    return () => ops.relu(a);
  }),
  small('mm', (tensor) => {
    const [a, b] = [tensor(square), tensor(square)];
    return () => ops.matmul(a, b);
  }),
  small('linear', (tensor) => {
    const [a, b, c] = [tensor(square), tensor(square), tensor([4])];
    return () => ops.linear(a, b, c);
  }),
  small('sum', (tensor) => {
    const a = tensor(square);
    return () => ops.sum(a);
  }),
  small('softmax', (tensor) => {
    const a = tensor(square);
    return () => ops.softmax(a, 1);
  }),
];

const MLP_SHAPES: readonly Shape[] = [[512, 784], [512], [256, 512], [256], [10, 256], [10]];
const LARGE_SHAPES: readonly Shape[] = Array.from({ length: 10 }, () => [1024, 1024]);

const adam = (name: string, shapes: readonly Shape[]): BenchCase =>
  primitive(
    { name, group: 'optimizer', units: shapes.reduce((sum, shape) => sum + numel(shape), 0) },
    (tensor) => {
      const all = shapes.map((shape) => ({
        parameter: tensor(shape),
        gradient: tensor(shape),
        expAvg: tensor(shape),
        expAvgSq: tensor(shape),
      }));
      return () => {
        const rate = ops.full([], 1e-3, 'float64');
        const options = {
          beta1: 0.9,
          beta2: 0.999,
          eps: 1e-8,
          weight_decay: 0,
          decoupled: false,
          maximize: false,
        };
        for (const each of all) ops.adamStep({ ...each, step: ops.zeros([], 'float32'), lr: rate }, options);
      };
    },
  );

export const PRIMITIVE_CASES: readonly BenchCase[] = [
  ...PRODUCTS.flatMap((sizes) => [
    product(`gemm_nn_${sizes.join('x')}`, sizes, false),
    product(`gemm_nt_${sizes.join('x')}`, sizes, true),
  ]),
  product('gemm_alloc_2048', [2048, 2048, 2048], false),
  batched(64, [64, 64, 32]),
  batched(64, [64, 32, 64]),
  batched(32, [256, 256, 64]),
  ...convolutions(32, 32, 64, 28),
  ...convolutions(16, 64, 64, 56),
  ...convolutions(64, 1, 32, 28),
  ...convolutions(64, 32, 64, 14),
  ...elementwise('2M', 1024, 512),
  ...elementwise('64M', 16384, 1024),
  ...OVERHEAD,
  adam('opt_adam_mlp', MLP_SHAPES),
  adam('opt_adam_10M', LARGE_SHAPES),
];
