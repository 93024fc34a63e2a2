// The places of a module tree's state dict: every key with the module and the tensor behind it, tied ones under each key.
import type { Tensor } from '../tensor/tensor';
import type { Module } from './module';
import { membersOf, REGISTRY } from './registry';

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
    const { own, nested } = membersOf(module[REGISTRY]);
    for (const { name, kind, tensor } of [...own, ...nested])
      if (tensor !== null)
        slots.push({ key: place === '' ? name : `${place}.${name}`, module, name, kind, tensor });
  }
  return slots;
}
