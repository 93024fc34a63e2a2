// Module: registers what is assigned to its fields, walks its tree, calls forward between hooks. Rules: docs/spec/modules.md.
import { TorchError } from '../errors';
import type { DType } from '../tensor/dtype';
import type { Device } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { convertModule } from './convert';
import type { HookOptions, RemovableHandle } from './hooks';
import { loadStateDict } from './load-state-dict';
import { moduleRepr } from './module-repr';
import type {
  ForwardHook,
  ForwardPreHook,
  IncompatibleKeys,
  LoadCall,
  LoadOptions,
  LoadStateDictPostHook,
  LoadStateDictPreHook,
  StateDictOptions,
  WalkOptions,
} from './module-types';
import type { Parameter } from './parameter';
import {
  assignAttribute,
  LABEL,
  registerBuffer,
  registerModule,
  registerParameter,
  REGISTRY,
  Registry,
} from './registry';
import { saveStateDict } from './save-state-dict';
import type { StateDict, StateDictLike } from './state-dict';

/** Fields hold registered values only through the registry; everything else is an ordinary field. */
const handler: ProxyHandler<Module> = {
  get(target, key, receiver) {
    if (typeof key === 'symbol' || key in target) return Reflect.get(target, key, receiver) as unknown;
    return target[REGISTRY].find(key);
  },
  set(target, key, value, receiver) {
    if (typeof key === 'string' && assignAttribute(target, key, value)) return true;
    return Reflect.set(target, key, value, receiver);
  },
  defineProperty(target, key, descriptor) {
    if (typeof key === 'string' && 'value' in descriptor) {
      // A subclass that declares a registered field anew, without a value, does not take it away.
      if (descriptor.value === undefined && target[REGISTRY].has(key)) return true;
      if (assignAttribute(target, key, descriptor.value)) return true;
    }
    return Reflect.defineProperty(target, key, descriptor);
  },
  has: (target, key) => key in target || (typeof key === 'string' && target[REGISTRY].has(key)),
  deleteProperty(target, key) {
    if (typeof key === 'string' && target[REGISTRY].delete(key)) return true;
    return Reflect.deleteProperty(target, key);
  },
};

/** `torch.nn.Module`. Assigning a Parameter, Buffer or Module to a field registers it. */
export class Module {
  readonly [REGISTRY] = new Registry();
  /** How messages name this module: the name it was first registered under. */
  [LABEL]: string | null = null;
  /** Training mode; see `train`. */
  training = true;

  constructor() {
    return new Proxy(this, handler);
  }

  /** A module of a class without running its constructor: for copies, which then receive fields and registrations. */
  static bare(prototype: object): Module {
    const module = new Module();
    Object.setPrototypeOf(module, prototype);
    return module;
  }

  /** The computation. Call a module by `call`, which runs its hooks too. */
  forward(..._inputs: unknown[]): unknown {
    throw new TorchError(
      'NotImplementedError',
      `Module [${this.constructor.name}] is missing the required "forward" function`,
    );
  }

  /** Pre-hooks, forward, hooks. */
  call(...inputs: Parameters<this['forward']>): ReturnType<this['forward']>;
  call(...inputs: unknown[]): unknown {
    return this.invoke(inputs);
  }
  /** As `call`, for inputs and outputs whose types are not known. */
  invoke(inputs: readonly unknown[]): unknown {
    let given = inputs;
    for (const hook of this[REGISTRY].forwardPreHooks.list()) {
      const replaced = hook(this, given);
      if (replaced !== undefined) given = Array.isArray(replaced) ? replaced : [replaced];
    }
    let output = this.forward(...given);
    for (const hook of this[REGISTRY].forwardHooks.list()) {
      const replaced = hook(this, given, output);
      if (replaced !== undefined) output = replaced;
    }
    return output;
  }

  registerParameter(name: string, parameter: Parameter | null): void {
    registerParameter(this, name, parameter);
  }
  registerBuffer(name: string, tensor: Tensor | null, options: { readonly persistent?: boolean } = {}): void {
    registerBuffer(this, name, tensor, options.persistent ?? true);
  }
  registerModule(name: string, module: Module | null): void {
    registerModule(this, name, module);
  }
  /** `add_module`, the same as registerModule. */
  addModule(name: string, module: Module | null): void {
    registerModule(this, name, module);
  }

  registerForwardPreHook(hook: ForwardPreHook, options?: HookOptions): RemovableHandle {
    return this[REGISTRY].forwardPreHooks.add(hook, options);
  }
  registerForwardHook(hook: ForwardHook, options?: HookOptions): RemovableHandle {
    return this[REGISTRY].forwardHooks.add(hook, options);
  }
  registerLoadStateDictPreHook(hook: LoadStateDictPreHook): RemovableHandle {
    return this[REGISTRY].loadPreHooks.add(hook);
  }
  registerLoadStateDictPostHook(hook: LoadStateDictPostHook): RemovableHandle {
    return this[REGISTRY].loadPostHooks.add(hook);
  }

  /** Python's `getattr`: throws AttributeError where reading the field would give undefined. */
  getAttribute(name: string): unknown {
    const value: unknown = Reflect.get(this, name, this);
    if (value === undefined)
      throw new TorchError('AttributeError', `'${this.constructor.name}' object has no attribute '${name}'`);
    return value;
  }

  /** Modules with their dotted names, this one first (named `prefix`), depth first. */
  *namedModules(options: WalkOptions = {}, seen = new Set<Module>()): Generator<[string, Module]> {
    const { prefix = '', removeDuplicate = true } = options;
    if (seen.has(this)) return;
    if (removeDuplicate) seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this[REGISTRY].modules)
      if (child !== null) yield* child.namedModules({ prefix: dotted(prefix, name), removeDuplicate }, seen);
  }
  *modules(): Generator<Module> {
    for (const [, module] of this.namedModules()) yield module;
  }
  *namedChildren(): Generator<[string, Module]> {
    const seen = new Set<Module>();
    for (const [name, child] of this[REGISTRY].modules)
      if (child !== null && !seen.has(child)) {
        seen.add(child);
        yield [name, child];
      }
  }
  *children(): Generator<Module> {
    for (const [, child] of this.namedChildren()) yield child;
  }
  /** Parameters with their dotted names; a tied one once, under its first name. */
  *namedParameters(options: WalkOptions = {}): Generator<[string, Parameter]> {
    yield* walk(this, options, (module) => module[REGISTRY].parameters);
  }
  *parameters(options: WalkOptions = {}): Generator<Parameter> {
    for (const [, parameter] of this.namedParameters(options)) yield parameter;
  }
  *namedBuffers(options: WalkOptions = {}): Generator<[string, Tensor]> {
    yield* walk(this, options, (module) => module[REGISTRY].buffers);
  }
  *buffers(options: WalkOptions = {}): Generator<Tensor> {
    for (const [, buffer] of this.namedBuffers(options)) yield buffer;
  }

  /** Calls `visit` on every module, children first, and returns this one. */
  apply(visit: (module: Module) => void): this {
    for (const child of this.children()) child.apply(visit);
    visit(this);
    return this;
  }
  train(mode = true): this {
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }
  eval(): this {
    return this.train(false);
  }
  /** Sets it on every parameter; ValueError on an uninitialized one, as in PyTorch. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) {
      parameter.assertUsable('<method requires_grad_>');
      parameter.requiresGrad = requiresGrad;
    }
    return this;
  }
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Moves and converts parameters and buffers in place; a dtype applies to floating point ones only. */
  to(target: { readonly dtype?: DType; readonly device?: Device }): this {
    return convertModule(this, target, 'to');
  }
  double(): this {
    return convertModule(this, { dtype: 'float64' }, 'double');
  }
  float(): this {
    return convertModule(this, { dtype: 'float32' }, 'float');
  }
  half(): this {
    return convertModule(this, { dtype: 'float16' }, 'half');
  }
  /** ValueError while a parameter is uninitialized: PyTorch allows only `to('bfloat16')` then. */
  bfloat16(): this {
    return convertModule(this, { dtype: 'bfloat16' }, 'bfloat16');
  }

  /** Own parameters, own persistent buffers, extra state, then children, with `_metadata` for every module. */
  stateDict(options: StateDictOptions = {}): StateDict {
    return saveStateDict(this, options);
  }
  /** Copies values by name. Throws one RuntimeError that lists everything wrong, after loading all that fits. */
  loadStateDict(stateDict: StateDictLike, options: LoadOptions = {}): IncompatibleKeys {
    return loadStateDict(this, stateDict, options);
  }
  /** `_version` in the state dict's metadata. */
  get stateVersion(): number {
    return 1;
  }
  /** Runs before this module's entries are loaded, after its pre-hooks; may change them and the lists of problems. */
  prepareLoad(_call: LoadCall): void {}
  /** PyTorch's modules that are part of this one here, by dotted name: their metadata is saved too. */
  nestedModules(): readonly string[] {
    return [];
  }
  /** Data to keep beside the tensors; undefined keeps none. */
  getExtraState(): unknown {
    return undefined;
  }
  /** Overridden by modules that have extra state. */
  setExtraState?(state: unknown): void;

  /** Fields a deepcopy shares instead of copying. */
  sharedFields(): readonly string[] {
    return [];
  }
  /** What stands in the parentheses of the repr. */
  extraRepr(): string {
    return '';
  }
  toString(): string {
    return moduleRepr(this);
  }
}

function* walk<T extends object>(
  root: Module,
  { prefix = '', recurse = true, removeDuplicate = true }: WalkOptions,
  members: (module: Module) => ReadonlyMap<string, T | null>,
): Generator<[string, T]> {
  const seen = new Set<T>();
  const modules: Iterable<[string, Module]> = recurse
    ? root.namedModules({ prefix, removeDuplicate })
    : [[prefix, root]];
  for (const [place, module] of modules)
    for (const [name, member] of members(module)) {
      if (member === null || seen.has(member)) continue;
      if (removeDuplicate) seen.add(member);
      yield [dotted(place, name), member];
    }
}

const dotted = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);
