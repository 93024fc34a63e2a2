// torch.nn.init.orthogonal_: rows or columns that are orthogonal to each other. The factorization is computed in double.
import { TorchError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import type { Turned } from '../turns';
import { randomDType } from './init';
import { defaultGenerator, type Generator } from './random';
import { runSteps, type Steps } from './steps';
import { writeNumbers } from './tensor-memory';

/** Most multiply-adds between two rests: well under a millisecond. */
const PIECE = 1 << 16;

/**
 * Fills a tensor, seen as a matrix of `shape[0]` rows, with the Q of a normal matrix's QR whose R has a positive diagonal,
 * times `gain`. Throws ValueError below two dimensions. Source: torch.nn.init.orthogonal_, arXiv:1312.6120.
 */
export function orthogonal_(tensor: Tensor, gain = 1, generator: Generator = defaultGenerator): Tensor {
  runSteps(orthogonalSteps(tensor, gain, generator));
  return tensor;
}

/** The same in steps. */
export function* orthogonalSteps(tensor: Tensor, gain: number, generator: Generator): Steps {
  tensor.assertUsable('<method dim>');
  const dtype = randomDType(tensor.dtype, 'normal_');
  const [rows = 0] = tensor.shape;
  if (tensor.shape.length < 2)
    throw new TorchError('ValueError', 'Only tensors with 2 or more dimensions are supported');
  const count = tensor.numel();
  if (count === 0 || tensor.device === 'meta') return;
  const columns = count / rows;
  const drawn = yield* generator.numbers(dtype, count, 'normal');
  const isWide = rows < columns;
  const [step, stride] = isWide ? [columns, 1] : [1, columns];
  const vectors: Float64Array[] = [];
  for (let vector = 0; vector < Math.min(rows, columns); vector++) {
    vectors.push(
      Float64Array.from(
        { length: Math.max(rows, columns) },
        (_, place) => drawn[vector * step + place * stride] ?? 0,
      ),
    );
    yield;
  }
  yield* orthonormalize(vectors);
  for (const [vector, values] of vectors.entries()) {
    for (let place = 0; place < values.length; place++)
      drawn[vector * step + place * stride] = gain * (values[place] ?? 0);
    yield;
  }
  yield* writeNumbers(tensor, drawn);
  tensor.noteChange();
}

/** Gram–Schmidt, each vector cleaned twice ("twice is enough", Giraud et al. 2005), in place. */
export function* orthonormalize(vectors: readonly Float64Array[]): Steps {
  for (const [index, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++)
      for (const before of vectors.slice(0, index)) {
        const along = yield* dot(before, vector);
        for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) - along * (before[at] ?? 0);
      }
    // What is nothing but its predecessors stays zero, as in LAPACK's Q times the sign of R.
    const length = Math.sqrt(yield* dot(vector, vector)) || 1;
    for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) / length;
  }
}

export function* dot(a: Float64Array, b: Float64Array): Turned<number> {
  let sum = 0;
  for (let start = 0; start < a.length; start += PIECE) {
    const end = Math.min(start + PIECE, a.length);
    for (let at = start; at < end; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
    yield;
  }
  return sum;
}
