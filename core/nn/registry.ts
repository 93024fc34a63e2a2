// What a module has registered, and the checks every registration passes, in PyTorch's order and words.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { Buffer } from './buffer';
import { HookList } from './hooks';
import type { Module } from './module';
import { isTaken } from './module-names';
import type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardPreHook,
  LoadStateDictPostHook,
  LoadStateDictPreHook,
  RegistrationHook,
  StateDictPostHook,
  StateDictPreHook,
} from './module-types';
import { Parameter } from './parameter';
import { torchTypename } from './python-names';
import { isLazy, nameOwner } from './uninitialized';

/** Where a module keeps its registry: a symbol, so that no field name is taken. */
export const REGISTRY = Symbol('registry');
/** A module's name in messages, or null. */
export const LABEL = Symbol('label');

export class Registry {
  /** The module as others see it: its proxy. */
  self: Module | null = null;
  readonly parameters = new Map<string, Parameter | null>();
  readonly buffers = new Map<string, Tensor | null>();
  modules = new Map<string, Module | null>();
  readonly nonPersistent = new Set<string>();
  readonly forwardPreHooks = new HookList<ForwardPreHook>();
  readonly forwardHooks = new HookList<ForwardHook>();
  readonly backwardPreHooks = new HookList<BackwardPreHook>();
  readonly backwardHooks = new HookList<BackwardHook>();
  readonly stateDictPreHooks = new HookList<StateDictPreHook>();
  readonly stateDictPostHooks = new HookList<StateDictPostHook>();
  readonly loadPreHooks = new HookList<LoadStateDictPreHook>();
  readonly loadPostHooks = new HookList<LoadStateDictPostHook>();

  /** What puts the hooks back as they are now. */
  keepHooks(): () => void {
    const restores = [
      this.forwardPreHooks.keep(),
      this.forwardHooks.keep(),
      this.backwardPreHooks.keep(),
      this.backwardHooks.keep(),
      this.stateDictPreHooks.keep(),
      this.stateDictPostHooks.keep(),
      this.loadPreHooks.keep(),
      this.loadPostHooks.keep(),
    ];
    return () => {
      for (const restore of restores) restore();
    };
  }

  /** The registered value of a name, undefined when there is none. */
  find(name: string): Parameter | Tensor | Module | null | undefined {
    const { parameters, buffers, modules } = this;
    return parameters.has(name)
      ? parameters.get(name)
      : buffers.has(name)
        ? buffers.get(name)
        : modules.get(name);
  }
  has(name: string): boolean {
    return this.parameters.has(name) || this.buffers.has(name) || this.modules.has(name);
  }
  delete(name: string): boolean {
    this.nonPersistent.delete(name);
    return this.parameters.delete(name) || this.buffers.delete(name) || this.modules.delete(name);
  }
}

/** Global hooks on registration, by what is registered. */
export const registrationHooks = {
  parameter: new HookList<RegistrationHook<Parameter>>(),
  buffer: new HookList<RegistrationHook<Tensor>>(),
  module: new HookList<RegistrationHook<Module>>(),
} as const;

/** What is to be registered after the hooks have seen it. */
function hooked<Value>(
  hooks: HookList<RegistrationHook<Value>>,
  target: Registering,
  name: string,
  value: Value | null,
): Value | null {
  const module = target[REGISTRY]?.self ?? null;
  if (module === null) return value;
  return hooks.list().reduce((current, hook) => hook(module, name, current) ?? current, value);
}

/** The object behind a module's proxy, as far as registration needs it. */
export interface Registering {
  [REGISTRY]?: Registry;
  [LABEL]?: string | null;
}

/** Brand check, since this file cannot import the class. */
export const isModule = (value: unknown): value is Module =>
  typeof value === 'object' && value !== null && REGISTRY in value;

function registryOf(target: Registering, what: string): Registry {
  const registry = target[REGISTRY];
  if (registry === undefined)
    throw new TorchError('AttributeError', `cannot assign ${what} before Module.__init__() call`);
  return registry;
}

function checkName(what: 'parameter' | 'buffer', name: unknown): asserts name is string {
  if (typeof name !== 'string')
    throw new TorchError('TypeError', `${what} name should be a string. Got ${torchTypename(name)}`);
  if (name.includes('.')) throw new TorchError('KeyError', `${what} name can't contain "."`);
  if (name === '') throw new TorchError('KeyError', `${what} name can't be empty string ""`);
}

/** Python's hasattr. */
const hasAttribute = (target: object, name: string): boolean =>
  ((target as Registering)[REGISTRY]?.has(name) ?? false) || isTaken(target, name);

function checkFree(target: object, name: string, own: ReadonlyMap<string, unknown>): void {
  if (hasAttribute(target, name) && !own.has(name))
    throw new TorchError('KeyError', `attribute '${name}' already exists`);
}

/** Removes a plain field (and with `registry` the other kinds' entries) so that the registered value shows. */
function clearField(target: object, name: string): void {
  if (Object.hasOwn(target, name)) Reflect.deleteProperty(target, name);
}

/** Makes errors about an uninitialized tensor say where it stands. */
export function nameLazy(target: Registering, kind: string, name: string, tensor: Tensor | null): void {
  if (!isLazy(tensor)) return;
  nameOwner(tensor, () => {
    const label = target[LABEL] ?? null;
    return label === null ? null : `${kind} '${name}' of '${label}'`;
  });
}

export function registerParameter(target: Registering, name: unknown, value: unknown): void {
  const { parameters } = registryOf(target, 'parameter');
  checkName('parameter', name);
  checkFree(target, name, parameters);
  if (value !== null && !(value instanceof Parameter))
    throw new TorchError(
      'TypeError',
      `cannot assign '${torchTypename(value)}' object to parameter '${name}' (torch.nn.Parameter or None required)`,
    );
  if (value?.gradFn)
    throw new TorchError(
      'ValueError',
      `Cannot assign non-leaf Tensor to parameter '${name}'. Model parameters must be created explicitly. To express '${name}' as a function of another Tensor, compute the value in the forward() method.`,
    );
  const registered = value && hooked(registrationHooks.parameter, target, name, value);
  clearField(target, name);
  parameters.set(name, registered);
  nameLazy(target, 'parameter', name, registered);
}

/** A parameter that stands for one of a submodule's, dots in its name (`out_proj.weight`): PyTorch forbids them in a plain one. */
export function registerNestedParameter(target: Registering, name: string, value: Parameter): void {
  registryOf(target, 'parameter').parameters.set(name, value);
  nameLazy(target, 'parameter', name, value);
}

/** A buffer that stands for one of a submodule's, as registerNestedParameter's. */
export function registerNestedBuffer(target: Registering, name: string, value: Tensor): void {
  registryOf(target, 'buffer').buffers.set(name, value);
  nameLazy(target, 'buffer', name, value);
}

export interface Member {
  readonly name: string;
  readonly kind: 'parameter' | 'buffer';
  readonly tensor: Tensor | null;
}

/**
 * A module's parameters and persistent buffers in the order of its state dict: its own, and then those that stand for a submodule's, as
 * children come last.
 */
export function membersOf({ parameters, buffers, nonPersistent }: Registry): {
  readonly own: readonly Member[];
  readonly nested: readonly Member[];
} {
  const listed = (kind: Member['kind'], entries: Iterable<[string, Tensor | null]>): Member[] =>
    Array.from(entries, ([name, tensor]) => ({ name, kind, tensor }));
  const kept = [...buffers].filter(([name]) => !nonPersistent.has(name));
  const all = [...listed('parameter', parameters), ...listed('buffer', kept)];
  const nested = all.filter(({ name, kind }) => kind === 'parameter' && name.includes('.'));
  // `parametrizations.weight.0._u` comes right after what is in `parametrizations.weight`.
  for (const member of all.filter(({ name, kind }) => kind === 'buffer' && name.includes('.'))) {
    const list = member.name.replace(/[^.]+\.[^.]+$/, '');
    const at = nested.findLastIndex(({ name }) => name.startsWith(list));
    nested.splice(at < 0 ? nested.length : at + 1, 0, member);
  }
  return { own: all.filter(({ name }) => !name.includes('.')), nested };
}

export function registerBuffer(
  target: Registering,
  name: unknown,
  value: unknown,
  persistent: boolean,
): void {
  const { buffers, nonPersistent } = registryOf(target, 'buffer');
  checkName('buffer', name);
  checkFree(target, name, buffers);
  if (value !== null && !(value instanceof Tensor))
    throw new TorchError(
      'TypeError',
      `cannot assign '${torchTypename(value)}' object to buffer '${name}' (torch Tensor or None required)`,
    );
  const registered = hooked(registrationHooks.buffer, target, name, value);
  clearField(target, name);
  buffers.set(name, registered);
  if (persistent) nonPersistent.delete(name);
  else nonPersistent.add(name);
  nameLazy(target, 'buffer', name, registered);
}

export function registerModule(target: Registering, name: unknown, value: unknown): void {
  const { modules } = registryOf(target, 'module');
  if (value !== null && !isModule(value))
    throw new TorchError('TypeError', `${torchTypename(value)} is not a Module subclass`);
  if (typeof name !== 'string')
    throw new TorchError('TypeError', `module name should be a string. Got ${torchTypename(name)}`);
  checkFree(target, name, modules);
  if (name.includes('.')) throw new TorchError('KeyError', `module name can't contain ".", got: ${name}`);
  if (name === '') throw new TorchError('KeyError', 'module name can\'t be empty string ""');
  setModule(target, modules, name, value);
}

function setModule(
  target: Registering,
  modules: Registry['modules'],
  name: string,
  value: Module | null,
): void {
  const registered = hooked(registrationHooks.module, target, name, value);
  clearField(target, name);
  modules.set(name, registered);
  if (registered !== null) registered[LABEL] ??= name;
}

/**
 * What assigning `value` to the field `name` registers; false when it is an ordinary field. Replaces earlier entries of
 * the name as PyTorch does, and throws its TypeErrors for values that do not fit a registered name.
 */
export function assignAttribute(target: Registering, name: string, value: unknown): boolean {
  const registry = target[REGISTRY];
  if (value instanceof Parameter) {
    const { parameters } = registryOf(target, 'parameters');
    if (!parameters.has(name)) {
      clearField(target, name);
      registry?.delete(name);
    }
    registerParameter(target, name, value);
    return true;
  }
  if (registry?.parameters.has(name)) {
    expectNone(
      value,
      `cannot assign '${torchTypename(value)}' as parameter '${name}' (torch.nn.Parameter or None expected)`,
    );
    registerParameter(target, name, null);
    return true;
  }
  if (isModule(value)) {
    const { modules, buffers, nonPersistent } = registryOf(target, 'module');
    buffers.delete(name);
    nonPersistent.delete(name);
    setModule(target, modules, name, value);
    return true;
  }
  if (registry?.modules.has(name)) {
    expectNone(
      value,
      `cannot assign '${torchTypename(value)}' as child module '${name}' (torch.nn.Module or None expected)`,
    );
    setModule(target, registry.modules, name, null);
    return true;
  }
  return assignBuffer(target, name, value);
}

function assignBuffer(target: Registering, name: string, value: unknown): boolean {
  const registry = target[REGISTRY];
  const isRegistered = registry?.buffers.has(name) ?? false;
  if (!(value instanceof Buffer) && !isRegistered) return false;
  const given = value ?? null;
  if (given !== null && !(given instanceof Tensor))
    throw new TorchError(
      'TypeError',
      `cannot assign '${torchTypename(value)}' as buffer '${name}' (torch.nn.Buffer, torch.Tensor or None expected)`,
    );
  const persistent =
    given instanceof Buffer ? given.persistent : !(registry?.nonPersistent.has(name) ?? false);
  registerBuffer(target, name, given, persistent);
  return true;
}

function expectNone(value: unknown, message: string): void {
  if (value !== null && value !== undefined) throw new TorchError('TypeError', message);
}
