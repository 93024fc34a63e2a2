// torch.nn.init.sparse_: a normal fill in which a part of every column is zero (Martens, 2010).
import { TorchError } from '../errors';
import { encodeElements } from '../tensor/elements';
import type { Tensor } from '../tensor/tensor';
import { normal_ } from './init';
import { defaultGenerator, type Generator } from './random';
import { valuesOf, writeDense } from './tensor-memory';

/** Which rows of each column `[rows, columns]` are zero comes from the default generator, as in PyTorch, whichever draws the values. */
export function sparse_(
  tensor: Tensor,
  sparsity: number,
  std = 0.01,
  generator: Generator = defaultGenerator,
): Tensor {
  tensor.assertUsable('<method dim>');
  const [rows, columns] = tensor.shape;
  if (rows === undefined || columns === undefined || tensor.shape.length !== 2)
    throw new TorchError('ValueError', 'Only tensors with 2 dimensions are supported');
  if (tensor.device === 'meta') return tensor;
  normal_(tensor, 0, std, generator);
  const values = valuesOf(tensor);
  const zeros = Math.ceil(sparsity * rows);
  for (let column = 0; column < columns; column++)
    for (const row of defaultGenerator.randperm(rows).subarray(0, zeros)) values[row * columns + column] = 0;
  writeDense(tensor, encodeElements(tensor.dtype, values, values.length));
  return tensor;
}
