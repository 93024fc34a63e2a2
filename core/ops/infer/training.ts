// Inference of a training step's own ops: what they mutate has the shapes PyTorch's optimizers give it.
import { numel } from '../../tensor/shape';
import type { OpAttributes, OpName, StepOp } from '../signatures';
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
import { shapeError, type Infer, type InputTypes } from './checks';
import { cast } from './movement';
import { matmul } from './products';

export const advance: Infer<'advance'> = (inputs, { amounts }) => {
  const counter = given('advance', inputs, 0);
  checkDType('advance', 'the counter', counter, 'int64');
  checkElements('the counter', counter, amounts.length);
  return [];
};

export const takeRows: Infer<'take_rows'> = (inputs, { batch, dtype }) => {
  const op = 'take_rows';
  const data = given(op, inputs, 0);
  const index = given(op, inputs, 1);
  const cursor = given(op, inputs, 2);
  if (data.shape.length === 0) throw shapeError(`${op}: the data needs at least one dimension`);
  checkDType(op, 'the index', index, 'int64');
  checkShape(op, 'the index', index, [numel(index.shape)]);
  checkDType(op, 'the cursor', cursor, 'int64');
  checkElements('the cursor', cursor, 1);
  checkSizes(op, [batch]);
  const [converted] = cast([data], { dtype });
  return [{ dtype: converted?.dtype ?? data.dtype, shape: [batch, ...data.shape.slice(1)] }];
};

export const record: Infer<'record'> = (inputs) => {
  const op = 'record';
  const value = given(op, inputs, 0);
  const log = given(op, inputs, 1);
  const position = given(op, inputs, 2);
  checkDType(op, 'the value', value, 'float32', 'float64', 'int64');
  checkDType(op, 'the log', log, 'float64');
  const [rows = 0, width = 1] = log.shape;
  checkShape(op, 'the log', log, log.shape.length === 2 ? [rows, width] : [rows]);
  const count = numel(value.shape);
  checkShape(op, 'the value', value, log.shape.length === 2 ? [count] : []);
  if (count > width)
    throw shapeError(
      `${op}: a row of the log holds ${width} values, not ${count}`,
      `at most ${width}`,
      String(count),
    );
  checkDType(op, 'the position', position, 'int64');
  checkElements('the position', position, 1);
  return [];
};

/** Checks an optimizer's call: parameter, gradient and per-element state of one shape and dtype, then step and lr. */
function checkStep(op: OpName, inputs: InputTypes, state: readonly string[]): void {
  const parameter = given(op, inputs, 0);
  floatType(op, inputs.slice(0, 2 + state.length));
  ['the gradient', ...state].forEach((what, index) => {
    const input = inputs[index + 1];
    if (input) checkShape(op, what, input, parameter.shape);
  });
  const step = given(op, inputs, 2 + state.length);
  const rate = given(op, inputs, 3 + state.length);
  checkDType(op, 'step', step, 'float32');
  checkElements('step', step, 1);
  checkDType(op, 'lr', rate, 'float64');
  checkElements('lr', rate, 1);
}

export const sgdStep: Infer<'sgd_step'> = (inputs, { momentum, dampening, nesterov }) => {
  checkStep('sgd_step', inputs, ['momentum_buffer']);
  if (nesterov && (momentum <= 0 || dampening !== 0))
    throw attributeError('Nesterov momentum requires a momentum and zero dampening');
  if (momentum !== 0 && !inputs[2]) throw attributeError('sgd_step: a momentum needs a momentum_buffer');
  return [];
};

export const adamStep: Infer<'adam_step'> = (inputs) => {
  given('adam_step', inputs, 2);
  given('adam_step', inputs, 3);
  checkStep('adam_step', inputs, ['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
  return [];
};

export const rmspropStep: Infer<'rmsprop_step'> = (inputs, { momentum }) => {
  given('rmsprop_step', inputs, 2);
  checkStep('rmsprop_step', inputs, ['square_avg', 'grad_avg', 'momentum_buffer']);
  if (momentum > 0 && !inputs[4]) throw attributeError('rmsprop_step: a momentum needs a momentum_buffer');
  return [];
};

/** A step whose gradient is aᵀ·b: its own rules, told what these give in place of the gradient. */
export const outerStep =
  <N extends StepOp>(op: `outer_${N}`, step: Infer<N>): Infer<`outer_${N}`> =>
  ([a = null, b = null, parameter = null, ...others], attributes) => {
    const [gradient = null] = matmul([a, b], { transpose_a: true, transpose_b: false });
    if (gradient?.shape.length !== 2)
      throw shapeError(`${op}: expected factors of two dimensions, got ${list(a?.shape ?? [])}`);
    return step([parameter, gradient, ...others], attributes as OpAttributes[N] & OpAttributes[`outer_${N}`]);
  };
