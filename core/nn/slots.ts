// The places of a module tree's state dict: every key with the module and the tensor behind it, tied ones under each key.
import type { Tensor } from '../tensor/tensor';
import type { Module } from './module';
import { ownAndNested, REGISTRY } from './registry';

export interface Slot {
  /** State-dict key. */
  readonly key: string;
  /** The module that registered it, and its name there. */
  readonly module: Module;
  readonly name: string;
  readonly kind: 'parameter' | 'buffer';
  readonly tensor: Tensor;
}

/** In state-dict order; non-persistent buffers are left out. */
export function slotsOf(root: Module): Slot[] {
  const slots: Slot[] = [];
  for (const [place, module] of root.namedModules({ removeDuplicate: false })) {
    const { parameters, buffers, nonPersistent } = module[REGISTRY];
    const put = (name: string, kind: Slot['kind'], tensor: Tensor | null): void => {
      if (tensor === null) return;
      slots.push({ key: place === '' ? name : `${place}.${name}`, module, name, kind, tensor });
    };
    const [own, nested] = ownAndNested(parameters);
    for (const [name, parameter] of own) put(name, 'parameter', parameter);
    for (const [name, buffer] of buffers) if (!nonPersistent.has(name)) put(name, 'buffer', buffer);
    for (const [name, parameter] of nested) put(name, 'parameter', parameter);
  }
  return slots;
}
