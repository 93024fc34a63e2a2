// torch.einsum: products of inputs whose axes are named by letters, two at a time from left to right, each one matrix product.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer } from './declaration';
import { EquationError, parseEquation, sizesOf, spellOut, type Spelled } from './einsum-equation';
import { text } from './params';
import { inputsOf } from './pieces';
import { outputs, product, refusal } from './shapes';

/** A tensor whose axes have names, each once. */
interface Named {
  readonly tensor: Tensor;
  readonly names: readonly string[];
}

const sizeOf = ({ tensor, names }: Named, name: string): number => tensor.shape[names.indexOf(name)] ?? 1;

const has = ({ names }: Named, name: string): boolean => names.includes(name);

/** Axes of one name become their diagonal. */
function named(tensor: Tensor, names: readonly string[]): Named {
  const at = names.findIndex((name, axis) => names.indexOf(name) !== axis);
  if (at === -1) return { tensor, names };
  const first = names.indexOf(names[at] ?? '');
  return named(ops.diagonal(tensor, first, at), names.toSpliced(at, 1));
}

/** Axes in the order of `wanted`, which may leave out none. */
const inOrder = ({ tensor, names }: Named, wanted: readonly string[]): Tensor =>
  ops.permute(
    tensor,
    wanted.map((name) => names.indexOf(name)),
  );

/** Summed over what nobody needs any more. */
function summed({ tensor, names }: Named, isNeeded: (name: string) => boolean): Named {
  const axes = names.flatMap((name, axis) => (isNeeded(name) ? [] : [axis]));
  if (axes.length === 0) return { tensor, names };
  return { tensor: ops.sum(tensor, axes), names: names.filter(isNeeded) };
}

/** Without its axes of size 1 where `other` has the same axis longer: they stand for any size. */
function unstretched(given: Named, other: Named): Named {
  const isStretched = (name: string): boolean =>
    has(other, name) && sizeOf(given, name) === 1 && sizeOf(other, name) !== 1;
  const kept = given.names.filter((name) => !isStretched(name));
  if (kept.length === given.names.length) return given;
  const ones = given.names.filter(isStretched);
  return {
    tensor: ops.reshape(
      inOrder(given, [...kept, ...ones]),
      kept.map((name) => sizeOf(given, name)),
    ),
    names: kept,
  };
}

/** The product of two, summed over what both have and nobody needs any more. */
function contracted(first: Named, second: Named, isNeeded: (name: string) => boolean): Named {
  const stays = (other: Named) => (name: string) => isNeeded(name) || has(other, name);
  const [left, right] = [unstretched(first, second), unstretched(second, first)];
  const [a, b] = [summed(left, stays(right)), summed(right, stays(left))];
  const both = a.names.filter((name) => has(b, name));
  const batch = both.filter(isNeeded);
  const inner = both.filter((name) => !isNeeded(name));
  const rows = a.names.filter((name) => !has(b, name));
  const columns = b.names.filter((name) => !has(a, name));
  const sizesIn = (of: Named, names: readonly string[]) => names.map((name) => sizeOf(of, name));
  const count = (of: Named, names: readonly string[]): number => product(sizesIn(of, names)) ?? 1;
  const batches = count(a, batch);
  const names = [...batch, ...rows, ...columns];
  const shape = [...sizesIn(a, [...batch, ...rows]), ...sizesIn(b, columns)];
  const matrix = (of: Named, order: readonly string[], ...sizes: readonly number[]): Tensor =>
    ops.reshape(inOrder(of, order), [batches, ...sizes]);
  const [height, depth, width] = [count(a, rows), count(a, inner), count(b, columns)];
  const x = matrix(a, [...batch, ...rows, ...inner], height, depth);
  const y = matrix(b, [...batch, ...inner, ...columns], depth, width);
  // Nothing to sum: an outer product needs no matrix product.
  const result = inner.length === 0 ? ops.mul(x, y) : ops.matmul(x, y);
  return { tensor: ops.reshape(result, shape), names };
}

function evaluate({ terms, result }: Spelled, inputs: readonly Tensor[]): Tensor {
  const operands = inputs.map((input, at) => named(input, terms[at] ?? []));
  const total = operands.reduce((left, right, at) => {
    const later = operands.slice(at + 1);
    return contracted(left, right, (name) => result.includes(name) || later.some((each) => has(each, name)));
  });
  return inOrder(
    summed(total, (name) => result.includes(name)),
    result,
  );
}

/** Sums products over the letters that the output does not name. Source: torch.einsum. */
export const einsum = defineLayer({
  type: 'einsum',
  torch: 'torch.einsum',
  category: 'linear',
  summary: 'Multiplies inputs along axes named by letters.',
  keywords: ['einstein', 'tensor product', 'bmm', 'attention', 'outer product', 'trace', 'diagonal'],
  params: {
    equation: text({
      help: 'A letter for each axis of each input, then those of the output; what it leaves out is summed, and ... is all other axes.',
      initial: 'bij,bjk->bik',
      expected: 'an equation like bij,bjk->bik',
      faultOf: (equation) => {
        try {
          parseEquation(equation);
          return null;
        } catch (error) {
          if (error instanceof EquationError) return error.message;
          throw error;
        }
      },
    }),
  },
  inputs: [{ name: 'inputs', isVariadic: true }],
  outputs: [{ name: 'output' }],
  infer({ equation }, shapes) {
    const spelled = spellOut(parseEquation(equation), shapes);
    if (spelled === null) return outputs(null);
    if ('problem' in spelled) return refusal(spelled.problem);
    const sizes = sizesOf(spelled, shapes);
    if ('problem' in sizes) return refusal(sizes.problem);
    return outputs(spelled.result.map((name) => sizes.get(name) ?? null));
  },
  lower(call) {
    const inputs = inputsOf(call);
    const spelled = spellOut(
      parseEquation(call.params.equation),
      inputs.map(({ shape }) => shape),
    );
    if (spelled === null || 'problem' in spelled) throw new Error('einsum was lowered with inputs that do not fit');
    return [evaluate(spelled, inputs)];
  },
  /** Of one product after another, from left to right. */
  flops({ equation }, shapes) {
    const spelled = spellOut(parseEquation(equation), shapes);
    if (spelled === null || 'problem' in spelled) return 0;
    const sizes = sizesOf(spelled, shapes);
    if ('problem' in sizes) return 0;
    const { terms, result } = spelled;
    let before = new Set(terms[0]);
    return terms.slice(1).reduce((total, term, at) => {
      const later = new Set([...result, ...terms.slice(at + 2).flat()]);
      const all = new Set([...before, ...term]);
      before = new Set([...all].filter((name) => later.has(name)));
      return total + 2 * (product([...all].map((name) => sizes.get(name) ?? null)) ?? 0);
    }, 0);
  },
  examples: [
    { title: 'batches of matrices', params: { equation: 'bij,bjk->bik' }, inputs: [[2, 3, 4], [2, 4, 5]], outputs: [[2, 3, 5]] },
    { title: 'attention scores', params: { equation: 'bqhd,bkhd->bhqk' }, inputs: [[2, 3, 2, 4], [2, 5, 2, 4]], outputs: [[2, 2, 3, 5]] },
    { title: 'attention values', params: { equation: 'bhqk,bkhd->bqhd' }, inputs: [[2, 2, 3, 5], [2, 5, 2, 4]], outputs: [[2, 3, 2, 4]] },
    { title: 'an outer product', params: { equation: 'bi,bj->bij' }, inputs: [[3, 2], [3, 4]], outputs: [[3, 2, 4]] },
    { title: 'row by row', params: { equation: 'bij,bij->bi' }, inputs: [[3, 2, 4], [3, 2, 4]], outputs: [[3, 2]] },
    { title: 'channels scaled', params: { equation: 'bchw,bc->bchw' }, inputs: [[2, 3, 4, 2], [2, 3]], outputs: [[2, 3, 4, 2]] },
    { title: 'a graph', params: { equation: 'nctv,vw->nctw' }, inputs: [[2, 3, 2, 5], [5, 5]], outputs: [[2, 3, 2, 5]] },
    { title: 'four inputs', params: { equation: 'bi,ij,bj,k->bk' }, inputs: [[3, 2], [2, 4], [3, 4], [5]], outputs: [[3, 5]] },
    { title: 'any axes before', params: { equation: '...ij, ...jk -> ...ik' }, inputs: [[2, 1, 3, 4], [5, 4, 2]], outputs: [[2, 5, 3, 2]] },
    { title: 'no output named', params: { equation: 'cb,ac' }, inputs: [[3, 4], [2, 3]], outputs: [[2, 4]] },
    { title: 'a trace', params: { equation: 'bii->b' }, inputs: [[3, 4, 4]], outputs: [[3]] },
    { title: 'a diagonal, moved', params: { equation: 'ibi->bi' }, inputs: [[3, 4, 3]], outputs: [[4, 3]] },
    { title: 'sums of one alone', params: { equation: 'bij,kb->ik' }, inputs: [[3, 2, 4], [5, 3]], outputs: [[2, 5]] },
    { title: 'an axis of 1 for any', params: { equation: 'ij,jk->ik' }, inputs: [[2, 1], [3, 4]], outputs: [[2, 4]] },
    { title: 'an ellipsis summed', params: { equation: 'i...,i->i' }, inputs: [[3, 2, 2], [3]], outputs: [[3]] },
  ],
}); // prettier-ignore
