// A module's extra state: what it saves beside its tensors. PyTorch asks only classes that define it; calling it elsewhere is an error.
import { TorchError } from '../errors';

export const EXTRA_STATE = '_extra_state';

type Method = 'getExtraState' | 'setExtraState';

/** Module's own methods, which no class has defined. */
const own = new Map<Method, unknown>();

/** Says that these methods are Module's own, so that `definesExtraState` is false for them. */
export function declareOwn(prototype: object): void {
  for (const method of ['getExtraState', 'setExtraState'] as const)
    own.set(method, Reflect.get(prototype, method));
}

/** Whether the module's class has defined the method. */
export const definesExtraState = (module: object, method: Method): boolean =>
  Reflect.get(module, method) !== own.get(method);

export function refuseExtraState(method: 'get_extra_state' | 'set_extra_state'): never {
  throw new TorchError(
    'RuntimeError',
    `Reached a code path in Module.${method}() that should never be called. Please file an issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug.`,
  );
}
