// Views of one storage and making them dense: the base every other functional file stands on.
import { LazuliError } from '../../errors';
import { contiguousStrides, numel, shapesEqual, type Shape } from '../../tensor/shape';
import { Tensor, type TensorLayout } from '../../tensor/tensor';
import { apply, gradientEnabled, noGrad, ViewNode } from '../dispatch';
import { attributeError, list, shapeError } from '../infer/checks';

/** Marks `output` as computed from `inputs`, with a gradient that is a function of the output's gradient alone. */
export function withGradient(
  name: string,
  input: Tensor,
  output: Tensor,
  gradient: (gradOutput: Tensor) => Tensor,
): Tensor {
  if (gradientEnabled() && input.requiresGrad)
    output.gradFn = new ViewNode(name, [input], [output], gradient);
  return output;
}

/** A tensor over the storage of `x`, laid out otherwise. */
export function view(
  name: string,
  x: Tensor,
  layout: Omit<TensorLayout, 'dtype'>,
  gradient: (gradOutput: Tensor) => Tensor,
): Tensor {
  x.assertUsable(name);
  return withGradient(name, x, new Tensor(x.storage, { ...layout, dtype: x.dtype }).countWith(x), gradient);
}

/** `x` with its elements dense and row-major: itself when it is so already, else a copy. */
export function contiguous(x: Tensor): Tensor {
  x.assertUsable('contiguous');
  if (x.isContiguous()) return x;
  const { shape, strides } = x;
  const reach =
    numel(shape) === 0 ? 0 : shape.reduce((sum, n, axis) => sum + (n - 1) * (strides[axis] ?? 0), 1);
  const base = new Tensor(x.storage, { dtype: x.dtype, shape: [reach], offset: x.offset });
  const copy = noGrad(() => first(apply('strided_copy', [base], { shape, strides, offset: 0 })));
  return withGradient('contiguous', x, copy, (gradOutput) => gradOutput);
}

/** A dense copy in its own storage. */
export function clone(x: Tensor): Tensor {
  if (!x.isContiguous()) return contiguous(x);
  const attributes = { shape: x.shape, strides: contiguousStrides(x.shape), offset: 0 };
  const copy = noGrad(() => first(apply('strided_copy', [x], attributes)));
  return withGradient('clone', x, copy, (gradOutput) => gradOutput);
}

/** The first of an op's outputs. */
export function first(outputs: readonly Tensor[]): Tensor {
  const [output] = outputs;
  if (!output) throw new LazuliError('internal', 'an op gave no output');
  return output;
}

/** The sizes meant by `shape`, where one may be -1. Throws PyTorch's errors. */
function resolveShape(shape: Shape, count: number): number[] {
  const invalid = shape.findIndex((n) => !Number.isInteger(n) || n < -1);
  if (invalid >= 0)
    throw shapeError(
      `invalid shape dimension ${shape[invalid] ?? ''} at index ${invalid} of shape ${list(shape)}`,
    );
  const blank = shape.indexOf(-1);
  if (blank !== shape.lastIndexOf(-1)) throw attributeError('only one dimension can be inferred');
  const known = numel(shape.filter((n) => n !== -1));
  if (blank >= 0 && known === 0 && count === 0)
    throw shapeError(
      `cannot reshape tensor of 0 elements into shape ${list(shape)} because the unspecified dimension size -1 can be any value and is ambiguous`,
    );
  if (blank < 0 ? known !== count : known === 0 || count % known !== 0)
    throw shapeError(
      `shape '${list(shape)}' is invalid for input of size ${count}`,
      list(shape),
      String(count),
    );
  return shape.map((n) => (n === -1 ? count / known : n));
}

/** The same elements in another shape, where one size may be -1. A view when `x` is dense, else a copy. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const sizes = resolveShape(shape, x.numel());
  const source = contiguous(x);
  if (shapesEqual(source.shape, sizes)) return source;
  return view('reshape', source, { shape: sizes, offset: source.offset }, (gradOutput) =>
    reshape(gradOutput, source.shape),
  );
}
