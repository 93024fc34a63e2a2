// What a dry run may change in a module tree, kept so that it can be put back: classes, registrations, hooks, fields and
// tensors, each object the same as before. Values are kept only of buffers and of layers that are still lazy; they share the
// tensors' memory until that is written.
import type { Shape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { hasUninitializedParams, isLazyModule } from './lazy';
import type { Module } from './module';
import { REGISTRY, type Registry } from './registry';
import { isLazy, pendingData, returnToUninitialized } from './uninitialized';

interface TensorState {
  readonly tensor: Tensor;
  readonly prototype: object;
  readonly isLazy: boolean;
  /** A view with the tensor's fields, or the empty tensor an uninitialized one holds. */
  readonly data: Tensor;
  /** What its storage held. */
  readonly values: Storage | null;
  readonly grad: Tensor | null;
}

interface ModuleState {
  readonly module: Module;
  readonly prototype: object;
  readonly isLazy: boolean;
  readonly fields: ReadonlyMap<PropertyKey, PropertyDescriptor>;
  readonly restoreRegistry: () => void;
}

const keepMap = <V>(map: Map<string, V>): (() => void) => {
  const entries = [...map];
  return () => {
    map.clear();
    for (const [name, value] of entries) map.set(name, value);
  };
};

function keepRegistry(registry: Registry): () => void {
  const maps = [keepMap(registry.parameters), keepMap(registry.buffers), keepMap(registry.modules)];
  const hidden = [...registry.nonPersistent];
  const restoreHooks = registry.keepHooks();
  return () => {
    for (const restore of maps) restore();
    restoreHooks();
    registry.nonPersistent.clear();
    for (const name of hidden) registry.nonPersistent.add(name);
  };
}

function keepModule(module: Module): ModuleState {
  const fields = new Map<PropertyKey, PropertyDescriptor>();
  for (const key of Reflect.ownKeys(module)) {
    const descriptor = Object.getOwnPropertyDescriptor(module, key);
    if (key !== REGISTRY && descriptor !== undefined) fields.set(key, descriptor);
  }
  return {
    module,
    prototype: Object.getPrototypeOf(module) as object,
    isLazy: isLazyModule(module),
    fields,
    restoreRegistry: keepRegistry(module[REGISTRY]),
  };
}

function keepTensor(tensor: Tensor, keepsValues: boolean): TensorState {
  const lazy = isLazy(tensor);
  const hasValues = !lazy && keepsValues && tensor.device !== 'meta';
  return {
    tensor,
    prototype: Object.getPrototypeOf(tensor) as object,
    isLazy: lazy,
    data: lazy ? pendingData(tensor) : viewOf(tensor),
    values: hasValues ? tensor.storage.copy() : null,
    grad: tensor.grad,
  };
}

function viewOf({ storage, dtype, shape, strides, offset }: Tensor): Tensor {
  return new Tensor(storage, { dtype, shape, strides, offset });
}

export class Snapshot {
  readonly #modules: readonly ModuleState[];
  readonly #tensors: readonly TensorState[];

  constructor(root: Module) {
    this.#modules = [...root.modules()].map(keepModule);
    const tensors = new Map<Tensor, boolean>();
    for (const { module } of this.#modules) {
      const isUnfinished = isLazyModule(module) || hasUninitializedParams(module);
      for (const parameter of module[REGISTRY].parameters.values())
        if (parameter !== null) tensors.set(parameter, isUnfinished || (tensors.get(parameter) ?? false));
      for (const buffer of module[REGISTRY].buffers.values()) if (buffer !== null) tensors.set(buffer, true);
    }
    this.#tensors = [...tensors].map(([tensor, keepsValues]) => keepTensor(tensor, keepsValues));
  }

  /** Tensors that were uninitialized and now have this shape. */
  materialized(): ReadonlyMap<Tensor, Shape> {
    const found = this.#tensors.filter(({ tensor, isLazy: wasLazy }) => wasLazy && !isLazy(tensor));
    return new Map(found.map(({ tensor }) => [tensor, tensor.shape]));
  }

  /** Puts everything back and frees what was allocated since. */
  restore(): void {
    const kept = new Set<Storage>(this.#tensors.map(({ data }) => data.storage));
    for (const state of this.#tensors) {
      const fresh = isLazy(state.tensor) ? null : state.tensor.storage;
      restoreTensor(state);
      if (state.isLazy && fresh !== null && !kept.has(fresh)) fresh.dispose();
    }
    for (const state of this.#modules) restoreModule(state);
  }

  /** Frees the values it keeps; `undo` needs none. */
  dispose(): void {
    for (const { values } of this.#tensors) values?.dispose();
  }

  /** Brings only what this snapshot saw uninitialized back to that state; everything else stays as it is now. */
  undo(): void {
    for (const state of this.#tensors)
      if (state.isLazy) {
        restoreTensor(state);
        state.tensor.grad = null;
      }
    for (const state of this.#modules) if (state.isLazy) restoreModule(state);
  }
}

function restoreTensor({ tensor, prototype, isLazy: wasLazy, data, values, grad }: TensorState): void {
  tensor.grad = grad;
  if (wasLazy) {
    if (isLazy(tensor)) tensor.setData(data);
    else returnToUninitialized(tensor, prototype, data);
    return;
  }
  Object.setPrototypeOf(tensor, prototype);
  tensor.setData(data);
  if (values !== null) tensor.storage.assign(values);
}

function restoreModule({ module, prototype, fields, restoreRegistry }: ModuleState): void {
  restoreRegistry();
  for (const key of Reflect.ownKeys(module))
    if (key !== REGISTRY && !fields.has(key)) Reflect.deleteProperty(module, key);
  for (const [key, descriptor] of fields) Object.defineProperty(module, key, descriptor);
  Object.setPrototypeOf(module, prototype);
}
