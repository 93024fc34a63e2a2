// Layers that add a product to their input: addmm and its relatives for vectors and batches.
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type LayerDeclaration, type LayerProblem } from './declaration';
import { number } from './params';
import { inputOf } from './pieces';
import { broadcastEdges, mismatch, outputs, product, refusal, type Size } from './shapes';

/** What a sum of products differs in; axes are named by letters, so that equal ones meet. */
interface ProductSum {
  readonly type: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  /** Names of the factors. */
  readonly factors: readonly [string, string];
  /** Their axes and the product's. */
  readonly axes: readonly [string, string, string];
  readonly multiply: (first: Tensor, second: Tensor) => Tensor;
}

/** Sizes of the letters in two factors, or the first that does not fit. */
function sizesOf(
  { factors, axes }: ProductSum,
  given: readonly (EdgeShape | undefined)[],
): ReadonlyMap<string, Size> | LayerProblem {
  const sizes = new Map<string, Size>();
  for (const [at, name] of factors.entries()) {
    const [letters = '', shape = null] = [axes[at], given[at]];
    if (shape === null) continue;
    if (shape.length !== letters.length)
      return mismatch(name, `${letters.length} dimensions`, formatShape(shape));
    for (const [axis, letter] of [...letters].entries()) {
      const [known = null, size = null] = [sizes.get(letter), shape[axis]];
      if (known !== null && size !== null && known !== size) {
        const expected = shape.with(axis, known);
        return mismatch(name, formatShape(expected), formatShape(shape));
      }
      sizes.set(letter, known ?? size);
    }
  }
  return sizes;
}

/** beta · input + alpha · product; the input broadcasts. A beta of 0 leaves it out, whatever is in it. */
function productSum(spec: ProductSum): LayerDeclaration {
  const [first, second] = spec.factors;
  const examples = spec.axes[2].length;
  const size: Readonly<Record<string, number>> = { b: 2, n: 3, m: 4, p: 5 };
  const shapes = spec.axes.map((letters) => [...letters].map((letter) => size[letter] ?? 1));
  const [one = [], other = [], whole = []] = shapes;
  return defineLayer({
    type: spec.type,
    torch: `torch.${spec.type}`,
    category: 'linear',
    summary: spec.summary,
    keywords: ['matrix product', 'gemm', 'blas', ...spec.keywords],
    params: {
      beta: number({ help: 'Factor of the input.', initial: 1, torchDefault: 1 }),
      alpha: number({ help: 'Factor of the product.', initial: 1, torchDefault: 1 }),
    },
    inputs: [{ name: 'input' }, { name: first }, { name: second }],
    outputs: [{ name: 'output' }],
    infer(_params, [input = null, ...factors]) {
      const sizes = sizesOf(spec, factors);
      if ('message' in sizes) return refusal(sizes);
      const shape = [...spec.axes[2]].map((letter) => sizes.get(letter) ?? null);
      const joined = broadcastEdges(shape, input);
      if (joined === undefined || (joined && joined.length > shape.length) || grows(shape, joined))
        return refusal(
          mismatch('input', `sizes that broadcast to ${formatShape(shape)}`, formatShape(input ?? [])),
        );
      return outputs(shape);
    },
    lower(call) {
      const { beta, alpha } = call.params;
      const value = spec.multiply(inputOf(call, 1), inputOf(call, 2));
      const scaled = alpha === 1 ? value : ops.mul(value, alpha);
      if (beta === 0) return [scaled];
      const input = inputOf(call, 0);
      return [ops.add(beta === 1 ? input : ops.mul(input, beta), scaled)];
    },
    flops: (_params, [, left = [], right = []]) =>
      2 * (product(left) ?? 0) * (spec.axes[1].endsWith('p') ? (right.at(-1) ?? 1) : 1),
    examples: [
      { title: 'as it is', params: {}, inputs: [whole, one, other], outputs: [whole] },
      {
        title: 'weighted, an input that broadcasts',
        params: { beta: 0.5, alpha: -1.5 },
        inputs: [examples > 1 ? whole.slice(1) : [1], one, other],
        outputs: [whole],
      },
    ],
  });
}

/** True where a broadcast would make the product larger. */
const grows = (shape: readonly Size[], joined: EdgeShape): boolean =>
  joined?.some((size, axis) => shape[axis] !== null && shape[axis] !== size) === true;

export const addmm = productSum({
  type: 'addmm',
  summary: 'A matrix product added to its input: beta · input + alpha · mat1 · mat2.',
  keywords: ['addition'],
  factors: ['mat1', 'mat2'],
  axes: ['nm', 'mp', 'np'],
  multiply: ops.matmul,
});

export const addmv = productSum({
  type: 'addmv',
  summary: 'The product of a matrix and a vector added to its input.',
  keywords: ['vector'],
  factors: ['mat', 'vec'],
  axes: ['nm', 'm', 'n'],
  multiply: ops.matmul,
});

export const baddbmm = productSum({
  type: 'baddbmm',
  summary: 'The matrix products of a batch, each added to its part of the input.',
  keywords: ['batch', 'bmm', 'attention'],
  factors: ['batch1', 'batch2'],
  axes: ['bnm', 'bmp', 'bnp'],
  multiply: ops.matmul,
});

export const addbmm = productSum({
  type: 'addbmm',
  summary: 'The sum of a batch of matrix products added to its input.',
  keywords: ['batch', 'bmm'],
  factors: ['batch1', 'batch2'],
  axes: ['bnm', 'bmp', 'np'],
  multiply: (first, second) => ops.sum(ops.matmul(first, second), [0]),
});
