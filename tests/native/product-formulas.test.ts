// Products that apply a formula to their results: the bits of the product followed by the elementwise op, in both dtypes, with every
// instruction set and thread count.
import { describe, expect, it } from 'vitest';

import { FLOATS, forEachIsa, randomTensor, runOp, withThreads, type Expected, type Tensor } from './run-op';

type Formula = {
  readonly steps: readonly (readonly [string, ...number[]])[];
  readonly constants: readonly number[];
};

/** By number of operands besides the result. */
const FORMULAS: readonly Formula[] = [
  {
    steps: [
      ['sigmoid', 0],
      ['mul', 0, 1],
    ],
    constants: [],
  },
  { steps: [['add', 1, 0]], constants: [] },
  {
    // The first steps keep more than one block: le, then both branches.
    steps: [
      ['le', 1, 3],
      ['mul', 0, 2],
      ['sub', 2, 0],
      ['where', 5, 7, 6],
      ['add', 8, 4],
    ],
    constants: [0, 0.25],
  },
];

const expectSameBits = (
  [op, inputs, attributes]: readonly [string, readonly (Tensor | null)[], object],
  out: Expected,
): void => {
  FORMULAS.forEach((formula, count) => {
    const others = Array.from({ length: count }, (_, i) => randomTensor(f(out), out.shape, 90 + i));
    forEachIsa(() => {
      const [plain = null] = runOp(op, inputs, [out], attributes).outputs;
      const wanted = runOp('elementwise', [plain, ...others], [out], formula).outputs;
      const all = { ...attributes, ...formula };
      const got = withThreads(() => runOp(`${op}_elementwise`, [...inputs, ...others], [out], all).outputs);
      expect(got).toEqual(wanted);
    });
  });
};
const f = ({ dtype }: Expected): 'float32' | 'float64' => (dtype === 'float64' ? dtype : 'float32');

describe.each(FLOATS)('%s', (dtype) => {
  const plain = { transpose_a: false, transpose_b: false };
  it.each([
    [5, 300, 9], // dot products
    [70, 900, 41], // the depth is cut
    [64, 390, 150], // turned around
    [37, 20, 700], // rows longer than a block of the formula
  ])('linear %i × %i × %i', (rows, i, o) => {
    const [x, weight, bias] = [
      randomTensor(dtype, [rows, i], 1),
      randomTensor(dtype, [o, i], 2),
      randomTensor(dtype, [o], 3),
    ];
    const out = { dtype, shape: [rows, o] };
    expectSameBits(['linear', [x, weight, bias], {}], out);
    expectSameBits(['linear', [x, weight, null], {}], out);
  });
  it.each([
    [70, 41, 33],
    [150, 64, 520],
    [30, 1300, 50], // the depth is summed in two spans where a is turned
  ])('matmul %i × %i × %i, and many at once', (m, k, n) => {
    const [a, b] = [randomTensor(dtype, [m, k], 1), randomTensor(dtype, [k, n], 2)];
    expectSameBits(['matmul', [a, b], plain], { dtype, shape: [m, n] });
    const turned = { ...a, shape: [k, m] };
    expectSameBits(['matmul', [turned, b], { ...plain, transpose_a: true }], { dtype, shape: [m, n] });
    const batch = [randomTensor(dtype, [3, 20, 17], 4), randomTensor(dtype, [3, 17, 35], 5)];
    expectSameBits(['matmul', batch, plain], { dtype, shape: [3, 20, 35] });
  });
  it('no elements', () => {
    const some = (shape: number[]): Tensor => ({ dtype, shape, data: [] });
    const out = { dtype, shape: [0, 3] };
    const inputs = [some([0, 5]), randomTensor(dtype, [3, 5], 1), null, some([0, 3])];
    expect(runOp('linear_elementwise', inputs, [out], FORMULAS[1] ?? {}).outputs).toEqual([some([0, 3])]);
  });
});

it('results rounded to bfloat16 are rounded before the formula', () => {
  const [x, weight] = [randomTensor('float32', [20, 30], 1), randomTensor('float32', [40, 30], 2)];
  const attributes = { precision: 'bfloat16', rounds: 'bfloat16' };
  expectSameBits(['linear', [x, weight, null], attributes], { dtype: 'float32', shape: [20, 40] });
});

it('what does not fit is refused', () => {
  const [x, weight] = [randomTensor('float32', [2, 3], 1), randomTensor('float32', [4, 3], 2)];
  const run = (other: readonly number[], steps: readonly unknown[]) => () =>
    runOp(
      'linear_elementwise',
      [x, weight, null, randomTensor('float32', other, 3)],
      [{ dtype: 'float32', shape: [2, 4] }],
      { steps, constants: [] },
    );
  expect(run([4], [['add', 0, 1]])).toThrow(
    /linear_elementwise: shape of operand: expected \[2, 4\], got \[4\]/,
  );
  expect(run([2, 4], [['add', 0, 2]])).toThrow(/step 0, add: expected operands below 2, got 2/);
  expect(run([2, 4], new Array(17).fill(['neg', 0]))).toThrow(/steps: expected 1 to 16, got 17/);
});
