// What Python's copy and pickle see of a module: its `__dict__`, hooks and registered members included, under PyTorch's names.
// Source: torch.nn.Module.__getstate__ and __setstate__.
import type { Module } from './module';
import { nameLazy, REGISTRY, type Registry } from './registry';

/** Names and values in order; what PyTorch keeps in `_parameters`, `_buffers` ... is the registry's own collection. */
export type ModuleState = Map<PropertyKey, unknown>;

/** What a state is asked for: PyTorch's parametrized modules allow only a deepcopy. */
export type StatePurpose = 'copy' | 'deepcopy' | 'pickle';

type Kept = Exclude<keyof Registry, 'self' | 'keepHooks' | 'find' | 'has' | 'delete'>;

/** PyTorch's names of what the registry holds. */
const COLLECTIONS: Readonly<Record<Kept, string>> = {
  parameters: '_parameters',
  buffers: '_buffers',
  nonPersistent: '_non_persistent_buffers_set',
  backwardPreHooks: '_backward_pre_hooks',
  backwardHooks: '_backward_hooks',
  forwardHooks: '_forward_hooks',
  forwardPreHooks: '_forward_pre_hooks',
  stateDictPostHooks: '_state_dict_hooks',
  stateDictPreHooks: '_state_dict_pre_hooks',
  loadPreHooks: '_load_state_dict_pre_hooks',
  loadPostHooks: '_load_state_dict_post_hooks',
  modules: '_modules',
};
const KEPT = Object.keys(COLLECTIONS) as readonly Kept[];

/** The collections themselves, not copies of them, then the module's fields. */
export function moduleState(module: Module): ModuleState {
  const registry = module[REGISTRY];
  const state: ModuleState = new Map(KEPT.map((name) => [COLLECTIONS[name], registry[name]]));
  for (const key of Reflect.ownKeys(module)) {
    const descriptor = Object.getOwnPropertyDescriptor(module, key);
    if (key !== REGISTRY && descriptor && 'value' in descriptor) state.set(key, descriptor.value);
  }
  return state;
}

/** Gives a bare module that state; collections that are not in it stay empty. */
export function setModuleState(module: Module, state: ModuleState): void {
  const registry = module[REGISTRY];
  const given = KEPT.filter((name) => state.has(COLLECTIONS[name]));
  Object.assign(registry, Object.fromEntries(given.map((name) => [name, state.get(COLLECTIONS[name])])));
  const taken = new Set<PropertyKey>(Object.values(COLLECTIONS));
  for (const [key, value] of state)
    if (!taken.has(key))
      Object.defineProperty(module, key, { value, writable: true, enumerable: true, configurable: true });
  for (const [name, parameter] of registry.parameters) nameLazy(module, 'parameter', name, parameter);
  for (const [name, buffer] of registry.buffers) nameLazy(module, 'buffer', name, buffer);
}
