// Products of two inputs whose axes are named by letters: the equations people draw, each done as one matrix product.
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer } from './declaration';
import { choice } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, refusal, type Size } from './shapes';

const EQUATIONS = [
  'bij,bjk->bik', 'bij,bkj->bik', 'bij,jk->bik', 'bhqd,bhkd->bhqk', 'bhqk,bhkd->bhqd', 'bqhd,bkhd->bhqk',
  'bhqk,bkhd->bqhd', 'bi,bi->b', 'bi,bj->bij', 'bi,ij->bj', 'bij,bi->bj', 'bij,bij->bi', 'bchw,bc->bchw',
  'nctv,vw->nctw', 'ij,jk->ik', 'i,j->ij',
] as const; // prettier-ignore

/** The letters of an equation's inputs and output. */
function lettersOf(equation: string) {
  const [left = '', right = '', result = ''] = equation.split(/,|->/);
  return { left: [...left], right: [...right], result: [...result] };
}

/** Axes of `x`, named by `letters`, in the order of `wanted`. */
const inOrder = (x: Tensor, letters: readonly string[], wanted: readonly string[]): Tensor =>
  ops.permute(
    x,
    wanted.map((letter) => letters.indexOf(letter)),
  );

/** Sums products over the letters that the output does not name. Source: torch.einsum. */
export const einsum = defineLayer({
  type: 'einsum',
  torch: 'torch.einsum',
  category: 'linear',
  summary: 'Multiplies two inputs along axes named by letters.',
  keywords: ['einstein', 'tensor product', 'bmm', 'attention', 'outer product'],
  params: {
    equation: choice({
      options: EQUATIONS,
      help: 'The axes of both inputs and of the output; what the output leaves out is summed.',
      initial: 'bij,bjk->bik',
    }),
  },
  inputs: [{ name: 'input' }, { name: 'other' }],
  outputs: [{ name: 'output' }],
  infer({ equation }, [first = null, second = null]) {
    const { left, right, result } = lettersOf(equation);
    const sizes = new Map<string, Size>();
    for (const [port, letters, shape] of [
      ['input', left, first],
      ['other', right, second],
    ] as const) {
      if (shape === null) continue;
      if (shape.length !== letters.length)
        return refusal(
          mismatch(port, `${letters.length} dimensions, ${letters.join('')}`, formatShape(shape)),
        );
      for (const [axis, letter] of letters.entries()) {
        const [known = null, size = null] = [sizes.get(letter), shape[axis]];
        if (known !== null && size !== null && known !== size)
          return refusal(mismatch(port, `size ${known} of axis ${letter}`, size));
        sizes.set(letter, known ?? size);
      }
    }
    return outputs(result.map((letter) => sizes.get(letter) ?? null));
  },
  lower(call) {
    const { left, right, result } = lettersOf(call.params.equation);
    const [first, second] = [inputOf(call, 0), inputOf(call, 1)];
    const both = left.filter((letter) => right.includes(letter));
    const batch = both.filter((letter) => result.includes(letter));
    const summed = both.filter((letter) => !result.includes(letter));
    const rows = left.filter((letter) => !right.includes(letter));
    const columns = right.filter((letter) => !left.includes(letter));
    const sizeOf = (letter: string): number =>
      first.shape[left.indexOf(letter)] ?? second.shape[right.indexOf(letter)] ?? 1;
    const count = (letters: readonly string[]): number => product(letters.map(sizeOf)) ?? 1;
    const [batches, height, inner, width] = [count(batch), count(rows), count(summed), count(columns)];
    const a = ops.reshape(inOrder(first, left, [...batch, ...rows, ...summed]), [batches, height, inner]);
    const b = ops.reshape(inOrder(second, right, [...batch, ...summed, ...columns]), [batches, inner, width]);
    const named = [...batch, ...rows, ...columns];
    return [inOrder(ops.reshape(ops.matmul(a, b), named.map(sizeOf)), named, result)];
  },
  flops({ equation }, [first = [], second = []]) {
    const { left, right } = lettersOf(equation);
    const others = second.filter((_, axis) => !left.includes(right[axis] ?? ''));
    return 2 * (product(first) ?? 0) * (product(others) ?? 0);
  },
  examples: [
    {
      title: 'batches of matrices',
      params: { equation: 'bij,bjk->bik' },
      inputs: [
        [2, 3, 4],
        [2, 4, 5],
      ],
      outputs: [[2, 3, 5]],
    },
    {
      title: 'attention scores',
      params: { equation: 'bqhd,bkhd->bhqk' },
      inputs: [
        [2, 3, 2, 4],
        [2, 5, 2, 4],
      ],
      outputs: [[2, 2, 3, 5]],
    },
    {
      title: 'attention values',
      params: { equation: 'bhqk,bkhd->bqhd' },
      inputs: [
        [2, 2, 3, 5],
        [2, 5, 2, 4],
      ],
      outputs: [[2, 3, 2, 4]],
    },
    {
      title: 'an outer product',
      params: { equation: 'bi,bj->bij' },
      inputs: [
        [3, 2],
        [3, 4],
      ],
      outputs: [[3, 2, 4]],
    },
    {
      title: 'row by row',
      params: { equation: 'bij,bij->bi' },
      inputs: [
        [3, 2, 4],
        [3, 2, 4],
      ],
      outputs: [[3, 2]],
    },
    {
      title: 'channels scaled',
      params: { equation: 'bchw,bc->bchw' },
      inputs: [
        [2, 3, 4, 2],
        [2, 3],
      ],
      outputs: [[2, 3, 4, 2]],
    },
    {
      title: 'a graph',
      params: { equation: 'nctv,vw->nctw' },
      inputs: [
        [2, 3, 2, 5],
        [5, 5],
      ],
      outputs: [[2, 3, 2, 5]],
    },
  ],
});
