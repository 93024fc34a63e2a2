// module.stateDict(): what is saved, under which key, in which order. Source: torch.nn.Module._save_to_state_dict.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { EXTRA_STATE, definesExtraState } from './extra-state';
import type { Module } from './module';
import type { StateDictOptions } from './module-types';
import { membersOf, REGISTRY } from './registry';
import { StateDict } from './state-dict';
import { isLazy } from './uninitialized';

/** The module keeps uninitialized entries of its own in its state dict as they are: lazy modules do, plain ones fail. */
export const SAVES_UNINITIALIZED = Symbol('saves uninitialized');

export function saveStateDict(module: Module, options: StateDictOptions): StateDict {
  const { prefix = '', keepVars = false, destination = new StateDict([], new Map()) } = options;
  const metadata = { version: module.stateVersion };
  destination.metadata?.set(prefix.replace(/\.$/, ''), metadata);
  for (const name of module.nestedModules()) destination.metadata?.set(prefix + name, { version: 1 });
  const registry = module[REGISTRY];
  for (const hook of registry.stateDictPreHooks.list()) hook(module, prefix, keepVars);
  const isLazyModule = Reflect.get(module, SAVES_UNINITIALIZED) === true;
  const put = (name: string, tensor: Tensor | null): void => {
    if (tensor === null) return;
    const isKept = keepVars || (isLazyModule && isLazy(tensor));
    destination.set(prefix + name, isKept ? tensor : tensor.detach());
  };
  const { own, nested } = membersOf(registry);
  for (const { name, tensor } of own) put(name, tensor);
  const isUnfinished = isLazyModule && [...registry.parameters.values()].some(isLazy);
  const hasExtra = !isUnfinished && definesExtraState(module, 'getExtraState');
  const extra = hasExtra ? module.getExtraState() : undefined;
  if (extra !== undefined) destination.set(prefix + EXTRA_STATE, extra);
  for (const { name, tensor } of nested) put(name, tensor);
  for (const [name, child] of registry.modules)
    child?.stateDict({ prefix: `${prefix}${name}.`, keepVars, destination });
  for (const hook of registry.stateDictPostHooks.list())
    if ((hook(module, destination, prefix, metadata) ?? null) !== null)
      throw new TorchError('RuntimeError', 'state_dict post-hook must return None');
  return destination;
}

/** The tensors of a state dict, extra state left out. */
export function* tensorsOf(stateDict: StateDict): Generator<[string, Tensor]> {
  for (const [key, value] of stateDict) if (value instanceof Tensor) yield [key, value];
}
