// Inference of matrix products and convolutions.
import { LazuliError } from '../../errors';
import type { DType } from '../../tensor/dtype';
import { numel, shapesEqual, type Shape } from '../../tensor/shape';
import { PRODUCT_INPUTS, type ConvolutionAttributes, type Narrowed, type OpName } from '../signatures';
import type { ElementwiseSteps, ProductFormulaOp } from '../signatures';
import {
  attributeError,
  checkShape,
  checkSizes,
  CPP_TYPES,
  floatType,
  given,
  list,
  shapeError,
  size,
} from './checks';
import type { Infer, InputTypes, TensorType } from './checks';
import { ELEMENTWISE_LIMITS, elementwise } from './elementwise';

/** What a product of these operands is: `result` where they are 16-bit floats that a device multiplies as they are. */
function resultType(op: OpName, inputs: InputTypes, { result }: Narrowed): DType {
  const dtype = inputs[0]?.dtype;
  if (typeof result !== 'string') return floatType(op, inputs);
  const isNarrow = dtype === 'float16' || dtype === 'bfloat16';
  const isSame = inputs.every((input) => !input || input.dtype === dtype);
  if (isNarrow && isSame && (result === dtype || result === 'float32')) return result;
  throw attributeError(`${op}: operands of ${dtype ?? 'no dtype'} give no ${result}`);
}

function productType(
  op: OpName,
  a: TensorType,
  b: TensorType,
  bias: TensorType | null,
  narrowed: Narrowed,
): DType {
  if (a.dtype !== b.dtype)
    throw new LazuliError(
      'dtype_mismatch',
      `expected m1 and m2 to have the same dtype, but got: ${CPP_TYPES[a.dtype] ?? a.dtype} != ${CPP_TYPES[b.dtype] ?? b.dtype}`,
      { expected: b.dtype, got: a.dtype },
    );
  return resultType(op, [a, b, bias], narrowed);
}

const cannotMultiply = (rows: number, inner: number, otherInner: number, columns: number): LazuliError =>
  shapeError(
    `mat1 and mat2 shapes cannot be multiplied (${rows}x${inner} and ${otherInner}x${columns})`,
    String(otherInner),
    String(inner),
  );

export const matmul: Infer<'matmul'> = (inputs, attributes) => {
  const a = given('matmul', inputs, 0);
  const b = given('matmul', inputs, 1);
  const dtype = productType('matmul', a, b, null, attributes);
  if (a.shape.length < 2 || b.shape.length < 2)
    throw shapeError(`matmul: both inputs need two dimensions, got ${list(a.shape)} and ${list(b.shape)}`);
  const [m, k] = attributes.transpose_a
    ? [size(a.shape, -1), size(a.shape, -2)]
    : [size(a.shape, -2), size(a.shape, -1)];
  const [inner, n] = attributes.transpose_b
    ? [size(b.shape, -1), size(b.shape, -2)]
    : [size(b.shape, -2), size(b.shape, -1)];
  const leading = a.shape.slice(0, -2);
  const batch = numel(leading);
  if (b.shape.length > 2 && !shapesEqual(leading, b.shape.slice(0, -2)))
    throw shapeError(`matmul: leading sizes ${list(leading)} and ${list(b.shape.slice(0, -2))} differ`);
  if (k !== inner && b.shape.length > 2)
    throw shapeError(
      `Expected size for first two dimensions of batch2 tensor to be: ${list([batch, k])} but got: ${list([batch, inner])}.`,
      String(k),
      String(inner),
    );
  if (k !== inner) throw cannotMultiply(batch * m, k, inner, n);
  return [{ dtype, shape: [...leading, m, n] }];
};

export const linear: Infer<'linear'> = (inputs, attributes) => {
  const x = given('linear', inputs, 0);
  const weight = given('linear', inputs, 1);
  const bias = inputs[2] ?? null;
  const dtype = productType('linear', x, weight, bias, attributes);
  if (weight.shape.length !== 2) throw shapeError(`linear: weight must be 2-D, got ${list(weight.shape)}`);
  if (x.shape.length === 0)
    throw shapeError('both arguments to linear need to be at least 1D, but they are 0D and 2D');
  const [out, features] = [size(weight.shape, 0), size(weight.shape, 1)];
  const rows = numel(x.shape.slice(0, -1));
  if (size(x.shape, -1) !== features) throw cannotMultiply(rows, size(x.shape, -1), features, out);
  // The first axis from the end that does not fit is named.
  const [axis, wanted] = bias?.shape.at(-1) === out ? [0, rows] : [1, out];
  if (bias && !shapesEqual(bias.shape, [out]))
    throw shapeError(
      `The expanded size of the tensor (${wanted}) must match the existing size (${bias.shape.at(axis - 2) ?? 1}) at non-singleton dimension ${axis}.  Target sizes: ${list([rows, out])}.  Tensor sizes: ${list(bias.shape)}`,
      list([out]),
      list(bias.shape),
    );
  return [{ dtype, shape: [...x.shape.slice(0, -1), out] }];
};

export const linearGelu: Infer<'linear_gelu'> = (inputs) => {
  const made = linear(inputs, {});
  return [...made, ...made];
};

/** Of the formulas that products apply to their results; core/program/fuse-formulas stays within them. */
export const PRODUCT_FORMULA_LIMITS = { ...ELEMENTWISE_LIMITS, steps: 16 } as const;

/** What a formula makes of a product's result and of tensors of its shape. */
function formulaOf(
  op: ProductFormulaOp,
  inputs: InputTypes,
  product: (own: InputTypes) => TensorType[],
  formula: { readonly steps: ElementwiseSteps; readonly constants: readonly number[] },
): TensorType[] {
  const own = PRODUCT_INPUTS[op];
  const made = product(inputs.slice(0, own));
  const others = inputs.slice(own);
  others.forEach((_, index) =>
    checkShape(op, `x${index + 1}`, given(op, others, index), made[0]?.shape ?? []),
  );
  if (formula.steps.length > PRODUCT_FORMULA_LIMITS.steps)
    throw attributeError(`${op}: ${formula.steps.length} steps; at most ${PRODUCT_FORMULA_LIMITS.steps}`);
  return elementwise([...made, ...others], formula);
}

export const matmulElementwise: Infer<'matmul_elementwise'> = (inputs, attributes) =>
  formulaOf('matmul_elementwise', inputs, (own) => matmul(own, attributes), attributes);

export const linearElementwise: Infer<'linear_elementwise'> = (inputs, attributes) =>
  formulaOf('linear_elementwise', inputs, (own) => linear(own, {}), attributes);

/** Checks the numbers of a convolution of `spatial` axes. */
function checkGeometry(spatial: number, { stride, padding, dilation, groups }: ConvolutionAttributes): void {
  if (spatial < 1 || spatial > 3)
    throw shapeError(`convolution: ${spatial} spatial dimensions; 1, 2 or 3 are possible`);
  if (stride.length !== spatial || dilation.length !== spatial || padding.length !== 2 * spatial)
    throw attributeError(
      `convolution over ${spatial} dimensions: stride ${list(stride)}, padding ${list(padding)}, dilation ${list(dilation)}`,
    );
  if (stride.some((n) => n <= 0)) throw attributeError('non-positive stride is not supported');
  if (padding.some((n) => n < 0)) throw attributeError('negative padding is not supported');
  if (dilation.some((n) => n <= 0))
    throw attributeError(`dilation should be greater than zero, but got ${list(dilation)}`);
  if (!Number.isInteger(groups) || groups <= 0)
    throw attributeError(`expected groups to be positive, but got ${groups}`);
}

/** Output sizes of a convolution: ⌊(size + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1 per axis. */
export function convolutionSizes(sizes: Shape, kernel: Shape, attributes: ConvolutionAttributes): number[] {
  const { stride, padding, dilation } = attributes;
  const padded = sizes.map((n, axis) => n + (padding[2 * axis] ?? 0) + (padding[2 * axis + 1] ?? 0));
  const reach = kernel.map((n, axis) => (dilation[axis] ?? 1) * (n - 1) + 1);
  if (padded.some((n, axis) => n < (reach[axis] ?? 1)))
    throw shapeError(
      `Calculated padded input size per channel: (${padded.join(' x ')}). Kernel size: (${reach.join(' x ')}). Kernel size can't be greater than actual input size`,
      `at least ${reach.join(' x ')}`,
      padded.join(' x '),
    );
  return padded.map((n, axis) => Math.floor((n - (reach[axis] ?? 1)) / (stride[axis] ?? 1)) + 1);
}

function checkRank(name: string, x: Shape, spatial: number): void {
  if (x.length !== spatial + 2)
    throw shapeError(
      `Expected ${spatial + 1}D (unbatched) or ${spatial + 2}D (batched) input to ${name}${spatial}d, but got input of size: ${list(x)}`,
    );
}

function checkBias(
  weight: Shape,
  bias: TensorType | null | undefined,
  channels: number,
  transposed: boolean,
): void {
  if (bias && !shapesEqual(bias.shape, [channels]))
    throw shapeError(
      `Given ${transposed ? 'transposed=1, ' : ''}weight of size ${list(weight)}, expected bias to be 1-dimensional with ${channels} elements, but got bias of size ${list(bias.shape)} instead`,
    );
}

export const convolution: Infer<'convolution'> = (inputs, attributes) => {
  const x = given('convolution', inputs, 0);
  const weight = given('convolution', inputs, 1).shape;
  const spatial = weight.length - 2;
  checkGeometry(spatial, attributes);
  checkRank('conv', x.shape, spatial);
  const { groups } = attributes;
  const [out, perGroup] = [size(weight, 0), size(weight, 1)];
  if (out % groups !== 0)
    throw shapeError(
      `Given groups=${groups}, expected weight to be divisible by ${groups} at dimension 0, but got weight of size [${list(weight)}] instead`,
    );
  if (size(x.shape, 1) !== perGroup * groups)
    throw shapeError(
      `Given groups=${groups}, weight of size ${list(weight)}, expected input${list(x.shape)} to have ${perGroup * groups} channels, but got ${size(x.shape, 1)} channels instead`,
      String(perGroup * groups),
      String(size(x.shape, 1)),
    );
  checkBias(weight, inputs[2], out, false);
  const sizes = convolutionSizes(x.shape.slice(2), weight.slice(2), attributes);
  return [{ dtype: resultType('convolution', inputs, attributes), shape: [size(x.shape, 0), out, ...sizes] }];
};

/** Checks that a gradient `gy` is what a convolution of `x` by `weight` would have made. */
function checkGradient(
  op: OpName,
  gy: Shape,
  x: Shape,
  weight: Shape,
  attributes: ConvolutionAttributes,
): void {
  const sizes = convolutionSizes(x.slice(2), weight.slice(2), attributes);
  const expected = [size(x, 0), size(weight, 0), ...sizes];
  if (!shapesEqual(gy, expected))
    throw shapeError(`${op}: expected the output's gradient of shape ${list(expected)}, got ${list(gy)}`);
}

export const convolutionInputGradient: Infer<'convolution_input_gradient'> = (inputs, attributes) => {
  const op = 'convolution_input_gradient';
  const gy = given(op, inputs, 0).shape;
  const weight = given(op, inputs, 1).shape;
  const { shape, groups } = attributes;
  const spatial = weight.length - 2;
  checkGeometry(spatial, attributes);
  checkRank('conv_transpose', gy, spatial);
  if (size(gy, 1) !== size(weight, 0))
    throw shapeError(
      `Given transposed=1, weight of size ${list(weight)}, expected input${list(gy)} to have ${size(weight, 0)} channels, but got ${size(gy, 1)} channels instead`,
      String(size(weight, 0)),
      String(size(gy, 1)),
    );
  if (size(weight, 0) % groups !== 0)
    throw shapeError(
      `Given groups=${groups}, expected weight to be divisible by ${groups} at dimension 0, but got weight of size [${list(weight)}] instead`,
    );
  if (shape.slice(2).some((n) => n <= 0))
    throw shapeError(
      `Given input size per channel: (${gy.slice(2).join(' x ')}). Calculated output size per channel: (${shape.slice(2).join(' x ')}). Output size is too small`,
    );
  checkSizes(op, shape);
  if (size(shape, 1) !== size(weight, 1) * groups)
    throw shapeError(`${op}: shape ${list(shape)} does not have ${size(weight, 1) * groups} channels`);
  checkGradient(op, gy, shape, weight, attributes);
  checkBias(weight, inputs[2], size(shape, 1), true);
  return [{ dtype: resultType(op, inputs, attributes), shape }];
};

export const convolutionWeightGradient: Infer<'convolution_weight_gradient'> = (
  inputs: InputTypes,
  attributes,
) => {
  const op = 'convolution_weight_gradient';
  const gy = given(op, inputs, 0).shape;
  const x = given(op, inputs, 1).shape;
  const { shape } = attributes;
  checkSizes(op, shape);
  checkGeometry(shape.length - 2, attributes);
  checkRank('conv', x, shape.length - 2);
  checkGradient(op, gy, x, shape, attributes);
  return [{ dtype: resultType(op, inputs, attributes), shape }];
};
