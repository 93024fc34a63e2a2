// torch.nn.init.orthogonal_: rows or columns that are orthogonal to each other. The factorization is computed in double.
import { TorchError } from '../errors';
import { DTYPES } from '../tensor/dtype';
import { encodeElements, readElement } from '../tensor/elements';
import type { Tensor } from '../tensor/tensor';
import { randomDType } from './init';
import { defaultGenerator, type Generator } from './random';
import { writeDense } from './tensor-memory';

/**
 * Fills a tensor, seen as a matrix of `shape[0]` rows, with the Q of a normal matrix's QR whose R has a positive diagonal,
 * times `gain`. Throws ValueError below two dimensions. Source: torch.nn.init.orthogonal_, arXiv:1312.6120.
 */
export function orthogonal_(tensor: Tensor, gain = 1, generator: Generator = defaultGenerator): Tensor {
  tensor.assertUsable('<method dim>');
  const dtype = randomDType(tensor.dtype, 'normal_');
  const [rows = 0] = tensor.shape;
  if (tensor.shape.length < 2)
    throw new TorchError('ValueError', 'Only tensors with 2 or more dimensions are supported');
  const count = tensor.numel();
  if (count === 0 || tensor.device === 'meta') return tensor;
  const columns = count / rows;
  const drawn = generator.normal(dtype, count);
  const bytes = new DataView(drawn.buffer, drawn.byteOffset, drawn.byteLength);
  const size = DTYPES[dtype].bytes;
  const isWide = rows < columns;
  const vectors = Array.from({ length: Math.min(rows, columns) }, (_, vector) =>
    Float64Array.from({ length: Math.max(rows, columns) }, (_, place) => {
      const at = isWide ? vector * columns + place : place * columns + vector;
      return Number(readElement(bytes, at * size, dtype));
    }),
  );
  orthonormalize(vectors);
  const values = Array.from({ length: count }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return gain * ((isWide ? vectors[row]?.[column] : vectors[column]?.[row]) ?? 0);
  });
  writeDense(tensor, encodeElements(tensor.dtype, values, count));
  return tensor;
}

/** Gram–Schmidt, each vector cleaned twice ("twice is enough", Giraud et al. 2005), in place. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, index) => {
    for (let pass = 0; pass < 2; pass++)
      for (const before of vectors.slice(0, index)) {
        const along = dot(before, vector);
        for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) - along * (before[at] ?? 0);
      }
    const length = Math.sqrt(dot(vector, vector));
    for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) / length;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
