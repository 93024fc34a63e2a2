// matmul and linear against plain loops over odd sizes, in both dtypes, with every instruction set and thread count.
import { describe, expect, it } from 'vitest';

import { fromBFloat16Bits, toBFloat16Bits } from '#core/tensor/half-precision';

import {
  expectClose,
  FLOATS,
  forEachIsa,
  randomTensor,
  runOp,
  sizeOf,
  withThreads,
  type Tensor,
} from './run-op';

/** C[i, j] = Σ_k A·B with the operands' strides; `start` are the first elements of a batch item. */
function product(
  a: Tensor,
  b: Tensor,
  [m, k, n]: readonly [number, number, number],
  [transposeA, transposeB]: readonly [boolean, boolean],
  [startA, startB]: readonly [number, number] = [0, 0],
): number[] {
  const c: number[] = [];
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let d = 0; d < k; d++)
        sum +=
          (a.data[startA + (transposeA ? d * m + i : i * k + d)] ?? NaN) *
          (b.data[startB + (transposeB ? j * k + d : d * n + j)] ?? NaN);
      c.push(sum);
    }
  return c;
}

const SIZES = [
  [1, 1, 1],
  [3, 0, 2],
  [1, 17, 1],
  [2, 33, 65],
  [7, 5, 3],
  [13, 100, 31],
  [15, 16, 33],
  [29, 500, 47],
  [101, 37, 130],
  [100, 3, 9],
] as const;
const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

describe.each(FLOATS)('%s', (dtype) => {
  const tolerance = dtype === 'float64' ? 1e-13 : 3e-6;

  it.each(SIZES)('matmul of %i × %i × %i in all four orders', (m, k, n) => {
    for (const transposes of TRANSPOSES) {
      const a = randomTensor(dtype, transposes[0] ? [k, m] : [m, k], 1);
      const b = randomTensor(dtype, transposes[1] ? [n, k] : [k, n], 2);
      const expected = product(a, b, [m, k, n], transposes);
      const attributes = { transpose_a: transposes[0], transpose_b: transposes[1] };
      forEachIsa((isa) => {
        const [c] = withThreads(
          () => runOp('matmul', [a, b], [{ dtype, shape: [m, n] }], attributes).outputs,
        );
        expectClose(`${isa} ${transposes.join()}`, c?.data ?? [], expected, tolerance * Math.sqrt(k + 1));
      });
    }
  });

  it.each([
    { leading: [2, 3], m: 5, k: 7, n: 6, isShared: false },
    { leading: [19], m: 17, k: 18, n: 35, isShared: false },
    { leading: [2], m: 3, k: 4, n: 5, isShared: true },
    { leading: [0], m: 3, k: 4, n: 5, isShared: false },
    { leading: [2], m: 0, k: 4, n: 5, isShared: false },
  ])('batched matmul $leading × $m × $k × $n, shared b $isShared', ({ leading, m, k, n, isShared }) => {
    for (const transposes of TRANSPOSES) {
      const a = randomTensor(dtype, [...leading, ...(transposes[0] ? [k, m] : [m, k])], 1);
      const b = randomTensor(dtype, [...(isShared ? [] : leading), ...(transposes[1] ? [n, k] : [k, n])], 2);
      const expected = Array.from({ length: sizeOf(leading) }, (_, i) =>
        product(a, b, [m, k, n], transposes, [i * m * k, isShared ? 0 : i * k * n]),
      ).flat();
      const attributes = { transpose_a: transposes[0], transpose_b: transposes[1] };
      forEachIsa((isa) => {
        const out = { dtype, shape: [...leading, m, n] };
        const [c] = withThreads(() => runOp('matmul', [a, b], [out], attributes).outputs);
        expectClose(`${isa} ${transposes.join()}`, c?.data ?? [], expected, tolerance * Math.sqrt(k));
      });
    }
  });

  it.each([
    { leading: [8], i: 784, o: 51, hasBias: true },
    { leading: [2, 3], i: 5, o: 4, hasBias: true },
    { leading: [130], i: 20, o: 100, hasBias: false },
    { leading: [], i: 9, o: 2, hasBias: true },
    { leading: [3], i: 0, o: 2, hasBias: true },
    { leading: [0], i: 3, o: 2, hasBias: true },
  ])('linear $leading × $i → $o, bias $hasBias', ({ leading, i, o, hasBias }) => {
    const rows = sizeOf(leading);
    const x = randomTensor(dtype, [...leading, i], 3);
    const weight = randomTensor(dtype, [o, i], 4);
    const bias = hasBias ? randomTensor(dtype, [o], 5) : null;
    const expected = product(x, weight, [rows, i, o], [false, true]).map(
      (value, index) => value + (bias?.data[index % o] ?? 0),
    );
    forEachIsa((isa) => {
      const out = { dtype, shape: [...leading, o] };
      const [y] = withThreads(() => runOp('linear', [x, weight, bias], [out], {}).outputs);
      expectClose(isa, y?.data ?? [], expected, tolerance * Math.sqrt(i + 1));
    });
  });
});

describe.each(FLOATS)('%s, products larger than one block', (dtype) => {
  // More rows, columns and depth than any instruction set takes at once; a sample of the results is checked.
  it.each([
    [150, 900, 70],
    [400, 20, 40],
    [20, 900, 150],
    [33, 1300, 70], // spans of two blocks and of one, where both operands lie in lines
    [560, 140, 150], // each thread packs B for itself
  ])('%i × %i × %i in all four orders', (m, k, n) => {
    const places = Array.from({ length: 300 }, (_, i) => (i * 7919 + (i === 0 ? m * n - 1 : 0)) % (m * n));
    for (const transposes of TRANSPOSES) {
      const a = randomTensor(dtype, transposes[0] ? [k, m] : [m, k], 1);
      const b = randomTensor(dtype, transposes[1] ? [n, k] : [k, n], 2);
      const expected = places.map((place) => {
        const [i, j] = [Math.floor(place / n), place % n];
        let sum = 0;
        for (let d = 0; d < k; d++)
          sum +=
            (a.data[transposes[0] ? d * m + i : i * k + d] ?? NaN) *
            (b.data[transposes[1] ? j * k + d : d * n + j] ?? NaN);
        return sum;
      });
      const attributes = { transpose_a: transposes[0], transpose_b: transposes[1] };
      forEachIsa((isa) => {
        const [c] = withThreads(
          () => runOp('matmul', [a, b], [{ dtype, shape: [m, n] }], attributes).outputs,
        );
        const got = places.map((place) => c?.data[place] ?? NaN);
        expectClose(`${isa} ${transposes.join()}`, got, expected, dtype === 'float64' ? 1e-12 : 1e-4);
      });
    }
  });

  it('columns are the same bits in products of all and of some of them', () => {
    const [m, k, n, some] = [150, 180, 6000, 40];
    const a = randomTensor(dtype, [m, k], 1);
    const b = randomTensor(dtype, [n, k], 2);
    const attributes = { transpose_a: false, transpose_b: true };
    const columnsOf = (first: number, count: number): readonly number[] => {
      const part = { ...b, shape: [count, k], data: b.data.slice(first * k, (first + count) * k) };
      return runOp('matmul', [a, part], [{ dtype, shape: [m, count] }], attributes).outputs[0]?.data ?? [];
    };
    forEachIsa((isa) => {
      const all = columnsOf(0, n);
      for (const first of [0, 2987, n - some]) {
        const wanted = Array.from({ length: m }, (_, i) => all.slice(i * n + first, i * n + first + some));
        expectClose(`${isa} from column ${first}`, columnsOf(first, some), wanted.flat(), 0);
      }
    });
  });
});

describe.each(FLOATS)('%s, few rows on a weight with many', (dtype) => {
  // The weight is read in place then, and the result written turned around.
  it.each(['relu', 'tanh', null])(
    'the bits of the product with the weight transposed; activation %s',
    (activation) => {
      const [rows, depth, columns] = [64, 390, 150];
      const x = randomTensor(dtype, [rows, depth], 1);
      const weight = randomTensor(dtype, [columns, depth], 2);
      const transposed: Tensor = {
        dtype,
        shape: [depth, columns],
        data: Array.from({ length: depth * columns }, (_, at) => {
          const [k, j] = [Math.floor(at / columns), at % columns];
          return weight.data[j * depth + k] ?? NaN;
        }),
      };
      const out = { dtype, shape: [rows, columns] };
      forEachIsa((isa) => {
        const attributes = { transpose_a: false, transpose_b: false, activation };
        const [wanted] = runOp('matmul', [x, transposed], [out], attributes).outputs;
        const [y] = withThreads(() => runOp('linear', [x, weight, null], [out], { activation }).outputs);
        expectClose(isa, y?.data ?? [], wanted?.data ?? [], 0);
      });
    },
  );

  it('linear and linear_gelu with a bias', () => {
    const inputs = [[64, 390], [150, 390], [150]].map((shape, i) => randomTensor(dtype, shape, i + 1));
    const out = { dtype, shape: [64, 150] };
    forEachIsa((isa) => {
      const run = (rows: number): Tensor[] => {
        const [x, ...others] = inputs as [Tensor, Tensor, Tensor];
        const part = { ...x, shape: [rows, 390], data: x.data.slice(0, rows * 390) };
        const some = { ...out, shape: [rows, 150] };
        const [z] = runOp('linear', [part, ...others], [some], {}).outputs;
        return [z ?? part, ...runOp('linear_gelu', [part, ...others], [some, some], {}).outputs];
      };
      // 61 rows aren't whole panels of any instruction set: the weight is packed.
      const wanted = run(61);
      withThreads(() => run(64)).forEach((tensor, i) => {
        expectClose(isa, tensor.data.slice(0, 61 * 150), wanted[i]?.data ?? [], 0);
      });
    });
  });
});

describe.each(FLOATS)('%s, activations applied to the results', (dtype) => {
  const activated = (name: string, y: Tensor | undefined, shape: readonly number[]): readonly number[] =>
    runOp('elementwise', [y ?? null], [{ dtype, shape }], { steps: [[name, 0]], constants: [] }).outputs[0]
      ?.data ?? [];
  it.each(['relu', 'tanh', 'sigmoid'])('%s', (activation) => {
    for (const [rows, i, o] of [
      [5, 300, 9],
      [70, 900, 41],
    ] as const) {
      const inputs = [
        randomTensor(dtype, [rows, i], 1),
        randomTensor(dtype, [o, i], 2),
        randomTensor(dtype, [o], 3),
      ];
      const out = { dtype, shape: [rows, o] };
      forEachIsa(() => {
        const [plain] = runOp('linear', inputs, [out], {}).outputs;
        const [y] = withThreads(() => runOp('linear', inputs, [out], { activation }).outputs);
        expect(y?.data).toEqual(activated(activation, plain, out.shape));
      });
    }
    const [a, b] = [randomTensor(dtype, [3, 20, 17], 4), randomTensor(dtype, [3, 17, 35], 5)];
    const out = { dtype, shape: [3, 20, 35] };
    const attributes = { transpose_a: false, transpose_b: false };
    const [plain] = runOp('matmul', [a, b], [out], attributes).outputs;
    const [y] = runOp('matmul', [a, b], [out], { ...attributes, activation }).outputs;
    expect(y?.data).toEqual(activated(activation, plain, out.shape));
  });
});

describe.each(FLOATS)('%s, linear_gelu', (dtype) => {
  it.each([
    [5, 300, 9],
    [70, 37, 41],
  ])('%i × %i × %i: the bits of gelu and gelu_slope of linear', (rows, i, o) => {
    const inputs = [
      randomTensor(dtype, [rows, i], 1),
      randomTensor(dtype, [o, i], 2),
      randomTensor(dtype, [o], 3),
    ];
    const out = { dtype, shape: [rows, o] };
    const elementwise = (name: string, z: Tensor | undefined): Tensor | undefined =>
      runOp('elementwise', [z ?? null], [out], { steps: [[name, 0]], constants: [] }).outputs[0];
    forEachIsa(() => {
      const [z] = runOp('linear', inputs, [out], {}).outputs;
      const got = withThreads(() => runOp('linear_gelu', inputs, [out, out], {}).outputs);
      expect(got).toEqual([elementwise('gelu', z), elementwise('gelu_slope', z)]);
    });
  });
});

describe('operands rounded to bfloat16', () => {
  /** Values with more digits than bfloat16 has. */
  const uneven = (shape: readonly number[], seed: number): Tensor => {
    const { data } = randomTensor('float32', shape, seed);
    return { dtype: 'float32', shape, data: data.map((value, i) => Math.fround(value + Math.sin(i) / 64)) };
  };
  const rounded = (tensor: Tensor): Tensor => {
    const shape = tensor.shape;
    return {
      dtype: 'float32',
      shape,
      data: tensor.data.map((value) => fromBFloat16Bits(toBFloat16Bits(value))),
    };
  };
  it.each([
    [5, 3, 7],
    [40, 333, 51],
    [150, 1700, 40],
  ])('%i × %i × %i in all four orders', (m, k, n) => {
    for (const transposes of TRANSPOSES) {
      const a = uneven(transposes[0] ? [k, m] : [m, k], 1);
      const b = uneven(transposes[1] ? [n, k] : [k, n], 2);
      const attributes = { transpose_a: transposes[0], transpose_b: transposes[1] };
      const out = { dtype: 'float32', shape: [m, n] } as const;
      const [exact] = runOp('matmul', [rounded(a), rounded(b)], [out], attributes).outputs;
      forEachIsa((isa) => {
        const [c] = withThreads(
          () => runOp('matmul', [a, b], [out], { ...attributes, precision: 'bfloat16' }).outputs,
        );
        expectClose(`${isa} ${transposes.join()}`, c?.data ?? [], exact?.data ?? [], 2e-6 * Math.sqrt(k + 1));
      });
    }
  });
  it('linear, with the bias and the result in float32', () => {
    const [x, weight, bias] = [uneven([9, 40], 1), uneven([11, 40], 2), uneven([11], 3)];
    const out = { dtype: 'float32', shape: [9, 11] } as const;
    const [exact] = runOp('linear', [rounded(x), rounded(weight), bias], [out], {}).outputs;
    forEachIsa((isa) => {
      const [y] = runOp('linear', [x, weight, bias], [out], { precision: 'bfloat16' }).outputs;
      expectClose(isa, y?.data ?? [], exact?.data ?? [], 1e-5);
    });
  });
  it('results rounded before the activation', () => {
    const [x, weight] = [uneven([9, 40], 1), uneven([11, 40], 2)];
    const out = { dtype: 'float32', shape: [9, 11] } as const;
    forEachIsa(() => {
      const attributes = { precision: 'bfloat16' };
      const [exact] = runOp('linear', [x, weight], [out], attributes).outputs;
      const [y] = runOp('linear', [x, weight], [out], {
        ...attributes,
        rounds: 'bfloat16',
        activation: 'square',
      }).outputs;
      expect(y?.data).toEqual(exact && rounded(exact).data.map((value) => Math.fround(value * value)));
    });
  });
  it('NaN and infinity stay what they are', () => {
    const a: Tensor = { dtype: 'float32', shape: [3, 1], data: [NaN, Infinity, 3.4e38] };
    const b: Tensor = { dtype: 'float32', shape: [1, 1], data: [1] };
    forEachIsa(() => {
      const attributes = { transpose_a: false, transpose_b: false, precision: 'bfloat16' };
      const [c] = runOp('matmul', [a, b], [{ dtype: 'float32', shape: [3, 1] }], attributes).outputs;
      expect(c?.data).toEqual([NaN, Infinity, Infinity]);
    });
  });
});

describe('refusals name the op, what was expected and what came', () => {
  const tensor = (shape: readonly number[], dtype: 'float32' | 'float64' = 'float32') =>
    randomTensor(dtype, shape, 1);
  const plain = { transpose_a: false, transpose_b: false };
  it.each([
    [
      'inner sizes',
      [tensor([2, 3]), tensor([4, 5])],
      [2, 5],
      /matmul: shape of b: expected \[3, 5\], got \[4, 5\]/,
    ],
    ['ranks', [tensor([3]), tensor([3, 5])], [5], /matmul: rank of a: expected 2 to 64, got \[3\]/],
    [
      'dtypes',
      [tensor([2, 3]), tensor([3, 5], 'float64')],
      [2, 5],
      /matmul: dtype of b: expected float32, got float64/,
    ],
    [
      'leading axes',
      [tensor([2, 2, 3]), tensor([3, 3, 5])],
      [2, 2, 5],
      /matmul: shape of b: expected \[2, 3, 5\]/,
    ],
    [
      'output',
      [tensor([2, 3]), tensor([3, 5])],
      [2, 4],
      /matmul: shape of output: expected \[2, 5\], got \[2, 4\]/,
    ],
  ] as const)('%s', (_, inputs, shape, message) => {
    expect(() => runOp('matmul', inputs, [{ dtype: 'float32', shape }], plain)).toThrow(message);
  });
  it('a precision for float64, and one that is not there', () => {
    const inputs = [tensor([2, 3], 'float64'), tensor([3, 5], 'float64')];
    const run = (dtype: 'float32' | 'float64', precision: string) =>
      runOp(
        'matmul',
        dtype === 'float64' ? inputs : [tensor([2, 3]), tensor([3, 5])],
        [{ dtype, shape: [2, 5] }],
        { ...plain, precision },
      );
    expect(() => run('float64', 'bfloat16')).toThrow(
      'matmul: dtype where precision is bfloat16: expected float32, got float64',
    );
    expect(() => run('float32', 'float8')).toThrow(
      "matmul: precision: expected bfloat16 or null, got 'float8'",
    );
  });
  it.each(['add', 'softmax'])('%s, which is no function of one argument', (activation) => {
    const out = { dtype: 'float32', shape: [2, 5] } as const;
    expect(() => runOp('matmul', [tensor([2, 3]), tensor([3, 5])], [out], { ...plain, activation })).toThrow(
      `matmul: activation: expected a scalar function of one argument, got '${activation}'`,
    );
  });
  it('a bias of the wrong size', () => {
    const inputs = [tensor([2, 3]), tensor([4, 3]), tensor([3])];
    expect(() => runOp('linear', inputs, [{ dtype: 'float32', shape: [2, 4] }], {})).toThrow(
      /linear: shape of bias: expected \[4\], got \[3\]/,
    );
  });
});
