// How Python and PyTorch would name and print values: for error texts and reprs that equal PyTorch's. No behaviour.
import type { DType } from '../tensor/dtype';
import { Tensor } from '../tensor/tensor';

const TENSOR_TYPES: Readonly<Record<string, string>> = {
  float32: 'FloatTensor',
  float64: 'DoubleTensor',
  float16: 'HalfTensor',
  bfloat16: 'BFloat16Tensor',
  int64: 'LongTensor',
  int32: 'IntTensor',
  int16: 'ShortTensor',
  int8: 'CharTensor',
  uint8: 'ByteTensor',
  bool: 'BoolTensor',
  uint16: 'UInt16Tensor',
  uint32: 'UInt32Tensor',
  uint64: 'UInt64Tensor',
  complex32: 'ComplexHalfTensor',
  complex64: 'ComplexFloatTensor',
  complex128: 'ComplexDoubleTensor',
};

/** C++'s name of a dtype, as kernels say it: `Long`, `ComplexFloat`, `Float8_e5m2`. */
export function scalarTypeName(dtype: DType): string {
  const tensor = TENSOR_TYPES[dtype];
  return tensor?.replace(/Tensor$/, '') ?? dtype.replace(/^./, (letter) => letter.toUpperCase());
}

/** PyTorch's files under torch/nn/modules, by what the names of their classes look like; the rest is in activation.py. */
const MODULE_FILES: readonly (readonly [file: string, pattern: RegExp])[] = [
  ['module', /^Module$/],
  ['container', /^(Sequential|Module(List|Dict)|Parameter(List|Dict))$/],
  ['linear', /^((Lazy)?Linear|Bilinear|Identity)$/],
  ['instancenorm', /InstanceNorm/],
  ['batchnorm', /BatchNorm/],
  ['normalization', /(Layer|Group|RMS)Norm$|ResponseNorm$|LRN/],
  ['conv', /Conv/],
  ['pooling', /Pool/],
  ['padding', /Pad[123]d$/],
  ['dropout', /Dropout/],
  ['loss', /Loss$/],
  ['rnn', /^(RNN|LSTM|GRU)/],
  ['transformer', /^Transformer/],
  ['sparse', /^Embedding/],
  ['flatten', /^(Flatten|Unflatten)$/],
  ['fold', /^(Fold|Unfold)$/],
  ['distance', /^(CosineSimilarity|PairwiseDistance)$/],
  ['upsampling', /^Upsampl/],
  ['pixelshuffle', /^Pixel/],
  ['channelshuffle', /^ChannelShuffle$/],
];

/** `torch.nn.modules.linear.Linear`. */
const modulePath = (name: string): string =>
  name.startsWith('Parametrized')
    ? `torch.nn.utils.parametrize.${name}`
    : `torch.nn.modules.${MODULE_FILES.find(([, pattern]) => pattern.test(name))?.[0] ?? 'activation'}.${name}`;

/** Classes that are PyTorch's own carry this mark; a person's are named alone. */
export const IS_TORCH_CLASS = Symbol('a class of torch.nn');

/** What has a Python counterpart by JavaScript's class; classes that are in C carry their module in every message. */
const BUILT_IN: Readonly<Record<string, string>> = {
  Object: 'dict',
  Map: 'dict',
  Set: 'set',
  StateDict: 'collections.OrderedDict',
  Uint8Array: 'bytes',
};

/** Python's `type(value).__name__`: `int`, `Linear`, `OrderedDict`. */
export const shortTypeName = (value: unknown): string => typeName(value).split('.').at(-1) ?? '';

/** The name Python's own messages give the type of `value`: `int`, `Linear`, `collections.OrderedDict`, `numpy.ndarray`. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'bigint':
      return 'int';
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'function':
      return isClass(value) ? 'type' : 'function';
    case 'symbol':
      return 'Symbol';
    default: {
      if (Array.isArray(value)) return 'list';
      const name = value.constructor.name;
      return BUILT_IN[name] ?? (ArrayBuffer.isView(value) ? 'numpy.ndarray' : name);
    }
  }
}

const isClass = (value: object): boolean => /^class\b/.test(Function.prototype.toString.call(value));

/** `'list' object has no attribute 'detach'`, as Python says of any object or class. */
export const noAttribute = (value: unknown, name: string): string =>
  typeof value === 'function' && isClass(value)
    ? `type object '${value.name}' has no attribute '${name}'`
    : `'${typeName(value)}' object has no attribute '${name}'`;

const isTorchClass = (value: object): boolean =>
  Object.hasOwn(Object.getPrototypeOf(value) as object, IS_TORCH_CLASS);

/** Python's repr of the class of `value`: `<class 'torch.nn.modules.linear.Linear'>`; a person's classes without their module. */
export function classRepr(value: unknown): string {
  const name = typeName(value);
  if (typeof value !== 'object' || value === null) return `<class '${name}'>`;
  if (isTorchClass(value)) return `<class '${modulePath(name)}'>`;
  if (!(value instanceof Tensor)) return `<class '${name}'>`;
  return `<class '${TENSOR_CLASSES[name] ?? name}'>`;
}

const TENSOR_CLASSES: Readonly<Record<string, string>> = {
  Tensor: 'torch.Tensor',
  Parameter: 'torch.nn.parameter.Parameter',
  UninitializedParameter: 'torch.nn.parameter.UninitializedParameter',
  UninitializedBuffer: 'torch.nn.parameter.UninitializedBuffer',
};

/** `torch.typename(value)`: a tensor by its element type, anything else by its class. ValueError for an uninitialized tensor. */
export function torchTypename(value: unknown): string {
  if (typeof value === 'object' && value !== null && isTorchClass(value))
    return modulePath(value.constructor.name);
  if (typeof value === 'function') return value.name === '' ? '<lambda>' : value.name;
  if (!(value instanceof Tensor)) return typeName(value);
  value.assertUsable('<method type>');
  const place = { gpu: 'torch.cuda.', meta: 'torch.meta.', cpu: 'torch.' }[value.device];
  return place + (TENSOR_TYPES[value.dtype] ?? 'Tensor');
}

/** How C++ prints a tensor's type: `torch.FloatTensor`, `CPUBFloat16Type` where Python has no class of that name. */
export function tensorTypeOf({ dtype }: Tensor): string {
  const isOld = /^(float(16|32|64)|u?int8|int(16|32|64))$/.test(dtype);
  return isOld ? `torch.${TENSOR_TYPES[dtype]}` : `CPU${scalarTypeName(dtype)}Type`;
}

/** Python's repr of a string: single quotes, unless it holds one and no double quote. */
export function quoted(text: string): string {
  const escaped = text
    .replace(/\\/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
    .replace(/\r/g, '\\r');
  if (escaped.includes("'") && !escaped.includes('"')) return `"${escaped}"`;
  return `'${escaped.replace(/'/g, "\\'")}'`;
}

/** Python's repr of a float: `1.0`, `1e-05`, `inf`. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const size = String(Math.abs(power)).padStart(2, '0');
    return `${digits}e${power < 0 ? '-' : '+'}${size}`;
  }
  const plain = String(value);
  return Number.isInteger(value) ? `${plain}.0` : plain;
}

/** Python's repr of plain data; numbers print as integers where they are whole, lists as tuples. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatRepr(value);
  if (Array.isArray(value)) return tupleRepr(value);
  if (typeof value === 'bigint') return String(value);
  return `<${typeName(value)} object>`;
}

/** `(3, 3)`, `(3,)`, `()`. */
export const tupleRepr = (items: readonly unknown[]): string =>
  items.length === 1 ? `(${pythonRepr(items[0])},)` : `(${items.map(pythonRepr).join(', ')})`;

/** `{…}` of a method of torch's tensor class, as PyTorch's messages name it. */
export const tensorMethod = (name: string): string => `<method '${name}' of 'torch._C.TensorBase' objects>`;
