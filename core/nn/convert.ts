// module.to(), double(), half() ...: parameters keep their identity, uninitialized ones their class. Source:
// torch.nn.Module._apply.
import { TorchError } from '../errors';
import { canRequireGradient, DTYPES, isFloatingPoint, type DType } from '../tensor/dtype';
import type { Device } from '../tensor/storage';
import { contiguousStrides } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import {
  getOverwriteModuleParamsOnConversion,
  getSwapModuleParamsOnConversion,
  swapParameter,
} from './future';
import type { Module } from './module';
import { Parameter } from './parameter';
import { REGISTRY } from './registry';
import { allocateBytes, cloneTensor, convertBytes, denseBytes, newTensor, writeDense } from './tensor-memory';
import { isLazy, pendingData } from './uninitialized';
import { warn } from './warnings';

export type MemoryFormat = 'contiguous_format' | 'channels_last' | 'channels_last_3d';

export interface Conversion {
  readonly dtype?: DType;
  readonly device?: Device;
  /** How tensors of four and five axes lie in memory afterwards. */
  readonly memoryFormat?: MemoryFormat;
}

/** Axes from the slowest to the fastest, by format. */
const ORDERS = {
  channels_last: [0, 2, 3, 1],
  channels_last_3d: [0, 2, 3, 4, 1],
} as const;

/** `tensor` in another memory format, or itself where it lies so already. RuntimeError for a format of another rank. */
function arranged(tensor: Tensor, format: MemoryFormat): Tensor {
  const { shape, dtype, device } = tensor;
  const order: readonly number[] =
    format === 'contiguous_format' ? shape.map((_, axis) => axis) : ORDERS[format];
  if (order.length !== shape.length)
    throw new TorchError(
      'RuntimeError',
      `required rank ${order.length} tensor to use ${format} format`,
      'shape_mismatch',
    );
  const dense = contiguousStrides(order.map((axis) => shape[axis] ?? 1));
  const strides = shape.map((_, axis) => dense[order.indexOf(axis)] ?? 1);
  if (strides.every((stride, axis) => stride === tensor.strides[axis])) return tensor;
  const result = new Tensor(newTensor(shape, dtype, device).storage, { dtype, shape, strides });
  if (device !== 'meta') writeDense(result, denseBytes(tensor));
  return result;
}

/** A tensor of another dtype or device, or the same object when nothing changes. Runs no op. */
export function converted(tensor: Tensor, target: Conversion): Tensor {
  const { memoryFormat, ...rest } = target;
  if (memoryFormat !== undefined) {
    const moved = converted(tensor, rest);
    return tensor.rank === 4 || tensor.rank === 5 ? arranged(moved, memoryFormat) : moved;
  }
  const { dtype = tensor.dtype, device = tensor.device } = target;
  if (dtype === tensor.dtype && device === tensor.device) return tensor;
  if (dtype === tensor.dtype) return cloneTensor(tensor, device);
  if (device === 'meta' || tensor.device === 'meta') return newTensor(tensor.shape, dtype, device);
  const bytes = convertBytes(denseBytes(tensor), tensor.dtype, dtype);
  const result = new Tensor(allocateBytes(device, bytes.byteLength), { dtype, shape: tensor.shape });
  writeDense(result, bytes);
  return result;
}

/** Converts a module's parameters, their gradients and its buffers, children first. `method` is named in errors. */
export function convertModule<M extends Module>(root: M, target: Conversion, method: string): M {
  if (method === 'to' && target.dtype !== undefined && !canRequireGradient(target.dtype))
    throw new TorchError(
      'TypeError',
      `nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.${target.dtype}`,
      'dtype_mismatch',
    );
  if (method === 'to' && target.dtype !== undefined && DTYPES[target.dtype].kind === 'complex')
    warn('UserWarning', COMPLEX_MODULES);
  return applyConversion(root, target, method);
}

const COMPLEX_MODULES =
  'Complex modules are a new feature under active development whose design may change, and some modules might not work as expected when using complex tensors as parameters or buffers. Please file an issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml if a complex module does not work as expected.';

function applyConversion<M extends Module>(root: M, target: Conversion, method: string): M {
  for (const child of root[REGISTRY].modules.values())
    if (child !== null) applyConversion(child, target, method);
  const { parameters, buffers } = root[REGISTRY];
  for (const [name, parameter] of parameters)
    if (parameter !== null)
      parameters.set(name, convertNamed(root, name, parameter, targetFor(parameter, target, method), method));
  for (const [name, buffer] of buffers)
    if (buffer !== null) buffers.set(name, convertBuffer(buffer, targetFor(buffer, target, method), method));
  return root;
}

/** What of the conversion concerns a tensor: only `type` and moves change integers, only these and `to` complex numbers. */
function targetFor(tensor: Tensor, { dtype, ...rest }: Conversion, method: string): Conversion {
  const converts =
    method === 'type' || (method === 'to' ? canRequireGradient(tensor.dtype) : isFloatingPoint(tensor.dtype));
  return dtype !== undefined && converts ? { dtype, ...rest } : rest;
}

/** Methods that PyTorch calls on each tensor and that an uninitialized one refuses. */
const REFUSED: Readonly<Record<string, string>> = {
  bfloat16: '<method bfloat16>',
  type: '<method type>',
  to_empty: '<built-in method empty_like of type object>',
};

function checkMethod(tensor: Tensor, { device, memoryFormat }: Conversion, method: string): void {
  if (memoryFormat !== undefined) tensor.assertUsable('<method dim>');
  const refused = REFUSED[method];
  if (refused !== undefined && isLazy(tensor)) tensor.assertUsable(refused);
  if (method !== 'to_empty' && tensor.device === 'meta' && device !== undefined && device !== 'meta')
    throw new TorchError(
      'NotImplementedError',
      method === 'to'
        ? 'Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() when moving module from meta to a different device.'
        : 'Cannot copy out of meta tensor; no data!',
      'not_supported',
    );
}

/** `to_empty` gives new memory also where nothing changes. */
const newData = (tensor: Tensor, target: Conversion, method: string): Tensor =>
  method === 'to_empty' ? newTensor(tensor.shape, tensor.dtype, target.device) : converted(tensor, target);

/** One parameter, by the mode that is on (see future). */
function convertNamed(
  owner: Module,
  name: string,
  parameter: Parameter,
  target: Conversion,
  method: string,
): Parameter {
  checkMethod(parameter, target, method);
  if (getSwapModuleParamsOnConversion()) {
    try {
      swapParameter(parameter, applied(parameter, target, method));
    } catch (error) {
      if (!(error instanceof TorchError)) throw error;
      throw new TorchError('RuntimeError', `_apply(): Couldn't swap ${owner.constructor.name}.${name}`);
    }
    parameter.grad?.setData(newData(parameter.grad, target, method));
    return parameter;
  }
  if (getOverwriteModuleParamsOnConversion() || changesMeta(parameter, target))
    return replaced(parameter, target, method);
  if (isLazy(parameter)) parameter.setData(converted(pendingData(parameter), target));
  else parameter.setData(newData(parameter, target, method));
  parameter.grad?.setData(newData(parameter.grad, target, method));
  return parameter;
}

/** What the conversion makes of a parameter: itself where nothing changes, else a plain tensor. */
function applied(parameter: Parameter, target: Conversion, method: string): Tensor {
  if (!isLazy(parameter)) return newData(parameter, target, method);
  const empty = pendingData(parameter);
  const data = converted(empty, target);
  return data === empty ? parameter : data;
}

/** A new Parameter with the converted data and gradient. */
function replaced(parameter: Parameter, target: Conversion, method: string): Parameter {
  const { grad, requiresGrad } = parameter;
  const made = new Parameter(applied(parameter, target, method), { requiresGrad });
  made.grad = grad === null ? null : newData(grad, target, method);
  return made;
}

/** Between meta and real memory PyTorch cannot exchange the data of one object and makes a new Parameter. */
const changesMeta = (tensor: Tensor, { device = tensor.device }: Conversion): boolean =>
  (device === 'meta') !== (tensor.device === 'meta');

function convertBuffer(buffer: Tensor, target: Conversion, method: string): Tensor {
  checkMethod(buffer, target, method);
  if (isLazy(buffer)) return buffer.to(target);
  const made = newData(buffer, target, method);
  // PyTorch converts buffers with gradients on.
  if (method !== 'to_empty' && made !== buffer && buffer.requiresGrad)
    made.requiresGrad = canRequireGradient(made.dtype);
  return made;
}
