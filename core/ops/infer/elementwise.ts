// Inference of the fused elementwise op and of the reductions.
import { broadcastShapes, type Shape } from '../../tensor/shape';
import { SCALAR_FUNCTIONS, type OpName } from '../signatures';
import { attributeError, floatType, given, shapeError, size, type Infer } from './checks';

/** The limits of one fused op; core/program/fuse stays within them. */
export const ELEMENTWISE_LIMITS = { inputs: 8, constants: 16, steps: 64 } as const;

/** The common shape of several, or PyTorch's error about the first axis that does not fit. */
export function broadcastAll(shapes: readonly Shape[]): Shape {
  return shapes.reduce<Shape>((a, b) => {
    const common = broadcastShapes(a, b);
    if (common) return common;
    for (let back = 1; back <= Math.max(a.length, b.length); back++) {
      const left = a.at(-back) ?? 1;
      const right = b.at(-back) ?? 1;
      if (left !== right && left !== 1 && right !== 1)
        throw shapeError(
          `The size of tensor a (${left}) must match the size of tensor b (${right}) at non-singleton dimension ${Math.max(a.length, b.length) - back}`,
          String(left),
          String(right),
        );
    }
    return a;
  }, []);
}

export const elementwise: Infer<'elementwise'> = (inputs, { steps, constants }) => {
  const dtype = floatType('elementwise', inputs);
  const { inputs: mostInputs, constants: mostConstants, steps: mostSteps } = ELEMENTWISE_LIMITS;
  if (
    inputs.length > mostInputs ||
    constants.length > mostConstants ||
    steps.length > mostSteps ||
    steps.length === 0
  )
    throw attributeError(
      `elementwise: ${inputs.length} inputs, ${constants.length} constants and ${steps.length} steps; at most ${mostInputs}, ${mostConstants} and ${mostSteps}`,
    );
  steps.forEach(([name, ...operands], step) => {
    if (!Object.hasOwn(SCALAR_FUNCTIONS, name) || SCALAR_FUNCTIONS[name] !== operands.length)
      throw attributeError(`elementwise: step ${step}, ${name}, takes ${operands.length} operands`);
    const known = inputs.length + constants.length + step;
    for (const operand of operands)
      if (!Number.isInteger(operand) || operand < 0 || operand >= known)
        throw attributeError(`elementwise: step ${step}, ${name}, uses value ${operand} of ${known}`);
  });
  return [
    { dtype, shape: broadcastAll(inputs.map((_, index) => given('elementwise', inputs, index).shape)) },
  ];
};

/** The shape left after reducing `axes`. */
const reducedShape = (shape: Shape, axes: readonly number[], keepdim: boolean): number[] =>
  shape.flatMap((n, axis) => (axes.includes(axis) ? (keepdim ? [1] : []) : [n]));

function checkAxes(op: OpName, shape: Shape, axes: readonly number[]): void {
  axes.forEach((axis, index) => {
    if (
      !Number.isInteger(axis) ||
      axis < 0 ||
      axis >= shape.length ||
      (index > 0 && axis <= (axes[index - 1] ?? -1))
    )
      throw attributeError(`${op}: axes [${axes.join(', ')}] of a tensor of rank ${shape.length}`);
  });
}

export const reduce: Infer<'reduce'> = (inputs, { kind, axes, keepdim }) => {
  const { shape } = given('reduce', inputs, 0);
  if (kind !== 'sum' && kind !== 'max' && kind !== 'min')
    throw attributeError(`reduce: unknown kind '${kind}'`);
  checkAxes('reduce', shape, axes);
  const empty = axes.find((axis) => size(shape, axis) === 0);
  if (kind !== 'sum' && empty !== undefined)
    throw shapeError(`a${kind}(): Expected reduction dim ${empty} to have non-zero size.`);
  return [{ dtype: floatType('reduce', inputs), shape: reducedShape(shape, axes, keepdim) }];
};

export const argmax: Infer<'argmax'> = (inputs, { axis, keepdim }) => {
  const { shape } = given('argmax', inputs, 0);
  floatType('argmax', inputs);
  checkAxes('argmax', shape, [axis]);
  if (size(shape, axis) === 0)
    throw shapeError(`argmax(): Expected reduction dim ${axis} to have non-zero size.`);
  return [{ dtype: 'int64', shape: reducedShape(shape, [axis], keepdim) }];
};

export const scan: Infer<'scan'> = (inputs, { kind, axis }) => {
  const { shape } = given('scan', inputs, 0);
  if (kind !== 'sum' && kind !== 'prod') throw attributeError(`scan: unknown kind '${kind}'`);
  checkAxes('scan', shape, [axis]);
  return [{ dtype: floatType('scan', inputs), shape }];
};

export const argsort: Infer<'argsort'> = (inputs, { axis }) => {
  const { shape } = given('argsort', inputs, 0);
  floatType('argsort', inputs);
  checkAxes('argsort', shape, [axis]);
  return [{ dtype: 'int64', shape }];
};
