// module.to(), double(), half() ...: parameters keep their identity, uninitialized ones their class. Source:
// torch.nn.Module._apply.
import { DTYPES, type DType } from '../tensor/dtype';
import type { Device } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import type { Module } from './module';
import { Parameter } from './parameter';
import { REGISTRY } from './registry';
import { allocateBytes, cloneTensor, convertBytes, denseBytes, newTensor, writeDense } from './tensor-memory';
import { isLazy, pendingData, UninitializedBuffer, type UninitializedTensor } from './uninitialized';

export interface Conversion {
  readonly dtype?: DType;
  readonly device?: Device;
}

const isConvertible = (dtype: DType): boolean =>
  DTYPES[dtype].kind === 'float' || DTYPES[dtype].kind === 'complex';

/** A tensor of another dtype or device, or the same object when nothing changes. Runs no op. */
export function converted(tensor: Tensor, target: Conversion): Tensor {
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
  for (const child of root[REGISTRY].modules.values())
    if (child !== null) convertModule(child, target, method);
  const { parameters, buffers } = root[REGISTRY];
  const forOne = (tensor: Tensor): Conversion => {
    const { dtype, ...rest } = target;
    return dtype !== undefined && isConvertible(tensor.dtype) ? { dtype, ...rest } : rest;
  };
  for (const [name, parameter] of parameters)
    if (parameter !== null) parameters.set(name, convertParameter(parameter, forOne(parameter), method));
  for (const [name, buffer] of buffers)
    if (buffer !== null) buffers.set(name, convertBuffer(buffer, forOne(buffer), method));
  return root;
}

function checkMethod(tensor: UninitializedTensor, method: string): void {
  if (method === 'bfloat16') tensor.assertUsable('<method bfloat16>');
}

function convertParameter(parameter: Parameter, target: Conversion, method: string): Parameter {
  if (isLazy(parameter)) {
    checkMethod(parameter, method);
    const data = converted(pendingData(parameter), target);
    if (changesMeta(parameter, target)) return new Parameter(data, { requiresGrad: parameter.requiresGrad });
    parameter.setData(data);
    return parameter;
  }
  const data = converted(parameter, target);
  if (data === parameter) return parameter;
  const { grad } = parameter;
  if (changesMeta(parameter, target)) {
    const moved = new Parameter(data, { requiresGrad: parameter.requiresGrad });
    moved.grad = grad === null ? null : converted(grad, target);
    return moved;
  }
  parameter.setData(data);
  if (grad !== null) parameter.grad = converted(grad, target);
  return parameter;
}

/** Between meta and real memory PyTorch cannot exchange the data of one object and makes a new Parameter. */
const changesMeta = (tensor: Tensor, { device = tensor.device }: Conversion): boolean =>
  (device === 'meta') !== (tensor.device === 'meta');

function convertBuffer(buffer: Tensor, target: Conversion, method: string): Tensor {
  if (!isLazy(buffer)) return converted(buffer, target);
  checkMethod(buffer, method);
  const data = converted(pendingData(buffer), target);
  if (data === pendingData(buffer)) return buffer;
  const { dtype, device } = data;
  return withoutAttributes(new UninitializedBuffer({ dtype, device, requiresGrad: buffer.requiresGrad }));
}

/** PyTorch's converted buffer is a new one that has lost `persistent` and `isBuffer`. */
function withoutAttributes(buffer: UninitializedBuffer): UninitializedBuffer {
  Reflect.deleteProperty(buffer, 'persistent');
  Reflect.deleteProperty(buffer, 'isBuffer');
  return buffer;
}
