// Python's copy.deepcopy for tensors, parameters, modules and the data in them. Rules: docs/spec/parameters.md.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { attributesOf } from './attributes';
import { Copier, type Memo } from './copier';
import { Parameter } from './parameter';
import { cloneTensor } from './tensor-memory';
import { UninitializedBuffer, UninitializedParameter } from './uninitialized';

const NOT_A_LEAF =
  'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001';

/** A deep copy; functions and plain values are themselves. Class instances other than tensors and modules are kept. */
export function deepcopy<T>(value: T, memo: Memo = new Map()): T {
  return new Copier(memo, 'deepcopy', copyTensor).copy(value) as T;
}

function copyTensor(tensor: Tensor, copier: Copier): Tensor {
  if (tensor instanceof UninitializedParameter) {
    const { requiresGrad, device, dtype } = tensor;
    const copy = new UninitializedParameter({ requiresGrad, device, dtype });
    return Object.setPrototypeOf(copy, Object.getPrototypeOf(tensor) as object) as Tensor;
  }
  // PyTorch has no deepcopy for it: neither has a lazy norm layer that tracks statistics.
  if (tensor instanceof UninitializedBuffer) tensor.assertUsable('<function Tensor.__deepcopy__>');
  const prototype = Object.getPrototypeOf(tensor) as object;
  if (prototype === Parameter.prototype || prototype instanceof Parameter) {
    const copy = new Parameter(cloneTensor(tensor), { requiresGrad: tensor.requiresGrad });
    return Object.setPrototypeOf(copy, prototype) as Tensor;
  }
  if (!tensor.isLeaf) throw new TorchError('RuntimeError', NOT_A_LEAF);
  const { dtype, shape, strides, offset, requiresGrad } = tensor;
  const storage = copier.storage(tensor.storage);
  const copy = new Tensor(storage, { dtype, shape, strides, offset, requiresGrad });
  Object.setPrototypeOf(copy, prototype);
  copier.remember(tensor, copy);
  copy.grad = tensor.grad && (copier.copy(tensor.grad) as Tensor);
  for (const [key, item] of Object.entries(attributesOf(tensor))) Reflect.set(copy, key, copier.copy(item));
  return copy;
}
