// What Python's pickle writes for each kind of tensor: the callable and its arguments, as data. Writers of files use it.
import type { DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { attributesOf } from './attributes';
import { Parameter } from './parameter';
import { isLazy, UninitializedParameter } from './uninitialized';

/** `callable(*arguments)` rebuilds the object. `requiresGrad` of `data` itself is always written as false. */
export type ReduceForm =
  | {
      readonly callable: 'torch._utils._rebuild_tensor_v2';
      readonly data: Tensor;
      readonly requiresGrad: boolean;
    }
  /** (data, requires_grad, OrderedDict()) */
  | {
      readonly callable: 'torch._utils._rebuild_parameter';
      readonly data: Tensor;
      readonly requiresGrad: boolean;
    }
  /** (data, requires_grad, OrderedDict(), state) */
  | {
      readonly callable: 'torch._utils._rebuild_parameter_with_state';
      readonly data: Tensor;
      readonly requiresGrad: boolean;
      readonly state: Readonly<Record<string, unknown>>;
    }
  /** (_rebuild_tensor_v2, torch.Tensor, arguments, state): a tensor with attributes, buffers among them. */
  | {
      readonly callable: 'torch._tensor._rebuild_from_type_v2';
      readonly data: Tensor;
      readonly requiresGrad: boolean;
      readonly state: Readonly<Record<string, unknown>>;
    }
  /** (requires_grad,): dtype, device, persistence and attributes are lost, as in PyTorch. */
  | {
      readonly callable:
        'torch.nn.parameter.UninitializedParameter' | 'torch.nn.parameter.UninitializedBuffer';
      readonly requiresGrad: boolean;
    };

/** PyTorch's names of the attributes that have another name here. */
const PYTHON_NAMES: Readonly<Record<string, string>> = { isBuffer: '_is_buffer', isParam: '_is_param' };

/** The dtype a reloaded uninitialized tensor has, whatever it had before. */
export const RELOADED_DTYPE: DType = 'float32';

export function reduceForm(tensor: Tensor): ReduceForm {
  const { requiresGrad } = tensor;
  if (isLazy(tensor)) {
    const name = tensor instanceof UninitializedParameter ? 'UninitializedParameter' : 'UninitializedBuffer';
    return { callable: `torch.nn.parameter.${name}`, requiresGrad };
  }
  const state = Object.fromEntries(
    Object.entries(attributesOf(tensor)).map(([name, value]) => [PYTHON_NAMES[name] ?? name, value]),
  );
  const hasState = Object.keys(state).length > 0;
  const data = tensor.detach();
  if (
    Object.getPrototypeOf(tensor) === Parameter.prototype ||
    tensor.constructor.prototype instanceof Parameter
  )
    return hasState
      ? { callable: 'torch._utils._rebuild_parameter_with_state', data, requiresGrad, state }
      : { callable: 'torch._utils._rebuild_parameter', data, requiresGrad };
  return hasState
    ? { callable: 'torch._tensor._rebuild_from_type_v2', data, requiresGrad, state }
    : { callable: 'torch._utils._rebuild_tensor_v2', data, requiresGrad };
}
