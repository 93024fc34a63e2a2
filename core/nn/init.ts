// torch.nn.init: each function draws or writes a tensor's values in place and returns it. Bounds are computed in double.
import { TorchError } from '../errors';
import { DTYPES, type DType } from '../tensor/dtype';
import { encodeElements } from '../tensor/elements';
import { torchSize } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import { pythonRepr, scalarTypeName } from './python-names';
import { checkUniformBounds } from './random-checks';
import { defaultGenerator, type Generator, type Piece, type RandomDType } from './random';
import { runSteps, type Steps } from './steps';
import { fillSteps, isDense, writeDense } from './tensor-memory';
import { warn } from './warnings';

/** `fan_in` and `fan_out`, as torch.nn.init counts them: sizes of axes 1 and 0 times the receptive field. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}
export type FanMode = 'fan_in' | 'fan_out';
const NONLINEARITIES = [
  'linear', 'conv1d', 'conv2d', 'conv3d', 'conv_transpose1d', 'conv_transpose2d', 'conv_transpose3d',
  'sigmoid', 'tanh', 'relu', 'leaky_relu', 'selu',
] as const; // prettier-ignore
export type Nonlinearity = (typeof NONLINEARITIES)[number];

/** Python's str. */
const pythonText = (value: unknown): string => (typeof value === 'string' ? value : pythonRepr(value));

const TANH_GAIN = 5 / 3;

/** The recommended gain of a nonlinearity; `param` is leaky_relu's slope (0.01). */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  if (!NONLINEARITIES.includes(nonlinearity))
    throw new TorchError('ValueError', `Unsupported nonlinearity ${nonlinearity}`);
  if (nonlinearity === 'leaky_relu' && typeof param !== 'number')
    throw new TorchError('ValueError', `negative_slope ${pythonText(param)} not a valid number`);
  if (nonlinearity === 'tanh') return TANH_GAIN;
  if (nonlinearity === 'relu') return Math.sqrt(2);
  if (nonlinearity === 'leaky_relu') return Math.sqrt(2 / (1 + param ** 2));
  return nonlinearity === 'selu' ? 3 / 4 : 1;
}

/** Throws ValueError below two dimensions. */
export function calculateFanInAndFanOut(tensor: Tensor): Fans {
  tensor.assertUsable('<method dim>');
  const [out, input, ...field] = tensor.shape;
  if (out === undefined || input === undefined)
    throw new TorchError(
      'ValueError',
      'Fan in and fan out can not be computed for tensor with fewer than 2 dimensions',
    );
  const receptive = field.reduce((product, size) => product * size, 1);
  return { fanIn: input * receptive, fanOut: out * receptive };
}

/** The random element type of a dtype, or PyTorch's NotImplementedError. */
export function randomDType(dtype: DType, method: 'uniform_' | 'normal_'): RandomDType {
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16') return dtype;
  throw new TorchError(
    'NotImplementedError',
    `"${method === 'uniform_' ? 'check_uniform_bounds' : 'normal_kernel_cpu'}" not implemented for '${scalarTypeName(dtype)}'`,
    'dtype_mismatch',
    {
      expected: 'a floating point tensor',
      got: dtype,
    },
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Piece['values']): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Writes a dense tensor's values as they are drawn, in memory order. One that was freed since the draw was put off (another took
 * its place: a tie) is drawn too, as PyTorch draws it before the tie, and written nowhere.
 */
function* writePieces(tensor: Tensor, pieces: Iterable<Piece>): Steps {
  for (const { at, values } of pieces) {
    if (!tensor.storage.isDisposed)
      tensor.storage.write((tensor.offset + at) * values.BYTES_PER_ELEMENT, bytesOf(values));
    yield;
  }
}

/** A complex tensor's two halves as one more axis, over the same memory: `torch.view_as_real`. */
function partsOf(tensor: Tensor): Tensor | null {
  const dtype = PARTS[tensor.dtype];
  if (dtype === undefined) return null;
  const { storage, shape, strides, offset } = tensor;
  const doubled = [...strides.map((stride) => 2 * stride), 1];
  const layout = { dtype, shape: [...shape, 2], strides: doubled, offset: 2 * offset };
  return new Tensor(storage, layout).countWith(tensor);
}
const PARTS: Partial<Record<DType, DType>> = { complex64: 'float32', complex128: 'float64' };

/** `uniform_` in steps. Strided tensors are drawn row-major, in one step. */
export function* uniformSteps(tensor: Tensor, from: number, to: number, generator: Generator): Steps {
  tensor.assertUsable('<function uniform_>');
  const parts = partsOf(tensor);
  if (parts !== null) return yield* uniformSteps(parts, from, to, generator);
  const dtype = randomDType(tensor.dtype, 'uniform_');
  checkUniformBounds(dtype, from, to);
  tensor.noteChange();
  if (tensor.device === 'meta') return;
  const count = tensor.numel();
  if (isDense(tensor)) yield* writePieces(tensor, generator.uniformPieces(dtype, count, from, to));
  else writeDense(tensor, bytesOf(generator.uniform(dtype, count, from, to)));
}

/** `normal_` in steps. Tensors that are not contiguous are drawn one value at a time, in one step. */
export function* normalSteps(tensor: Tensor, mean: number, std: number, generator: Generator): Steps {
  tensor.assertUsable('<function normal_>');
  const parts = partsOf(tensor);
  // Half the variance for each part; the mean for both.
  if (parts !== null) return yield* normalSteps(parts, mean, std / Math.SQRT2, generator);
  const dtype = randomDType(tensor.dtype, 'normal_');
  tensor.noteChange();
  if (tensor.device === 'meta') return;
  const count = tensor.numel();
  if (tensor.isContiguous())
    return yield* writePieces(tensor, generator.normalPieces(dtype, count, mean, std));
  const bytes = bytesOf(generator.normal(dtype, count, mean, std, false));
  if (isDense(tensor)) tensor.storage.write((tensor.offset * bytes.byteLength) / Math.max(count, 1), bytes);
  else writeDense(tensor, bytes);
}

/** uniform(from, to). On meta it draws nothing. */
export function uniform_(tensor: Tensor, from = 0, to = 1, generator: Generator = defaultGenerator): Tensor {
  runSteps(uniformSteps(tensor, from, to, generator));
  return tensor;
}

/** normal(mean, std). On meta it draws nothing. */
export function normal_(tensor: Tensor, mean = 0, std = 1, generator: Generator = defaultGenerator): Tensor {
  runSteps(normalSteps(tensor, mean, std, generator));
  return tensor;
}

/** `constant_` in steps; `functionName` is what an uninitialized tensor refuses. */
export function* constantSteps(tensor: Tensor, value: number, functionName = '<function constant_>'): Steps {
  tensor.assertUsable(functionName);
  yield* fillSteps(tensor, value);
}

export function constant_(tensor: Tensor, value: number): Tensor {
  runSteps(constantSteps(tensor, value));
  return tensor;
}
export function zeros_(tensor: Tensor): Tensor {
  tensor.assertUsable('<method zero_>');
  return constant_(tensor, 0);
}
export function ones_(tensor: Tensor): Tensor {
  tensor.assertUsable('<method fill_>');
  return constant_(tensor, 1);
}

/** Sets every element to `value(index)`, `index` its row and column (and so on). */
function setEach(tensor: Tensor, value: (...index: number[]) => number): Tensor {
  tensor.noteChange();
  if (tensor.device === 'meta') return tensor;
  const { shape, dtype } = tensor;
  const flat = Array.from({ length: tensor.numel() }, (_, place) => {
    const index = new Array<number>(shape.length);
    let rest = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % (shape[axis] ?? 1);
      rest = Math.floor(rest / (shape[axis] ?? 1));
    }
    return value(...index);
  });
  writeDense(tensor, encodeElements(dtype, flat, flat.length));
  return tensor;
}

/** The identity matrix. ValueError for another rank than 2. */
export function eye_(tensor: Tensor): Tensor {
  tensor.assertUsable('<method dim>');
  if (tensor.shape.length !== 2)
    throw new TorchError('ValueError', 'Only tensors with 2 dimensions are supported');
  return setEach(tensor, (row = 0, column = 0) => (row === column ? 1 : 0));
}

/** The Dirac delta for convolutions: channels pass through. */
export function dirac_(tensor: Tensor, groups = 1): Tensor {
  tensor.assertUsable('<method dim>');
  const [out = 0, input = 0, ...field] = tensor.shape;
  if (tensor.shape.length < 3 || tensor.shape.length > 5)
    throw new TorchError('ValueError', 'Only tensors with 3, 4, or 5 dimensions are supported');
  if (out % groups !== 0) throw new TorchError('ValueError', 'dim 0 must be divisible by groups');
  const perGroup = out / groups;
  const least = Math.min(perGroup, input);
  const center = field.map((size) => Math.floor(size / 2));
  return setEach(tensor, (row = 0, column = 0, ...place) => {
    const isCenter = place.every((position, axis) => position === center[axis]);
    return isCenter && row % perGroup === column && column < least ? 1 : 0;
  });
}

/** The standard deviation of Glorot's start. */
export function xavierStd(tensor: Tensor, gain: number): number {
  const { fanIn, fanOut } = calculateFanInAndFanOut(tensor);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}
export function xavierUniform_(tensor: Tensor, gain = 1, generator: Generator = defaultGenerator): Tensor {
  const bound = Math.sqrt(3) * xavierStd(tensor, gain);
  return uniform_(tensor, -bound, bound, generator);
}
export function xavierNormal_(tensor: Tensor, gain = 1, generator: Generator = defaultGenerator): Tensor {
  return normal_(tensor, 0, xavierStd(tensor, gain), generator);
}

export interface KaimingOptions {
  /** Slope of the rectifier after this layer, only for leaky_relu. Default 0. */
  readonly a?: number;
  readonly mode?: FanMode;
  readonly nonlinearity?: Nonlinearity;
  readonly generator?: Generator;
}

/** The standard deviation of He's start. */
export function kaimingStd(
  tensor: Tensor,
  { a = 0, mode = 'fan_in', nonlinearity = 'leaky_relu' }: KaimingOptions,
): number {
  if (mode !== 'fan_in' && mode !== 'fan_out')
    throw new TorchError(
      'ValueError',
      `Mode ${String(mode)} not supported, please use one of ['fan_in', 'fan_out']`,
    );
  const { fanIn, fanOut } = calculateFanInAndFanOut(tensor);
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

/** True for a tensor with a size of 0, which PyTorch warns of: there is nothing to draw. */
export function isEmpty({ shape }: Tensor): boolean {
  if (!shape.includes(0)) return false;
  warn('UserWarning', 'Initializing zero-element tensors is a no-op');
  return true;
}

/** He initialization, uniform. A tensor with a size of 0 is left as it is. */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  tensor.assertUsable('<function kaiming_uniform_>');
  if (isEmpty(tensor)) return tensor;
  const bound = Math.sqrt(3) * kaimingStd(tensor, options);
  return uniform_(tensor, -bound, bound, options.generator);
}
/** He initialization, normal. A tensor with a size of 0 is left as it is. */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  if (isEmpty(tensor)) return tensor;
  return normal_(tensor, 0, kaimingStd(tensor, options), options.generator);
}

/** Sets one row of a matrix to zero: Embedding's padding_idx. */
export function zeroRow_(tensor: Tensor, row: number): Tensor {
  const [rows = 0] = tensor.shape;
  if (row < 0 || row >= rows)
    throw new TorchError('IndexError', `row ${row} is outside a tensor of ${torchSize(tensor.shape)}`);
  if (tensor.device === 'meta') return tensor;
  const bytes = (tensor.numel() / rows) * DTYPES[tensor.dtype].bytes;
  tensor.storage.write(tensor.offset * DTYPES[tensor.dtype].bytes + row * bytes, new Uint8Array(bytes));
  return tensor;
}
