// Making a module's tensor out of others: the module's class gets a property in the tensor's place, whose value is computed at each access.
// Source: torch.nn.utils.parametrize. Rules: docs/spec/parametrizations.md.
import { TorchError } from '../../errors';
import { noGrad } from '../../ops/dispatch';
import { shapesEqual, torchSize } from '../../tensor/shape';
import { Tensor } from '../../tensor/tensor';
import type { Module } from '../module';
import type { ModuleState, StatePurpose } from '../module-state';
import { ModuleDict } from '../module-dict';
import { Parameter } from '../parameter';
import { IS_TORCH_CLASS, shortTypeName } from '../python-names';
import { REGISTRY } from '../registry';
import { expectTensor, isInvertible, ParametrizationList, registerTensor, tryInverse } from './list';

const FIELD = 'parametrizations';
const NO_PICKLE =
  'Serialization of parametrized modules is only supported through state_dict(). See:\nhttps://pytorch.org/tutorials/beginner/saving_loading_models.html#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training';

export interface RegisterOptions {
  /** The parametrization may change shape and dtype, and nothing is checked. Default false. */
  readonly unsafe?: boolean;
}

const valueError = (message: string): TorchError => new TorchError('ValueError', message);

/** The module's parametrizations by tensor name; null while it has none. */
function parametrizationsOf(module: Module): ModuleDict | null {
  const found = module[REGISTRY].modules.get(FIELD);
  return found instanceof ModuleDict ? found : null;
}

function listOf(module: Module, name: string): ParametrizationList | null {
  const dict = parametrizationsOf(module);
  const list = dict?.contains(name) === true ? dict.item(name) : null;
  return list instanceof ParametrizationList ? list : null;
}

/** Whether the module makes its tensor `name` (default: any) of others. */
export function isParametrized(module: Module, name?: string): boolean {
  if (name !== undefined) return listOf(module, name) !== null;
  return (parametrizationsOf(module)?.size ?? 0) > 0;
}

/** Makes `module[name]`, a parameter or buffer, the output of `parametrization`; a further one takes the output of those before. */
export function registerParametrization<M extends Module>(
  module: M,
  name: string,
  parametrization: Module,
  { unsafe = false }: RegisterOptions = {},
): M {
  parametrization.train(module.training);
  const list = listOf(module, name);
  if (list) {
    if (!unsafe) checkFurther(module, name, parametrization);
    list.append(parametrization);
    list.unsafe ||= unsafe;
    return module;
  }
  const { parameters, buffers } = module[REGISTRY];
  if (!parameters.has(name) && !buffers.has(name))
    throw valueError(
      `Module '${String(module)}' does not have a parameter, a buffer, or a parametrized element with name '${name}'`,
    );
  const original = parameters.get(name) ?? buffers.get(name) ?? null;
  if (original === null) throw new TorchError('AttributeError', "'NoneType' object has no attribute 'shape'");
  const made = new ParametrizationList([parametrization], original, { unsafe });
  Reflect.deleteProperty(module, name);
  if (!isParametrized(module)) {
    injectClass(module);
    module.registerModule(FIELD, new ModuleDict());
  }
  injectProperty(module, name);
  parametrizationsOf(module)?.setItem(name, made);
  return module;
}

/** A parametrization of what is parametrized already must keep dtype and shape, and so must its inverse. */
function checkFurther(module: Module, name: string, parametrization: Module): void {
  const before = module.getAttribute(name) as Tensor;
  const after = expectTensor(parametrization.invoke([before]));
  const kept = 'Registering a parametrization may not change the';
  const unless = 'of the tensor, unless the `unsafe` flag is enabled.';
  if (after.dtype !== before.dtype)
    throw valueError(
      `${kept} dtype ${unless}\nmodule.${name}.dtype: torch.${before.dtype}\nparametrization(module.${name}).dtype: torch.${after.dtype}`,
    );
  if (!shapesEqual(after.shape, before.shape))
    throw valueError(
      `${kept} shape ${unless}\nmodule.${name}.shape: ${torchSize(before.shape)}\nparametrization(module.${name}).shape: ${torchSize(after.shape)}`,
    );
  if (!isInvertible(parametrization)) return;
  const back = tryInverse(parametrization, after);
  if (back === undefined) return;
  if (!(back instanceof Tensor))
    throw valueError(`parametrization.right_inverse must return a tensor. Got: ${shortTypeName(back)}`);
  const same = (what: string): string =>
    `The tensor returned by parametrization.right_inverse must have the same ${what} as module.${name}, unless the \`unsafe\` flag is enabled.\nmodule.${name}.${what}: `;
  if (back.dtype !== before.dtype)
    throw valueError(`${same('dtype')}torch.${before.dtype}\nreturned dtype: torch.${back.dtype}`);
  if (!shapesEqual(back.shape, before.shape))
    throw valueError(`${same('shape')}${torchSize(before.shape)}\nreturned shape: ${torchSize(back.shape)}`);
}

/** The class of this one module from now on: `ParametrizedLinear`, derived from what it was. */
function injectClass(module: Module): void {
  const base = Object.getPrototypeOf(module) as Module;
  const prototype = Object.create(base) as object;
  const made = { [`Parametrized${base.constructor.name}`]: class {} };
  const [constructor] = Object.values(made);
  Object.defineProperty(prototype, IS_TORCH_CLASS, { value: true });
  Object.defineProperty(prototype, 'constructor', { value: constructor, writable: true, configurable: true });
  Object.defineProperty(prototype, 'getState', {
    configurable: true,
    value(this: Module, purpose: StatePurpose): ModuleState {
      if (purpose !== 'deepcopy') throw new TorchError('RuntimeError', NO_PICKLE);
      return base.getState.call(this, purpose);
    },
  });
  Object.setPrototypeOf(module, prototype);
}

function injectProperty(module: Module, name: string): void {
  Object.defineProperty(Object.getPrototypeOf(module), name, {
    configurable: true,
    get(this: Module): unknown {
      const list = listOf(this, name);
      if (!cache) return list?.invoke([]);
      const known = cache.get(this[REGISTRY]) ?? new Map<string, unknown>();
      cache.set(this[REGISTRY], known);
      if (!known.has(name)) known.set(name, list?.invoke([]));
      return known.get(name);
    },
    set(this: Module, value: Tensor) {
      listOf(this, name)?.rightInverse(value);
    },
  });
}

/** Computed values by module while `cached` runs. */
let cache: Map<object, Map<string, unknown>> | null = null;

/** Runs `body`, in which each parametrized tensor is computed once, at its first access. It may not be async. */
export function cached<T>(body: () => T): T {
  const outer = cache;
  cache ??= new Map();
  try {
    return body();
  } finally {
    cache = outer;
  }
}

/**
 * Makes `module[name]` an ordinary tensor again: of its present value or, with `leaveParametrized: false`, of what it was made of, which
 * takes a single original. Throws ValueError for what is not parametrized.
 */
export function removeParametrizations<M extends Module>(
  module: M,
  name: string,
  { leaveParametrized = true }: { readonly leaveParametrized?: boolean } = {},
): M {
  const list = listOf(module, name);
  if (!list) throw valueError(`Module ${String(module)} does not have a parametrization on ${name}`);
  const [first] = list.originals();
  const value = (): Tensor => module.getAttribute(name) as Tensor;
  let original: Tensor;
  if (list.isTensor && first) {
    original = first;
    if (leaveParametrized) original.setData(noGrad(value));
  } else {
    if (!leaveParametrized)
      throw valueError(
        'Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of tensors.',
      );
    const made = value();
    original = made.requiresGrad ? new Parameter(made) : made;
  }
  const prototype = Object.getPrototypeOf(module) as object;
  Reflect.deleteProperty(prototype, name);
  parametrizationsOf(module)?.deleteItem(name);
  registerTensor(module, name, original);
  if (!isParametrized(module)) {
    Reflect.deleteProperty(module, FIELD);
    Object.setPrototypeOf(module, Object.getPrototypeOf(prototype) as object);
  }
  return module;
}

/** The class a module had before it was parametrized. */
export function typeBeforeParametrizations(module: Module): { readonly name: string } {
  const prototype = Object.getPrototypeOf(module) as Module;
  return isParametrized(module)
    ? (Object.getPrototypeOf(prototype) as Module).constructor
    : prototype.constructor;
}

/** Gives `to` the parametrizations of `from` (of all its tensors, or of one) and the very tensors they work on. */
export function transferParametrizationsAndParams<M extends Module>(from: Module, to: M, name?: string): M {
  const names = name === undefined ? (parametrizationsOf(from)?.keys() ?? []) : [name];
  if (!isParametrized(from)) return to;
  for (const each of names) {
    const list = listOf(from, each);
    if (!list) throw new TorchError('KeyError', each);
    if (Reflect.get(to, each, to) === undefined)
      Reflect.set(to, each, new Parameter(from.getAttribute(each) as Tensor), to);
    for (const parametrization of list) registerParametrization(to, each, parametrization);
    const target = listOf(to, each);
    const originals = list.originals();
    for (const [index, original] of originals.entries()) {
      const place = list.isTensor ? 'original' : `original${index}`;
      if (target) Reflect.set(target, place, original, target);
    }
  }
  return to;
}
