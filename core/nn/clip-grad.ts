// torch.nn.utils.clip_grad: gradients of parameters cut in place, by their norm or by value. Uninitialized parameters have none.
// Rules: docs/spec/optim.md.
import { TorchError } from '../errors';
import { abs, amax, amin, cast, clamp, mul, ne, noGrad, pow, scope, sqrt, square, stack, sum } from '../ops';
import { Tensor } from '../tensor/tensor';
import { floatRepr } from './python-names';
import { copyInto, newTensor, valuesOf } from './tensor-memory';
import { warn } from './warnings';

type Tensors = Tensor | Iterable<Tensor>;

export interface NormOptions {
  /** The order of the norm; `Infinity` is the largest absolute value. Default 2. */
  readonly normType?: number;
  /** RuntimeError where the norm is not finite. Default false. */
  readonly errorIfNonfinite?: boolean;
}

const listOf = (tensors: Tensors): Tensor[] => (tensors instanceof Tensor ? [tensors] : [...tensors]);
const gradsOf = (parameters: readonly Tensor[]): Tensor[] => parameters.flatMap(({ grad }) => grad ?? []);

/** One tensor's norm, a scalar of its dtype. */
function normOf(x: Tensor, order: number): Tensor {
  if (order === 2) return sqrt(sum(square(x)));
  const sizes = abs(x);
  if (order === Infinity) return amax(sizes);
  if (order === -Infinity) return amin(sizes);
  if (order === 0) return sum(cast(ne(x, 0), x.dtype));
  return order === 1 ? sum(sizes) : pow(sum(pow(sizes, order)), 1 / order);
}

/** `get_total_norm`: of all tensors as if they were one vector; 0 without any. */
export function getTotalNorm(tensors: Tensors, options: NormOptions = {}): Tensor {
  const { normType = 2, errorIfNonfinite = false } = options;
  const all = listOf(tensors);
  if (all.length === 0) return newTensor([], 'float32');
  const total = scope(() =>
    noGrad(() => {
      const dtype = all.some((each) => each.dtype === 'float64') ? 'float64' : (all[0]?.dtype ?? 'float32');
      return normOf(stack(all.map((tensor) => cast(normOf(tensor, normType), dtype))), normType);
    }),
  );
  const [value = 0] = valuesOf(total);
  if (errorIfNonfinite && !Number.isFinite(value))
    throw new TorchError(
      'RuntimeError',
      `The total norm of order ${floatRepr(normType)} for gradients from \`parameters\` is non-finite, so it cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set \`error_if_nonfinite=False\``,
      'diverged',
    );
  return total;
}

/** Added to the norm before it divides. */
const EPS = 1e-6;

/** `clip_grads_with_norm_`: makes gradients shorter so that a norm of `totalNorm` becomes `maxNorm`; never longer. */
export function clipGradsWithNorm_(parameters: Tensors, maxNorm: number, totalNorm: Tensor): void {
  const [norm = 0] = valuesOf(totalNorm);
  const round = totalNorm.dtype === 'float64' ? (value: number): number => value : Math.fround;
  const share = round(maxNorm / round(norm + EPS));
  // NaN is kept, as a clamp keeps it.
  const factor = share > 1 ? 1 : share;
  for (const grad of gradsOf(listOf(parameters))) replace(grad, (x) => mul(x, factor));
}

/** `clip_grad_norm_`: gives the norm of all gradients before they were cut. */
export function clipGradNorm_(parameters: Tensors, maxNorm: number, options: NormOptions = {}): Tensor {
  const all = listOf(parameters);
  if (all.length === 0 && isGenerator(parameters))
    warn('UserWarning', '`parameters` is an empty generator, no gradient clipping will occur.');
  const total = getTotalNorm(gradsOf(all), options);
  clipGradsWithNorm_(all, maxNorm, total);
  return total;
}

/** What PyTorch says where there is no gradient at all: it did not mean to. */
const NOTHING_TO_GROUP =
  'Expected !nested_tensorlist[0].empty() to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)';

/** `clip_grad_value_`: every element of a gradient between `-clipValue` and `clipValue`. */
export function clipGradValue_(parameters: Tensors, clipValue: number): void {
  const grads = gradsOf(listOf(parameters));
  if (grads.length === 0) throw new TorchError('RuntimeError', NOTHING_TO_GROUP);
  for (const grad of grads) replace(grad, (x) => clamp(x, { min: -clipValue, max: clipValue }));
}

const replace = (grad: Tensor, make: (x: Tensor) => Tensor): void =>
  scope(() => noGrad(() => copyInto(grad, make(grad))));

const isGenerator = (value: object): boolean =>
  Object.prototype.toString.call(value) === '[object Generator]';
