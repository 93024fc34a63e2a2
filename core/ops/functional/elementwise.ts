// Arithmetic on elements: one fused primitive, and a named function per scalar function. Operands broadcast; numbers become
// constants of the tensors' dtype; tensors of two float dtypes meet in the wider one, as in PyTorch.
import { LazuliError } from '../../errors';
import type { DType } from '../../tensor/dtype';
import { Tensor } from '../../tensor/tensor';
import { apply } from '../dispatch';
import { emitSteps, Formula, type Term } from '../expression';
import { scalarTypeName } from '../infer/checks';
import type { ElementwiseSteps, ScalarFunction } from '../signatures';
import { contiguous, first } from './dense';

export type Operand = Tensor | number;

/** Converts to `dtype` (float → int truncates, anything → bool is ≠ 0). `x` itself when it has that dtype. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : first(apply('cast', [contiguous(x)], { dtype }));
}

/**
 * The dtype in which tensors meet: the widest float dtype, where scalars (rank 0) count only when nothing else is
 * floating point. Source: torch.result_type. GPUs compute in float32, so rates and counters of float64 meet in that there.
 */
function commonType(tensors: readonly Tensor[]): DType {
  const floats = tensors.filter((tensor) => tensor.dtype === 'float32' || tensor.dtype === 'float64');
  const ranked = floats.filter((tensor) => tensor.rank > 0);
  const deciding = ranked.length > 0 ? ranked : floats;
  const [decider] = deciding;
  if (decider) {
    const isNarrowed = ranked.length === 0 && decider.device === 'gpu';
    return !isNarrowed && deciding.some((tensor) => tensor.dtype === 'float64') ? 'float64' : 'float32';
  }
  const names = tensors.map((tensor) => scalarTypeName(tensor.dtype)).join(', ');
  throw new LazuliError('dtype_mismatch', `elementwise ops compute in float32 or float64, got ${names}`, {
    expected: 'a float32 or float64 tensor',
    got: tensors.map((tensor) => tensor.dtype).join(', '),
    hint: 'convert with cast',
  });
}

/**
 * Runs a fused formula: operands number inputs, then constants, then earlier steps. Inputs broadcast against each other.
 * At most 8 inputs, 16 constants, 64 steps.
 */
export function elementwise(
  steps: ElementwiseSteps,
  constants: readonly number[],
  inputs: readonly Tensor[],
): Tensor {
  for (const input of inputs) input.assertUsable('elementwise');
  const dtype = commonType(inputs);
  const ready = inputs.map((input) => contiguous(cast(input, dtype)));
  return first(apply('elementwise', ready, { steps, constants }));
}

/** Runs the formula that `build` makes of its operands' terms, as one op. */
export function fused(operands: readonly Operand[], build: (f: Formula, ...terms: Term[]) => Term): Tensor {
  const formula = new Formula();
  const tensors = operands.filter((operand) => operand instanceof Tensor);
  const terms = operands.map((operand) =>
    typeof operand === 'number' ? formula.constant(operand) : formula.input(tensors.indexOf(operand)),
  );
  const { steps, constants, inputs } = emitSteps(build(formula, ...terms));
  const used = inputs.flatMap((index) => tensors[index] ?? []);
  return elementwise(steps, constants, used);
}

const unary =
  (name: ScalarFunction) =>
  (x: Tensor): Tensor =>
    elementwise([[name, 0]], [], [x]);

const binary =
  (name: ScalarFunction) =>
  (a: Operand, b: Operand): Tensor => {
    if (typeof a !== 'number' && typeof b !== 'number') return elementwise([[name, 0, 1]], [], [a, b]);
    if (typeof a !== 'number') return elementwise([[name, 0, 1]], [Number(b)], [a]);
    if (typeof b !== 'number') return elementwise([[name, 1, 0]], [a], [b]);
    throw new LazuliError('internal', `${name}(): one operand must be a tensor, got two numbers`);
  };

export const neg = unary('neg');
/** Gradient sign(x), 0 at 0. */
export const abs = unary('abs');
export const sign = unary('sign');
export const exp = unary('exp');
export const expm1 = unary('expm1');
export const log = unary('log');
export const log1p = unary('log1p');
export const sqrt = unary('sqrt');
export const rsqrt = unary('rsqrt');
export const reciprocal = unary('reciprocal');
export const square = unary('square');
export const tanh = unary('tanh');
export const sigmoid = unary('sigmoid');
export const erf = unary('erf');
export const sin = unary('sin');
export const cos = unary('cos');
export const floor = unary('floor');
export const ceil = unary('ceil');
/** Half to even, as torch.round. */
export const round = unary('round');
/** max(x, 0); a NaN stays NaN. */
export const relu = unary('relu');
/** 1 where x is NaN, else 0. */
export const isNan = unary('is_nan');
export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const div = binary('div');
/** A NaN wins; at ties each side gets half the gradient. */
export const maximum = binary('maximum');
/** A NaN wins; at ties each side gets half the gradient. */
export const minimum = binary('minimum');
export const pow = binary('pow');
/** What is left of `a` after dividing by `b` towards 0, exactly; it has the sign of `a`. */
export const fmod = binary('fmod');
/** Comparisons give 0 or 1 in the operands' float dtype. */
export const eq = binary('eq');
export const ne = binary('ne');
export const lt = binary('lt');
export const le = binary('le');
export const gt = binary('gt');
export const ge = binary('ge');

/** `a` where `condition` is not 0, else `b`. */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  fused([condition, a, b], (f, ...terms) => f.step('where', ...terms));

/** Limits to [min, max]; the gradient is 1 between the bounds and 0 at them and beyond, as torch.clamp since 2.14. */
export function clamp(
  x: Tensor,
  { min = null, max = null }: { min?: number | null; max?: number | null },
): Tensor {
  if (min === null && max === null)
    throw new LazuliError(
      'parameter_invalid',
      "torch.clamp: At least one of 'min' or 'max' must not be None",
    );
  return fused([x], (f, input) => {
    const value = input ?? f.input(0);
    const raised = min === null ? value : bounded(f, value, 'gt', min);
    return max === null ? raised : bounded(f, raised, 'lt', max);
  });
}

/** The value where it is beyond a bound, else the bound; NaN stays NaN, without a gradient. */
function bounded(f: Formula, value: Term, name: 'gt' | 'lt', limit: number): Term {
  const bound = f.constant(limit);
  const isOutside = f.step(name === 'gt' ? 'le' : 'ge', value, bound);
  // floor keeps NaN and has no gradient.
  const otherwise = f.step('where', isOutside, bound, f.step('floor', value));
  return f.step('where', f.step(name, value, bound), value, otherwise);
}

/** At least `min`; the gradient is 1 at the bound too, and 0 where there is no number, as torch.clamp_min. */
export const clampMin = (x: Tensor, min: number): Tensor =>
  fused([x], (f, input) => {
    const value = input ?? f.input(0);
    const bound = f.constant(min);
    // floor keeps NaN and has no gradient.
    const below = f.step('where', f.step('lt', value, bound), bound, f.step('floor', value));
    return f.step('where', f.step('ge', value, bound), value, below);
  });
