// Inference of the ops that take int64 positions: the likelihood loss, gathering, and the random mask.
import { LazuliError } from '../../errors';
import { shapesEqual, type Shape } from '../../tensor/shape';
import type { OpName, Reduction } from '../signatures';
import {
  attributeError,
  checkDType,
  checkElements,
  checkShape,
  checkSizes,
  floatType,
  given,
  list,
} from './checks';
import { scalarTypeName, shapeError, size, type Infer, type TensorType } from './checks';

function checkIndex(op: OpName, index: TensorType): void {
  if (index.dtype !== 'int64')
    throw new LazuliError(
      'dtype_mismatch',
      `Expected tensor for argument #1 'indices' to have scalar type Long; but got ${scalarTypeName(index.dtype)} instead (while checking arguments for ${op === 'gather' ? 'embedding' : op})`,
      { expected: 'int64', got: index.dtype },
    );
}

/** PyTorch's checks of class targets against log-probabilities `[n, c, ..]`. */
function checkTarget(logp: Shape, target: TensorType): void {
  if (target.dtype !== 'int64')
    throw new LazuliError(
      'dtype_mismatch',
      `expected target dtype to be Long, but got ${scalarTypeName(target.dtype)}`,
      { expected: 'int64', got: target.dtype },
    );
  const [n, m] = [size(logp, 0), size(target.shape, 0)];
  if (target.shape.length > 0 && n !== m)
    throw shapeError(
      `Expected input batch_size (${n}) to match target batch_size (${m}).`,
      String(n),
      String(m),
    );
  const expected = [n, ...logp.slice(2)];
  if (shapesEqual(target.shape, expected)) return;
  if (logp.length === 2) throw shapeError('0D or 1D target tensor expected, multi-target not supported');
  throw shapeError(
    logp.length === 4
      ? `size mismatch (got input: ${list(logp)} , target: ${list(target.shape)}`
      : `Expected target size ${list(expected)}, got ${list(target.shape)}`,
    list(expected),
    list(target.shape),
  );
}

function checkReduction(reduction: Reduction): void {
  if (reduction !== 'none' && reduction !== 'mean' && reduction !== 'sum')
    throw attributeError(`${String(reduction)} is not a valid value for reduction`);
}

function checkClassWeight(weight: TensorType | null | undefined, classes: number): void {
  if (weight && !shapesEqual(weight.shape, [classes]))
    throw shapeError(
      `weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of shape: ${list(weight.shape)}`,
    );
}

export const nll: Infer<'nll'> = (inputs, { reduction }) => {
  const logp = given('nll', inputs, 0);
  const target = given('nll', inputs, 1);
  if (logp.shape.length < 2) throw shapeError(`Expected 2 or more dimensions (got ${logp.shape.length})`);
  checkReduction(reduction);
  checkTarget(logp.shape, target);
  checkClassWeight(inputs[2], size(logp.shape, 1));
  const dtype = floatType('nll', [logp, inputs[2] ?? null]);
  return [
    { dtype, shape: reduction === 'none' ? target.shape : [] },
    { dtype, shape: [] },
  ];
};

export const nllGradient: Infer<'nll_gradient'> = (inputs, { reduction, shape }) => {
  const op = 'nll_gradient';
  const gy = given(op, inputs, 0);
  const target = given(op, inputs, 1);
  checkSizes(op, shape);
  checkReduction(reduction);
  checkTarget(shape, target);
  checkClassWeight(inputs[2], size(shape, 1));
  checkShape(op, "the output's gradient", gy, reduction === 'none' ? target.shape : []);
  checkElements('total_weight', inputs[3], 1);
  return [{ dtype: floatType(op, [gy, inputs[2] ?? null, inputs[3] ?? null]), shape }];
};

export const crossEntropyGradient: Infer<'cross_entropy_gradient'> = (inputs, attributes) => {
  const logp = given('cross_entropy_gradient', inputs, 4);
  if (logp.shape.length !== 2)
    throw shapeError(`cross_entropy_gradient: expected log-probabilities [n, c], got ${list(logp.shape)}`);
  return nllGradient(inputs.slice(0, 4), { ...attributes, shape: logp.shape });
};

export const gather: Infer<'gather'> = (inputs) => {
  const table = given('gather', inputs, 0);
  const index = given('gather', inputs, 1);
  checkIndex('gather', index);
  if (table.shape.length === 0) throw shapeError('gather: the table needs at least one dimension');
  return [{ dtype: table.dtype, shape: [...index.shape, ...table.shape.slice(1)] }];
};

export const gatherGradient: Infer<'gather_gradient'> = (inputs, { shape, padding_idx }) => {
  const op = 'gather_gradient';
  const gy = given(op, inputs, 0);
  const index = given(op, inputs, 1);
  checkIndex(op, index);
  checkSizes(op, shape);
  checkShape(op, "the output's gradient", gy, [...index.shape, ...shape.slice(1)]);
  if (padding_idx !== null && (padding_idx < 0 || padding_idx >= size(shape, 0)))
    throw attributeError(
      `Padding_idx must be within num_embeddings, got ${padding_idx} of ${size(shape, 0)}`,
    );
  return [{ dtype: floatType(op, [gy]), shape }];
};

export const dropoutMask: Infer<'dropout_mask'> = (inputs, { shape, dtype, probability, stream }) => {
  const op = 'dropout_mask';
  const state = given(op, inputs, 0);
  checkDType(op, 'the random state', state, 'int64');
  checkShape(op, 'the random state', state, [2]);
  checkSizes(op, shape);
  if (!(probability >= 0 && probability <= 1))
    throw attributeError(`dropout probability has to be between 0 and 1, but got ${probability}`);
  if (!Number.isInteger(stream) || stream < 0) throw attributeError(`${op}: stream ${stream}`);
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new LazuliError('dtype_mismatch', `${op}: expected float32 or float64, got ${dtype}`);
  return [{ dtype, shape }];
};
