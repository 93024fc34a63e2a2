// Inference of the ops on whole numbers.
import { INTEGER_FUNCTIONS, INTEGER_KINDS } from '../signatures';
import { attributeError, checkDType, given, shapeError, size, type Infer } from './checks';
import { broadcastAll } from './elementwise';

export const integerElementwise: Infer<'integer_elementwise'> = (inputs, { function: name }) => {
  const arity = Object.entries(INTEGER_FUNCTIONS).find(([each]) => each === name)?.[1];
  if (arity === undefined) throw attributeError(`integer_elementwise: unknown function '${name}'`);
  if (inputs.length !== arity)
    throw attributeError(`integer_elementwise: ${name} takes ${arity} operands, got ${inputs.length}`);
  const operands = inputs.map((_, index) => given('integer_elementwise', inputs, index));
  for (const operand of operands) checkDType('integer_elementwise', 'an operand', operand, 'int64');
  return [{ dtype: 'int64', shape: broadcastAll(operands.map(({ shape }) => shape)) }];
};

export const integerAlong: Infer<'integer_along'> = (inputs, { kind, axis }) => {
  const x = given('integer_along', inputs, 0);
  checkDType('integer_along', 'the input', x, 'int64');
  const known = INTEGER_KINDS.find((each) => each === kind);
  if (known === undefined) throw attributeError(`integer_along: unknown kind '${kind}'`);
  if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length)
    throw attributeError(`integer_along: axis ${axis} of a tensor of rank ${x.shape.length}`);
  if (size(x.shape, axis) === 0 && ['max', 'min', 'argmax', 'argmin'].includes(known))
    throw shapeError(`${known}(): Expected reduction dim ${axis} to have non-zero size.`);
  return [{ dtype: 'int64', shape: known.startsWith('cum') ? x.shape : x.shape.with(axis, 1) }];
};
