// The lazy mixin: a module that learns its sizes from its first input, then is what it was waiting to become.
// Source: torch.nn.modules.lazy.LazyModuleMixin. Rules: docs/spec/lazy.md.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { Module } from './module';
import type { ForwardPreHook, LoadStateDictPreHook } from './module-types';
import { noAttribute } from './python-names';
import { REGISTRY } from './registry';
import { SAVES_UNINITIALIZED } from './save-state-dict';
import { isLazy } from './uninitialized';

/** What a lazy module adds. */
export interface LazyParts {
  /** The class to switch to once initialized; null keeps the class. */
  readonly clsToBecome: { readonly prototype: Module } | null;
  /** Materializes and initializes everything from the inputs of the first call. */
  initializeParameters(...inputs: readonly unknown[]): void;
}

/** True while a parameter or buffer of this very module has no shape. */
export function hasUninitializedParams(module: Module): boolean {
  const { parameters, buffers } = module[REGISTRY];
  return [...parameters.values(), ...buffers.values()].some(isLazy);
}

const partsOf = (module: Module): Partial<LazyParts> => module as Partial<LazyParts>;

/** The forward pre-hook: runs once, before hooks that the user registers later. */
const initializeHook: ForwardPreHook = (module, inputs, keywords = {}) => {
  const parts = partsOf(module);
  if (parts.initializeParameters === undefined)
    throw new TorchError(
      'NotImplementedError',
      `initialize_parameters is not implemented for ${module.constructor.name}`,
    );
  parts.initializeParameters(...module.bindFirstInputs(inputs, keywords));
  if (hasUninitializedParams(module))
    throw new TorchError(
      'RuntimeError',
      `module ${module.constructor.name} has not been fully initialized`,
      'uninitialized',
    );
  finishLazy(module);
};

/** The load pre-hook: what the checkpoint has a shape for is materialized to that shape, whatever the layer expects. */
const loadHook: LoadStateDictPreHook = (module, { stateDict, prefix }) => {
  const { parameters, buffers } = module[REGISTRY];
  for (const [name, tensor] of [...parameters, ...buffers]) {
    const key = prefix + name;
    if (!isLazy(tensor) || !stateDict.has(key)) continue;
    const given = stateDict.get(key);
    if (!(given instanceof Tensor))
      throw new TorchError('AttributeError', noAttribute(given, 'shape'), 'weights_mismatch');
    if (!isLazy(given)) tensor.materialize(given.shape);
  }
};

/** Installs the two hooks; called in the constructor of a module that has LazyParts. */
export function becomeLazy(module: Module): void {
  module[REGISTRY].forwardPreHooks.add(initializeHook, { withKwargs: true });
  module[REGISTRY].loadPreHooks.add(loadHook);
  Object.defineProperty(module, SAVES_UNINITIALIZED, { value: true, configurable: true });
}

/** True from construction until the first call has initialized the module. */
export const isLazyModule = (module: Module): boolean => Reflect.get(module, SAVES_UNINITIALIZED) === true;

/** Removes both hooks and switches the class. */
export function finishLazy(module: Module): void {
  module[REGISTRY].forwardPreHooks.delete(initializeHook);
  module[REGISTRY].loadPreHooks.delete(loadHook);
  Reflect.deleteProperty(module, SAVES_UNINITIALIZED);
  const { clsToBecome = null } = partsOf(module);
  if (clsToBecome !== null) Object.setPrototypeOf(module, clsToBecome.prototype);
}

/** A lazy module to derive from; a derived class gives `clsToBecome` and `initializeParameters`. */
export class LazyModule extends Module implements LazyParts {
  constructor() {
    super();
    becomeLazy(this);
  }
  get clsToBecome(): LazyParts['clsToBecome'] {
    return null;
  }
  initializeParameters(..._inputs: readonly unknown[]): void {
    throw new TorchError(
      'NotImplementedError',
      `initialize_parameters is not implemented for ${this.constructor.name}`,
    );
  }
}
