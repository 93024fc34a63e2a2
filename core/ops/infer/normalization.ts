// Inference of the normalizations and of softmax, with their gradients.
import { TorchError } from '../../errors';
import type { DType } from '../../tensor/dtype';
import { numel, shapesEqual, torchSize, type Shape } from '../../tensor/shape';
import type { Narrowed, OpName } from '../signatures';
import {
  attributeError,
  checkDType,
  checkElements,
  checkShape,
  floatType,
  given,
  list,
  shapeError,
  size,
} from './checks';
import type { Infer, InputTypes, TensorType } from './checks';

const vector = (dtype: TensorType['dtype'], length: number): TensorType => ({ dtype, shape: [length] });

export const batchNorm: Infer<'batch_norm'> = (inputs, { momentum }) => {
  const x = given('batch_norm', inputs, 0);
  const [, weight, bias, runningMean, runningVar, batches] = inputs;
  if (x.shape.length < 2) throw shapeError(`expected at least 2D input (got ${x.shape.length}D input)`);
  const channels = size(x.shape, 1);
  if (numel(x.shape.filter((_, axis) => axis !== 1)) === 1)
    throw new TorchError(
      'ValueError',
      `Expected more than 1 value per channel when training, got input size ${torchSize(x.shape)}`,
      'shape_mismatch',
    );
  checkElements('running_mean', runningMean, channels);
  checkElements('running_var', runningVar, channels);
  checkElements('weight', weight, channels);
  checkElements('bias', bias, channels);
  if (batches) checkDType('batch_norm', 'num_batches_tracked', batches, 'int64');
  if (batches) checkElements('num_batches_tracked', batches, 1);
  if (momentum === null && runningMean && !batches)
    throw attributeError('batch_norm: a cumulative average (momentum null) needs num_batches_tracked');
  const dtype = floatType('batch_norm', inputs.slice(0, 5));
  return [{ dtype, shape: x.shape }, vector(dtype, channels), vector(dtype, channels)];
};

export const batchNormGradient: Infer<'batch_norm_gradient'> = (inputs) => {
  const op = 'batch_norm_gradient';
  const { dtype, shape } = gradientType(op, inputs);
  const channels = size(shape, 1);
  checkElements('weight', inputs[2], channels);
  checkElements('mean', inputs[3], channels);
  checkElements('invstd', inputs[4], channels);
  return [{ dtype, shape }, vector(dtype, channels), vector(dtype, channels)];
};

/** gy and x, the first two inputs of a normalization's gradient, have one shape and dtype. */
function gradientType(op: OpName, inputs: InputTypes): TensorType {
  const x = given(op, inputs, 1);
  checkShape(op, "the output's gradient", given(op, inputs, 0), x.shape);
  return { dtype: floatType(op, inputs), shape: x.shape };
}

/** Rows of a tensor whose last elements, `length` of them, are normalized together. */
function rowsOf(op: OpName, shape: Shape, length: number): number {
  let product = 1;
  for (let axis = shape.length - 1; axis >= 0 && product < length; axis--) product *= size(shape, axis);
  if (!Number.isInteger(length) || length < 1 || product !== length)
    throw shapeError(`${op}: rows of ${length} elements in a tensor of shape ${list(shape)}`);
  return numel(shape) / length;
}

export const layerNorm: Infer<'layer_norm'> = (inputs, { size: length }) => {
  const { shape } = given('layer_norm', inputs, 0);
  const rows = rowsOf('layer_norm', shape, length);
  checkElements('weight', inputs[1], length);
  checkElements('bias', inputs[2], length);
  const dtype = floatType('layer_norm', inputs);
  return [{ dtype, shape }, vector(dtype, rows), vector(dtype, rows)];
};

export const layerNormGradient: Infer<'layer_norm_gradient'> = (inputs, { size: length }) => {
  const op = 'layer_norm_gradient';
  const { dtype, shape } = gradientType(op, inputs);
  const rows = rowsOf(op, shape, length);
  checkElements('weight', inputs[2], length);
  checkElements('mean', inputs[3], rows);
  checkElements('rstd', inputs[4], rows);
  return [{ dtype, shape }, vector(dtype, length), vector(dtype, length)];
};

function checkGroups(shape: Shape, groups: number): void {
  if (shape.length < 2)
    throw shapeError(`Expected at least 2 dimensions for input tensor but received ${shape.length}`);
  if (!Number.isInteger(groups) || groups < 1)
    throw attributeError(`Expected num groups to be greater than 0, got ${groups}`);
  if (size(shape, 1) % groups !== 0)
    throw shapeError(
      `Expected number of channels in input to be divisible by num_groups, but got input of shape ${list(shape)} and num_groups=${groups}`,
    );
}

export const groupNorm: Infer<'group_norm'> = (inputs, { groups }) => {
  const { shape } = given('group_norm', inputs, 0);
  checkGroups(shape, groups);
  const channels = size(shape, 1);
  for (const [index, name] of ['weight', 'bias'].entries()) {
    const input = inputs[index + 1];
    if (input && !shapesEqual(input.shape, [channels]))
      throw shapeError(
        `Expected ${name} to be a vector of size equal to the number of channels in input, but got ${name} of shape ${list(input.shape)} and input of shape ${list(shape)}`,
      );
  }
  const dtype = floatType('group_norm', inputs);
  const rows = size(shape, 0) * groups;
  return [{ dtype, shape }, vector(dtype, rows), vector(dtype, rows)];
};

export const groupNormGradient: Infer<'group_norm_gradient'> = (inputs, { groups }) => {
  const op = 'group_norm_gradient';
  const { dtype, shape } = gradientType(op, inputs);
  checkGroups(shape, groups);
  const channels = size(shape, 1);
  checkElements('weight', inputs[2], channels);
  checkElements('mean', inputs[3], size(shape, 0) * groups);
  checkElements('rstd', inputs[4], size(shape, 0) * groups);
  return [{ dtype, shape }, vector(dtype, channels), vector(dtype, channels)];
};

/** Sizes [n, t, e] of queries, keys and values side by side. */
function attentionSizes(op: OpName, inputs: InputTypes, index: number, heads: number) {
  const { shape } = given(op, inputs, index);
  const [n = 0, t = 0, columns = 0] = shape;
  if (shape.length !== 3 || !Number.isInteger(heads) || heads < 1 || columns % (3 * heads) !== 0)
    throw shapeError(`${op}: expected [n, t, 3·e] with e a multiple of ${heads} heads, got ${list(shape)}`);
  return { n, t, e: columns / 3, shape };
}

/**
 * What attention gives: queries, keys and values may be 16-bit floats, and the gradient of its result with them, which a GPU widens
 * as it reads them; it then gives float32, or that dtype where `result` says so.
 */
function attentionTypes(
  op: OpName,
  inputs: InputTypes,
  queries: number,
  { result }: Narrowed,
): { readonly kept: DType; readonly first: DType } {
  const { dtype } = given(op, inputs, queries);
  const isNarrow = dtype === 'float16' || dtype === 'bfloat16';
  if (typeof result === 'string' && result !== 'float32' && !(isNarrow && result === dtype))
    throw attributeError(`${op}: queries of ${dtype} give no ${result}`);
  if (!isNarrow) {
    const kept = floatType(op, inputs);
    return { kept, first: kept };
  }
  const others = inputs.filter((input) => input?.dtype !== dtype);
  const kept = others.length === 0 ? 'float32' : floatType(op, others);
  return { kept, first: result === dtype ? dtype : kept };
}

export const selfAttention: Infer<'self_attention'> = (inputs, attributes) => {
  const { heads } = attributes;
  const { n, t, e } = attentionSizes('self_attention', inputs, 0, heads);
  const { kept, first } = attentionTypes('self_attention', inputs, 0, attributes);
  return [
    { dtype: first, shape: [n, t, e] },
    { dtype: kept, shape: [n, heads, t] },
  ];
};

export const selfAttentionGradient: Infer<'self_attention_gradient'> = (inputs, attributes) => {
  const { heads } = attributes;
  const op = 'self_attention_gradient';
  const { n, t, e, shape } = attentionSizes(op, inputs, 1, heads);
  checkShape(op, 'the gradient', given(op, inputs, 0), [n, t, e]);
  checkShape(op, 'the output', given(op, inputs, 2), [n, t, e]);
  checkShape(op, 'the logarithms', given(op, inputs, 3), [n, heads, t]);
  return [{ dtype: attentionTypes(op, inputs, 1, attributes).first, shape }];
};

function alongAxis(op: OpName, inputs: InputTypes, axis: number): TensorType[] {
  const { shape } = given(op, inputs, 0);
  if (!Number.isInteger(axis) || axis < 0 || axis >= Math.max(shape.length, 1))
    throw attributeError(`${op}: axis ${axis} of a tensor of rank ${shape.length}`);
  return [{ dtype: floatType(op, inputs), shape }];
}

export const softmax: Infer<'softmax'> = (inputs, { axis }) => alongAxis('softmax', inputs, axis);
export const logSoftmax: Infer<'log_softmax'> = (inputs, { axis }) => alongAxis('log_softmax', inputs, axis);
export const softmaxGradient: Infer<'softmax_gradient'> = (inputs, { axis }) => {
  const op = 'softmax_gradient';
  checkShape(op, 'the output', given(op, inputs, 1), given(op, inputs, 0).shape);
  return alongAxis(op, inputs, axis);
};
export const logSoftmaxGradient: Infer<'log_softmax_gradient'> = (inputs, { axis }) => {
  const op = 'log_softmax_gradient';
  checkShape(op, 'the output', given(op, inputs, 1), given(op, inputs, 0).shape);
  return alongAxis(op, inputs, axis);
};
