// Python's copy.deepcopy for tensors, parameters, modules and the data in them. Rules: docs/spec/parameters.md.
import { TorchError } from '../errors';
import type { Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { attributesOf } from './attributes';
import { Module } from './module';
import { Parameter } from './parameter';
import { LABEL, REGISTRY, isModule } from './registry';
import { StateDict } from './state-dict';
import { allocateBytes, cloneTensor } from './tensor-memory';
import { UninitializedBuffer, UninitializedParameter } from './uninitialized';

/** What was copied so far: an object met again is the same copy, so sharing survives. */
export type Memo = Map<object, object>;

const NOT_A_LEAF =
  'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001';

/** A deep copy; functions and plain values are themselves. Class instances other than tensors and modules are kept. */
export function deepcopy<T>(value: T, memo: Memo = new Map()): T {
  return copyOf(value, memo) as T;
}

function copyOf(value: unknown, memo: Memo): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = memo.get(value);
  if (known !== undefined) return known;
  if (value instanceof Tensor) return remember(value, copyTensor(value, memo), memo);
  if (isModule(value)) return copyModule(value, memo);
  if (value instanceof StateDict) {
    const copy = remember(value, new StateDict(), memo);
    for (const [key, item] of value) copy.set(key, copyOf(item, memo));
    copy.metadata = value.metadata && new Map([...value.metadata].map(([key, entry]) => [key, { ...entry }]));
    return copy;
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = remember(value, [], memo);
    for (const item of value as unknown[]) copy.push(copyOf(item, memo));
    return copy;
  }
  if (value instanceof Map) {
    const copy = remember(value, new Map<unknown, unknown>(), memo);
    for (const [key, item] of value as Map<unknown, unknown>) copy.set(key, copyOf(item, memo));
    return copy;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, unknown> = remember(value, {}, memo);
  for (const [key, item] of Object.entries(value)) copy[key] = copyOf(item, memo);
  return copy;
}

function remember<T extends object>(original: object, copy: T, memo: Memo): T {
  memo.set(original, copy);
  return copy;
}

function copyTensor(tensor: Tensor, memo: Memo): Tensor {
  if (tensor instanceof UninitializedParameter) {
    const { requiresGrad, device, dtype } = tensor;
    return new UninitializedParameter({ requiresGrad, device, dtype });
  }
  // PyTorch has no deepcopy for it: neither has a lazy norm layer that tracks statistics.
  if (tensor instanceof UninitializedBuffer) tensor.assertUsable('<function Tensor.__deepcopy__>');
  if (Object.getPrototypeOf(tensor) === Parameter.prototype)
    return new Parameter(cloneTensor(tensor), { requiresGrad: tensor.requiresGrad });
  if (!tensor.isLeaf) throw new TorchError('RuntimeError', NOT_A_LEAF);
  const { dtype, shape, strides, offset, requiresGrad } = tensor;
  const copy = new Tensor(copyStorage(tensor.storage, memo), { dtype, shape, strides, offset, requiresGrad });
  Object.setPrototypeOf(copy, Object.getPrototypeOf(tensor) as object);
  copy.grad = tensor.grad && deepcopy(tensor.grad, memo);
  for (const [key, item] of Object.entries(attributesOf(tensor))) Reflect.set(copy, key, copyOf(item, memo));
  return copy;
}

/** Plain tensors that view one storage still do after a common deepcopy. */
function copyStorage(storage: Storage, memo: Memo): Storage {
  const known = memo.get(storage) as Storage | undefined;
  if (known !== undefined) return known;
  const copy = allocateBytes(storage.device, storage.bytes);
  if (storage.device !== 'meta' && storage.bytes > 0) copy.write(0, storage.read(0, storage.bytes));
  return remember(storage, copy, memo);
}

/** Python's `copy.copy` of a tensor: a new object of its kind over the same memory, attributes kept. */
export function shallowCopy(tensor: Tensor): Tensor {
  const { requiresGrad } = tensor;
  const isParameter = Object.getPrototypeOf(tensor) === Parameter.prototype;
  const copy = isParameter ? new Parameter(tensor, { requiresGrad }) : tensor.detach();
  if (!isParameter) copy.requiresGrad = requiresGrad;
  return Object.assign(copy, attributesOf(tensor));
}

function copyModule(module: Module, memo: Memo): Module {
  const copy = remember(module, Module.bare(Object.getPrototypeOf(module) as object), memo);
  const [from, to] = [module[REGISTRY], copy[REGISTRY]];
  const shared = new Set<PropertyKey>(module.sharedFields());
  for (const key of Reflect.ownKeys(module)) {
    if (key === REGISTRY) continue;
    const descriptor = Object.getOwnPropertyDescriptor(module, key);
    if (descriptor === undefined) continue;
    const isShared = !('value' in descriptor) || shared.has(key);
    Object.defineProperty(
      copy,
      key,
      isShared ? descriptor : { ...descriptor, value: copyOf(descriptor.value, memo) },
    );
  }
  copy[LABEL] = module[LABEL];
  for (const [name, parameter] of from.parameters)
    copy.registerParameter(name, parameter && deepcopy(parameter, memo));
  for (const [name, buffer] of from.buffers)
    copy.registerBuffer(name, buffer && deepcopy(buffer, memo), {
      persistent: !from.nonPersistent.has(name),
    });
  for (const [name, child] of from.modules) to.modules.set(name, child && deepcopy(child, memo));
  to.takeHooks(from);
  return copy;
}
