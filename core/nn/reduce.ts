// Python's copy.copy and what pickle writes for tensors: the callable and its arguments, as data, and the object they make.
// Source: torch.nn.parameter, torch._tensor, torch._utils. Rules: docs/spec/parameters.md.
import { getDefaultDType } from '../tensor/default-dtype';
import { Tensor } from '../tensor/tensor';
import { attributesOf } from './attributes';
import { bareLike, copyOfStorage, Copier, type Memo } from './copier';
import type { Module } from './module';
import { Parameter } from './parameter';
import { isModule } from './registry';
import { StateDict } from './state-dict';
import { isLazy, UninitializedBuffer, UninitializedParameter } from './uninitialized';

type State = Readonly<Record<string, unknown>>;

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
      readonly state: State;
    }
  /** (_rebuild_tensor_v2, type, arguments, state): a tensor with attributes, buffers among them, or of a custom type. */
  | {
      readonly callable: 'torch._tensor._rebuild_from_type_v2';
      readonly type: typeof Tensor;
      readonly data: Tensor;
      readonly requiresGrad: boolean;
      readonly state: State;
    }
  /** (requires_grad,): dtype, device, persistence and attributes are lost, as in PyTorch. */
  | {
      readonly callable:
        'torch.nn.parameter.UninitializedParameter' | 'torch.nn.parameter.UninitializedBuffer';
      readonly requiresGrad: boolean;
    };

/** PyTorch's names of the attributes that have another name here. */
const PYTHON_NAMES: Readonly<Record<string, string>> = { isBuffer: '_is_buffer', isParam: '_is_param' };
const OWN_NAMES = Object.fromEntries(Object.entries(PYTHON_NAMES).map(([own, python]) => [python, own]));

const renamed = (state: State, names: Readonly<Record<string, string>>): State =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [names[name] ?? name, value]));

const isParameterClass = (prototype: object): boolean =>
  prototype === Parameter.prototype || prototype instanceof Parameter;

/** Python's `__reduce_ex__`. */
export function reduceForm(tensor: Tensor): ReduceForm {
  const { requiresGrad } = tensor;
  if (isLazy(tensor)) {
    const name = tensor instanceof UninitializedParameter ? 'UninitializedParameter' : 'UninitializedBuffer';
    return { callable: `torch.nn.parameter.${name}`, requiresGrad };
  }
  const state = renamed(attributesOf(tensor), PYTHON_NAMES);
  const hasState = Object.keys(state).length > 0;
  const { data } = tensor;
  const prototype = Object.getPrototypeOf(tensor) as { readonly constructor: typeof Tensor };
  if (isParameterClass(prototype))
    return hasState
      ? { callable: 'torch._utils._rebuild_parameter_with_state', data, requiresGrad, state }
      : { callable: 'torch._utils._rebuild_parameter', data, requiresGrad };
  return hasState || prototype !== (Tensor.prototype as object)
    ? {
        callable: 'torch._tensor._rebuild_from_type_v2',
        type: prototype.constructor,
        data,
        requiresGrad,
        state,
      }
    : { callable: 'torch._utils._rebuild_tensor_v2', data, requiresGrad };
}

/** The object a reduce form makes: over the memory of its `data`, without gradient and hooks. */
export function rebuilt(form: ReduceForm): Tensor {
  const { requiresGrad } = form;
  if (!('data' in form)) {
    const options = { requiresGrad, dtype: getDefaultDType() };
    return form.callable.endsWith('Buffer')
      ? new UninitializedBuffer(options)
      : new UninitializedParameter(options);
  }
  const state = 'state' in form ? renamed(form.state, OWN_NAMES) : {};
  if (form.callable.startsWith('torch._utils._rebuild_parameter'))
    return Object.assign(new Parameter(form.data, { requiresGrad }), state);
  const tensor = form.data.detach();
  tensor.requiresGrad = requiresGrad;
  if ('type' in form) Object.setPrototypeOf(tensor, form.type.prototype);
  return Object.assign(tensor, state);
}

/** An uninitialized tensor's class is written by reference, so a derived one comes back. */
function again(tensor: Tensor, form: ReduceForm): Tensor {
  const made = rebuilt(form);
  return isLazy(tensor)
    ? (Object.setPrototypeOf(made, Object.getPrototypeOf(tensor) as object) as Tensor)
    : made;
}

/**
 * Python's `copy.copy`. A tensor: a new one over the same memory, attributes kept, as its reduce form makes it. A module: one of its
 * class that shares all collections with it, so that what is registered in one is in both; plain fields are its own.
 */
export function shallowCopy<T extends Tensor | Module | StateDict>(value: T): T;
export function shallowCopy(value: Tensor | Module | StateDict): Tensor | Module | StateDict {
  if (value instanceof StateDict) return value.clone();
  if (!isModule(value)) return again(value, reduceForm(value));
  const copy = bareLike(value);
  copy.setState(value.getState('copy'));
  return copy;
}

/**
 * What `pickle.loads(pickle.dumps(value))` gives: gradients are gone, a class derived from Parameter is Parameter, an uninitialized
 * tensor has the default dtype. One object met twice is one object again; two tensors over one storage are not (torch.save keeps that). Functions and instances of other classes are themselves.
 */
export function repickled<T>(value: T, memo: Memo = new Map()): T {
  return new Copier(memo, 'pickle', (tensor, copier) => {
    const form = reduceForm(tensor);
    if (!('data' in form)) return again(tensor, form);
    const { storage, dtype, shape, strides, offset } = form.data;
    const data = new Tensor(copyOfStorage(storage), { dtype, shape, strides, offset });
    return rebuilt({
      ...form,
      data,
      ...('state' in form ? { state: copier.copy(form.state) as State } : {}),
    });
  }).copy(value) as T;
}
