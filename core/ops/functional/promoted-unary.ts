// Functions of each element alone, of tensors of any dtype, as PyTorch has them: what gives whole numbers of whole numbers stays
// whole and is computed in int64, everything else becomes float32, PyTorch's default dtype. Whole numbers have no gradient.
import { LazuliError } from '../../errors';
import { isFloatingPoint, type DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { fromArray } from '../create';
import * as floats from './elementwise';
import { wholeElementwise, unsupported } from './promoted';

type Unary = (x: Tensor) => Tensor;

/** The tensor itself, or the float32 of whole numbers and truths. */
export const floatOf: Unary = (x) => (isFloatingPoint(x.dtype) ? x : floats.cast(x, 'float32'));

/** An int64 scalar beside `x`, cut to `dtype` first: -1 among bytes is 255. */
const scalar = (x: Tensor, value: number, dtype: DType = 'int64'): Tensor =>
  floats.cast(fromArray(value, 'int64', x.device), dtype);

/** `ofWhole` in int64, cut to the dtype of `x`; `refusal` says why truths are not taken. */
const keepingWhole =
  (ofFloats: Unary, ofWhole: Unary, refusal: (dtype: DType) => LazuliError): Unary =>
  (x) => {
    if (isFloatingPoint(x.dtype)) return ofFloats(x);
    if (x.dtype === 'bool') throw refusal(x.dtype);
    return floats.cast(ofWhole(x), x.dtype);
  };

const noTruths =
  (message: string) =>
  (dtype: DType): LazuliError =>
    new LazuliError('dtype_mismatch', message, {
      expected: 'numbers',
      got: dtype,
      hint: 'use logical_not, or convert with a to layer',
    });
const unsupportedBy = (kernel: string) => (dtype: DType) => unsupported(kernel, dtype);

const negative: Unary = (x) => wholeElementwise('sub', [scalar(x, 0), x]);

export const absPromoted = keepingWhole(
  floats.abs,
  (x) => wholeElementwise('maximum', [x, negative(x)]),
  unsupportedBy('abs_cpu'),
);
export const negPromoted = keepingWhole(
  floats.neg,
  negative,
  noTruths(
    'Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.',
  ),
);
export const floorPromoted = keepingWhole(floats.floor, (x) => x, unsupportedBy('floor_vml_cpu'));
export const ceilPromoted = keepingWhole(floats.ceil, (x) => x, unsupportedBy('ceil_vml_cpu'));
export const roundPromoted = keepingWhole(floats.round, (x) => x, unsupportedBy('round_vml_cpu'));
export const reluPromoted = keepingWhole(
  floats.relu,
  (x) => wholeElementwise('maximum', [x, scalar(x, 0)]),
  noTruths('Boolean inputs not supported for relu'),
);

/** -1, 0 or 1; truths are their own sign. */
export function signPromoted(x: Tensor): Tensor {
  if (isFloatingPoint(x.dtype)) return floats.sign(x);
  if (x.dtype === 'bool') return x;
  const nought = scalar(x, 0);
  const [isAbove, isBelow] = [wholeElementwise('lt', [nought, x]), wholeElementwise('lt', [x, nought])];
  return floats.cast(wholeElementwise('sub', [isAbove, isBelow]), x.dtype);
}

/** What truths are counted in. */
const counted = (x: Tensor): Tensor => (x.dtype === 'bool' ? floats.cast(x, 'int64') : x);

export function squarePromoted(x: Tensor): Tensor {
  if (isFloatingPoint(x.dtype)) return floats.square(x);
  const numbers = counted(x);
  return floats.cast(wholeElementwise('mul', [numbers, numbers]), numbers.dtype);
}

/** To the power of a number; of whole numbers to a whole one whole. */
export function powPromoted(x: Tensor, exponent: number): Tensor {
  if (isFloatingPoint(x.dtype) || !Number.isSafeInteger(exponent)) return floats.pow(floatOf(x), exponent);
  if (exponent < 0)
    throw new LazuliError('dtype_mismatch', 'Integers to negative integer powers are not allowed.', {
      expected: 'floats, or an exponent of at least 0',
      got: `${x.dtype} and ${exponent}`,
      hint: 'convert the input with a to layer',
    });
  const numbers = counted(x);
  let result = wholeElementwise('add', [wholeElementwise('mul', [numbers, scalar(x, 0)]), scalar(x, 1)]);
  let power = numbers;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = wholeElementwise('mul', [result, power]);
    if (rest > 1) power = wholeElementwise('mul', [power, power]);
  }
  return floats.cast(result, numbers.dtype);
}

/** Limits to [min, max]; whole numbers between whole bounds stay whole. */
export function clampPromoted(
  x: Tensor,
  { min = null, max = null }: { min?: number | null; max?: number | null },
): Tensor {
  const isWhole = [min, max].every((bound) => bound === null || Number.isSafeInteger(bound));
  if (isFloatingPoint(x.dtype) || !isWhole) return floats.clamp(floatOf(x), { min, max });
  const numbers = counted(x);
  const bound = (value: number): Tensor => scalar(x, value, numbers.dtype);
  const raised = min === null ? numbers : wholeElementwise('maximum', [numbers, bound(min)]);
  return floats.cast(
    max === null ? raised : wholeElementwise('minimum', [raised, bound(max)]),
    numbers.dtype,
  );
}
