// Arithmetic of tensors of any dtype with PyTorch's type promotion: floats go the usual way, whole numbers and truths are computed
// in int64 and cut to the promoted type, which gives what arithmetic in that type would. Whole numbers have no gradient.
import { LazuliError } from '../../errors';
import { isFloatingPoint, type DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { fromArray } from '../create';
import { apply, noGrad } from '../dispatch';
import { normalizeAxes, normalizeAxis, scalarTypeName } from '../infer/checks';
import type { Formula, Term } from '../expression';
import type { IntegerFunction, IntegerKind, ScalarFunction } from '../signatures';
import { contiguous, first, reshape } from './dense';
import { cast, elementwise, fused, neg, where } from './elementwise';
import * as reductions from './reductions';
import { prod, scan } from './scan';

const ORDER: readonly DType[] = [
  'bool',
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
];
const rankOf = (dtype: DType): number => ORDER.indexOf(dtype);

/** The dtype of two of one kind of tensor. Source: c10/core/ScalarType.cpp, promoteTypes. */
function promoteTypes(a: DType, b: DType): DType {
  const [low = a, high = b] = [a, b].sort((x, y) => rankOf(x) - rankOf(y));
  if (low === 'uint8' && high === 'int8') return 'int16';
  if (low === 'float16' && high === 'bfloat16') return 'float32';
  return high;
}

/** bool, whole numbers, floats: a tensor of numbers decides over a scalar of no higher one of these. */
const kindOf = (dtype: DType): number => (isFloatingPoint(dtype) ? 2 : dtype === 'bool' ? 0 : 1);

/** The dtype in which tensors meet: torch.result_type. Scalars (rank 0) count only where they are of a higher kind. */
export function resultType(tensors: readonly Tensor[]): DType {
  const highest = (list: readonly Tensor[]): number =>
    Math.max(-1, ...list.map(({ dtype }) => kindOf(dtype)));
  const ranked = tensors.filter(({ rank }) => rank > 0);
  const scalars = tensors.filter(({ rank }) => rank === 0);
  const deciding =
    highest(ranked) >= highest(scalars) ? ranked : highest(ranked) < 0 ? tensors : [...ranked, ...scalars];
  const own = highest(deciding);
  const counted = deciding === ranked ? ranked : deciding.filter(({ dtype }) => kindOf(dtype) === own);
  return counted.map(({ dtype }) => dtype).reduce(promoteTypes);
}

const isWhole = (dtype: DType): boolean => !isFloatingPoint(dtype);

/** PyTorch's refusal of a dtype by the kernel `name`. */
export const unsupported = (name: string, dtype: DType): LazuliError =>
  new LazuliError('dtype_mismatch', `"${name}" not implemented for '${scalarTypeName(dtype)}'`, {
    expected: 'whole numbers',
    got: dtype,
    hint: 'convert the input with a to layer',
  });

/** Of whole numbers and truths, computed in int64 and left in it. */
export function wholeElementwise(name: IntegerFunction, operands: readonly Tensor[]): Tensor {
  const wide = operands.map((operand) => contiguous(cast(operand, 'int64')));
  return first(apply('integer_elementwise', wide, { function: name }));
}

/** Of two tensors after both became `dtype`: -1 beside bytes is 255. */
const integersAs = (name: IntegerFunction, operands: readonly Tensor[], dtype: DType): Tensor =>
  wholeElementwise(
    name,
    operands.map((operand) => cast(operand, dtype)),
  );

type Binary = (a: Tensor, b: Tensor) => Tensor;

/** In the promoted type; `ofBools` is what it means for truths, or why it means nothing. */
const arithmetic =
  (
    name: IntegerFunction & ScalarFunction,
    ofBools: IntegerFunction | ((dtype: DType) => LazuliError),
  ): Binary =>
  (a, b) => {
    const dtype = resultType([a, b]);
    if (isFloatingPoint(dtype)) return elementwise([[name, 0, 1]], [], [cast(a, dtype), cast(b, dtype)]);
    if (dtype !== 'bool') return cast(integersAs(name, [a, b], dtype), dtype);
    if (typeof ofBools === 'function') throw ofBools(dtype);
    return cast(integersAs(ofBools, [a, b], dtype), 'bool');
  };

const noDifference = (text: string): LazuliError =>
  new LazuliError('dtype_mismatch', `Subtraction, the \`-\` operator, ${text}`, {
    got: 'bool',
    hint: 'use bitwise_xor or logical_not, or convert with a to layer',
  });

const difference = arithmetic('sub', () => noDifference('with two bool tensors is not supported.'));

/** PyTorch subtracts no truths. */
export function subPromoted(a: Tensor, b: Tensor): Tensor {
  const bools = [a, b].filter(({ dtype }) => dtype === 'bool').length;
  if (bools === 2)
    throw noDifference(
      'with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.',
    );
  if (bools === 1)
    throw noDifference(
      'with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.',
    );
  return difference(a, b);
}

export const addPromoted = arithmetic('add', 'bitwise_or');
export const mulPromoted = arithmetic('mul', 'bitwise_and');
export const maximumPromoted = arithmetic('maximum', 'bitwise_or');
export const minimumPromoted = arithmetic('minimum', 'bitwise_and');

/** True division: whole numbers become float32, PyTorch's default dtype. */
export function divPromoted(a: Tensor, b: Tensor): Tensor {
  const found = resultType([a, b]);
  const dtype = isWhole(found) ? 'float32' : found;
  return elementwise([['div', 0, 1]], [], [cast(a, dtype), cast(b, dtype)]);
}

/** What fmod leaves, and 1 where rounding the quotient down takes one more off it than rounding towards 0 does. */
function divided(f: Formula, a: Term, b: Term): { readonly rest: Term; readonly isBelow: Term } {
  const nought = f.constant(0);
  const rest = f.step('fmod', a, b);
  const turned = f.step('ne', f.step('lt', b, nought), f.step('lt', rest, nought));
  return { rest, isBelow: f.step('mul', f.step('ne', rest, nought), turned) };
}

/** Source: c10/util/generic_math.h, div_floor_floating. */
function quotient(f: Formula, a: Term, b: Term): Term {
  const { rest, isBelow } = divided(f, a, b);
  const whole = f.step('round', f.step('sub', f.step('div', f.step('sub', a, rest), b), isBelow));
  return f.step('where', f.step('eq', b, f.constant(0)), f.step('div', a, b), whole);
}

function rest(f: Formula, a: Term, b: Term): Term {
  const { rest: towardsZero, isBelow } = divided(f, a, b);
  return f.step('add', towardsZero, f.step('where', isBelow, b, f.constant(0)));
}

/** `torch` names PyTorch's kernel in the refusal of truths. */
const division =
  (name: IntegerFunction, torch: string, ofFloats: (f: Formula, a: Term, b: Term) => Term): Binary =>
  (a, b) => {
    const dtype = resultType([a, b]);
    if (isFloatingPoint(dtype))
      return fused([cast(a, dtype), cast(b, dtype)], (f, left = f.constant(0), right = left) =>
        ofFloats(f, left, right),
      );
    if (dtype === 'bool') throw unsupported(torch, dtype);
    return cast(integersAs(name, [a, b], dtype), dtype);
  };

const roundedDown = division('floor_divide', 'div_floor_cpu', quotient);
/** The quotient rounded down. As in PyTorch it has no derivative: no gradient reaches the inputs. */
export const floorDivide: Binary = (a, b) => noGrad(() => roundedDown(a, b));
/** What is left of `a` after dividing by `b` and rounding down; it has the sign of `b`. */
export const remainder = division('remainder', 'remainder_cpu', rest);

const bitwise =
  (name: IntegerFunction, torch: string): Binary =>
  (a, b) => {
    const dtype = resultType([a, b]);
    if (isFloatingPoint(dtype)) throw unsupported(torch, dtype);
    return cast(integersAs(name, [a, b], dtype), dtype);
  };

export const bitwiseAnd = bitwise('bitwise_and', 'bitwise_and_cpu');
export const bitwiseOr = bitwise('bitwise_or', 'bitwise_or_cpu');
export const bitwiseXor = bitwise('bitwise_xor', 'bitwise_xor_cpu');

/** Every bit turned; of truths the opposite. */
export function bitwiseNot(x: Tensor): Tensor {
  if (isFloatingPoint(x.dtype)) throw unsupported('bitwise_not_cpu', x.dtype);
  const ones = fromArray(x.dtype === 'bool' ? 1 : -1, 'int64', x.device);
  return cast(wholeElementwise('bitwise_xor', [x, ones]), x.dtype);
}

/** true where x is 0. */
export function logicalNot(x: Tensor): Tensor {
  if (isFloatingPoint(x.dtype)) return cast(elementwise([['eq', 0, 1]], [0], [x]), 'bool');
  return cast(wholeElementwise('eq', [x, fromArray(0, 'int64', x.device)]), 'bool');
}

/** Truths, compared in the promoted type. */
const comparison =
  (name: ScalarFunction, whole: IntegerFunction, isSwapped = false): Binary =>
  (a, b) => {
    const dtype = resultType([a, b]);
    if (isFloatingPoint(dtype))
      return cast(elementwise([[name, 0, 1]], [], [cast(a, dtype), cast(b, dtype)]), 'bool');
    return cast(integersAs(whole, isSwapped ? [b, a] : [a, b], dtype), 'bool');
  };

export const equal = comparison('eq', 'eq');
export const notEqual = comparison('ne', 'ne');
export const less = comparison('lt', 'lt');
export const lessEqual = comparison('le', 'le');
export const greater = comparison('gt', 'lt', true);
export const greaterEqual = comparison('ge', 'le', true);

/** `a` where the condition is not 0, else `b`, in the promoted type. */
export function wherePromoted(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const dtype = resultType([a, b]);
  if (isFloatingPoint(dtype)) return where(cast(condition, dtype), cast(a, dtype), cast(b, dtype));
  const truths = isFloatingPoint(condition.dtype) ? cast(condition, 'bool') : condition;
  return cast(wholeElementwise('where', [truths, cast(a, dtype), cast(b, dtype)]), dtype);
}

function along(kind: IntegerKind, x: Tensor, axis: number): Tensor {
  return first(apply('integer_along', [contiguous(cast(x, 'int64'))], { kind, axis }));
}

type Options = reductions.ReduceOptions;

function reduceWhole(
  kind: 'sum' | 'max' | 'min',
  x: Tensor,
  axes: readonly number[],
  { keepdim = false }: Options,
): Tensor {
  const normal = normalizeAxes(axes, x.rank);
  const reduced = normal.reduce((part, axis) => along(kind, part, axis), x);
  const shape = x.shape.flatMap((size, axis) => (normal.includes(axis) ? (keepdim ? [1] : []) : [size]));
  return reshape(cast(reduced, kind === 'sum' ? 'int64' : x.dtype), shape);
}

/** Whole numbers and truths sum to int64. */
export const sumPromoted = (x: Tensor, axes: readonly number[], options: Options = {}): Tensor =>
  isFloatingPoint(x.dtype) ? reductions.sum(x, axes, options) : reduceWhole('sum', x, axes, options);
export const amaxPromoted = (x: Tensor, axes: readonly number[], options: Options = {}): Tensor =>
  isFloatingPoint(x.dtype) ? reductions.amax(x, axes, options) : reduceWhole('max', x, axes, options);
export const aminPromoted = (x: Tensor, axes: readonly number[], options: Options = {}): Tensor =>
  isFloatingPoint(x.dtype) ? reductions.amin(x, axes, options) : reduceWhole('min', x, axes, options);

/** The product along one axis. Whole numbers and truths multiply to int64. Source: torch.prod. */
export function prodPromoted(x: Tensor, axis: number, { keepdim = false }: Options = {}): Tensor {
  const at = normalizeAxis(axis, Math.max(x.rank, 1));
  if (x.rank === 0) return isFloatingPoint(x.dtype) ? x : cast(x, 'int64');
  const product = isFloatingPoint(x.dtype) ? prod(x, at) : along('prod', x, at);
  return keepdim ? product : reshape(product, x.shape.toSpliced(at, 1));
}

export function meanPromoted(x: Tensor, axes: readonly number[], options: Options = {}): Tensor {
  if (isFloatingPoint(x.dtype)) return reductions.mean(x, axes, options);
  throw new LazuliError(
    'dtype_mismatch',
    `mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ${scalarTypeName(x.dtype)}`,
    { expected: 'floats', got: x.dtype, hint: 'convert the input with a to layer' },
  );
}

/** int64 positions along an axis; PyTorch has none of truths. */
const placesPromoted =
  (kind: 'argmax' | 'argmin', ofFloats: typeof reductions.argmax) =>
  (x: Tensor, axis: number, { keepdim = false }: Options = {}): Tensor => {
    if (isFloatingPoint(x.dtype)) return ofFloats(x, axis, { keepdim });
    if (x.dtype === 'bool')
      throw new LazuliError('dtype_mismatch', `${kind}(): does not support bool input`, {
        got: 'bool',
        hint: 'convert the input with a to layer',
      });
    const at = normalizeAxis(axis, x.rank);
    const found = along(kind, x, at);
    return keepdim ? found : reshape(found, x.shape.toSpliced(at, 1));
  };

/** int64 positions of the first largest element along an axis. */
export const argmaxPromoted = placesPromoted('argmax', reductions.argmax);
/** int64 positions of the first smallest element along an axis. */
export const argminPromoted = placesPromoted('argmin', (x, axis, options) =>
  reductions.argmax(neg(x), axis, options),
);

/** What a whole number is summed or multiplied in up to each place; floats by the op scan. */
const upTo =
  (kind: 'sum' | 'prod', ofIntegers: (x: Tensor, axis: number) => Tensor) =>
  (x: Tensor, axis: number): Tensor => {
    const at = normalizeAxis(axis, Math.max(x.rank, 1));
    if (x.rank === 0) return isFloatingPoint(x.dtype) ? x : cast(x, 'int64');
    return isFloatingPoint(x.dtype) ? scan(kind, x, at) : ofIntegers(x, at);
  };

/** Sums up to each place along an axis; whole numbers and truths sum to int64. Source: torch.cumsum. */
export const cumsum = upTo('sum', (x, axis) => along('cumsum', x, axis));
/** Products up to each place along an axis; whole numbers and truths multiply to int64. Source: torch.cumprod. */
export const cumprod = upTo('prod', (x, axis) => along('cumprod', x, axis));

/** int64 `[*, classes]`: 1 at each number's place. A number outside is an error. */
export function oneHot(x: Tensor, classes: number): Tensor {
  if (x.dtype !== 'int64')
    throw new LazuliError(
      'dtype_mismatch',
      'one_hot is only applicable to index tensor of type LongTensor.',
      {
        expected: 'int64',
        got: x.dtype,
        hint: 'convert the input with a to layer',
      },
    );
  const numbers = fromArray(
    BigInt64Array.from({ length: classes }, (_, at) => BigInt(at)),
    'int64',
    x.device,
  );
  // Looked up as a row, so that a number outside is refused; what is looked up is 0.
  const zeros = fromArray(new BigInt64Array(classes), 'int64', x.device);
  const nothing = first(apply('gather', [zeros, contiguous(x)], {}));
  const column = [...x.shape, 1];
  return wholeElementwise('add', [
    wholeElementwise('eq', [reshape(x, column), numbers]),
    reshape(nothing, column),
  ]);
}

/** Tensors in the one dtype in which they can be joined. */
export function joined(tensors: readonly Tensor[]): readonly Tensor[] {
  const dtype = tensors.map((tensor) => tensor.dtype).reduce(promoteTypes);
  return tensors.map((tensor) => cast(tensor, dtype));
}
