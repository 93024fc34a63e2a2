// Inference of the pools and of their gradients.
import { numel, type Shape } from '../../tensor/shape';
import type { OpName, WindowAttributes } from '../signatures';
import {
  attributeError,
  checkDType,
  checkShape,
  checkSizes,
  floatType,
  given,
  list,
  shapeError,
  size,
} from './checks';
import type { Infer } from './checks';

/**
 * Output sizes of a pool, as PyTorch's `pooling_output_shape`: with ceil_mode the last window must start inside the input
 * or the left padding.
 */
export function poolSizes(
  op: OpName,
  x: Shape,
  attributes: WindowAttributes & { readonly ceil_mode: boolean },
): number[] {
  const { kernel, stride, padding, dilation, ceil_mode } = attributes;
  const spatial = kernel.length;
  if (spatial < 1 || spatial > 3)
    throw shapeError(`${op}: ${spatial} spatial dimensions; 1, 2 or 3 are possible`);
  if (stride.length !== spatial || dilation.length !== spatial || padding.length !== 2 * spatial)
    throw attributeError(
      `${op}: kernel ${list(kernel)}, stride ${list(stride)}, padding ${list(padding)}, dilation ${list(dilation)}`,
    );
  if (kernel.some((n) => n <= 0))
    throw attributeError(`kernel size should be greater than zero, but got ${list(kernel)}`);
  if (stride.some((n) => n <= 0)) throw attributeError('stride should not be zero');
  if (dilation.some((n) => n <= 0))
    throw attributeError(`dilation should be greater than zero, but got ${list(dilation)}`);
  if (x.length !== spatial + 2)
    throw shapeError(
      `Expected ${spatial + 1}D or ${spatial + 2}D (batch mode) tensor expected for input, but got: ${list(x)}`,
    );
  const sizes = kernel.map((n, axis) => {
    const before = padding[2 * axis] ?? 0;
    const after = padding[2 * axis + 1] ?? 0;
    const gap = dilation[axis] ?? 1;
    const step = stride[axis] ?? 1;
    const reach = gap * (n - 1) + 1;
    if (before < 0 || after < 0)
      throw attributeError(`pad must be non-negative, but got pad: ${Math.min(before, after)}`);
    if (Math.max(before, after) > Math.floor(reach / 2))
      throw attributeError(
        `pad should be at most half of effective kernel size, but got pad=${Math.max(before, after)}, kernel_size=${n} and dilation=${gap}`,
      );
    const length = size(x, axis + 2);
    const free = length + before + after - reach + (ceil_mode ? step - 1 : 0);
    const windows = Math.floor(free / step) + 1;
    return ceil_mode && (windows - 1) * step >= length + before ? windows - 1 : windows;
  });
  if (sizes.some((n) => n < 1)) {
    if (op === 'max_pool' && spatial === 1)
      throw shapeError(`max_pool1d() Invalid computed output size: ${size(sizes, 0)}`);
    const one = spatial === 1 ? '1x' : '';
    throw shapeError(
      `Given input size: (${size(x, 1)}x${one}${x.slice(2).join('x')}). Calculated output size: (${size(x, 1)}x${one}${sizes.join('x')}). Output size is too small`,
    );
  }
  return sizes;
}

export const maxPool: Infer<'max_pool'> = (inputs, attributes) => {
  const { shape } = given('max_pool', inputs, 0);
  const pooled = [...shape.slice(0, 2), ...poolSizes('max_pool', shape, attributes)];
  return [
    { dtype: floatType('max_pool', inputs), shape: pooled },
    { dtype: 'int64', shape: pooled },
  ];
};

export const maxPoolGradient: Infer<'max_pool_gradient'> = (inputs, { shape }) => {
  const op = 'max_pool_gradient';
  const gy = given(op, inputs, 0);
  const indices = given(op, inputs, 1);
  checkDType(op, 'indices', indices, 'int64');
  checkShape(op, 'indices', indices, gy.shape);
  checkSizes(op, shape);
  checkPlanes(op, gy.shape, shape);
  return [{ dtype: floatType(op, [gy]), shape }];
};

function checkPlanes(op: OpName, gy: Shape, shape: Shape): void {
  if (gy.length !== shape.length || gy[0] !== shape[0] || gy[1] !== shape[1])
    throw shapeError(`${op}: a gradient of shape ${list(gy)} for an input of shape ${list(shape)}`);
}

function checkAverage(attributes: OpAttributesOfAverage): void {
  const { divisor_override, dilation } = attributes;
  if (divisor_override === 0) throw attributeError('divisor must be not zero');
  if (divisor_override !== null && divisor_override < 0)
    throw attributeError(`divisor must be positive, got ${divisor_override}`);
  if (dilation.some((n) => n !== 1))
    throw attributeError(`avg_pool: dilation must be 1, got ${list(dilation)}`);
}
type OpAttributesOfAverage = WindowAttributes & { readonly divisor_override: number | null };

export const avgPool: Infer<'avg_pool'> = (inputs, attributes) => {
  const { shape } = given('avg_pool', inputs, 0);
  checkAverage(attributes);
  const sizes = poolSizes('avg_pool', shape, attributes);
  return [{ dtype: floatType('avg_pool', inputs), shape: [...shape.slice(0, 2), ...sizes] }];
};

export const avgPoolGradient: Infer<'avg_pool_gradient'> = (inputs, attributes) => {
  const op = 'avg_pool_gradient';
  const gy = given(op, inputs, 0);
  const { shape } = attributes;
  checkSizes(op, shape);
  checkAverage(attributes);
  checkShape(op, "the output's gradient", gy, [...shape.slice(0, 2), ...poolSizes(op, shape, attributes)]);
  return [{ dtype: floatType(op, inputs), shape }];
};

export const adaptiveAvgPool: Infer<'adaptive_avg_pool'> = (inputs, { output_size }) => {
  const op = 'adaptive_avg_pool';
  const { shape } = given(op, inputs, 0);
  const spatial = output_size.length;
  if (shape.length !== spatial + 2)
    throw shapeError(
      `adaptive_avg_pool${spatial}d(): Expected ${spatial + 1}D or ${spatial + 2}D tensor, but got ${list(shape)}`,
    );
  const empty = shape.findIndex((n, axis) => axis > 0 && n === 0);
  if (empty > 0)
    throw shapeError(
      `adaptive_avg_pool${spatial}d(): Expected input to have non-zero size for non-batch dimensions, but input has sizes ${list(shape)} with dimension ${empty} being empty`,
    );
  checkSizes(op, output_size);
  return [{ dtype: floatType(op, inputs), shape: [...shape.slice(0, 2), ...output_size] }];
};

export const adaptiveAvgPoolGradient: Infer<'adaptive_avg_pool_gradient'> = (inputs, { shape }) => {
  const op = 'adaptive_avg_pool_gradient';
  const gy = given(op, inputs, 0);
  checkSizes(op, shape);
  checkPlanes(op, gy.shape, shape);
  if (numel(shape) === 0 && numel(gy.shape) > 0)
    throw shapeError(`${op}: a gradient of shape ${list(gy.shape)} for an empty input`);
  return [{ dtype: floatType(op, inputs), shape }];
};
