// Module: registers what is assigned to its fields, walks its tree, calls forward between hooks. Rules: docs/spec/modules.md.
import { TorchError } from '../errors';
import { canRequireGradient, type DType } from '../tensor/dtype';
import type { Device } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { convertModule, type Conversion } from './convert';
import { declareOwn, refuseExtraState } from './extra-state';
import type { HookOptions, RemovableHandle } from './hooks';
import { loadStateDict } from './load-state-dict';
import { bufferAt, parameterAt, setSubmoduleAt, submoduleAt } from './module-access';
import { callModule } from './module-call';
import { HAS_OWN_NAMES } from './module-names';
import { IS_TORCH_CLASS } from './python-names';
import { moduleRepr } from './module-repr';
import { moduleState, setModuleState, type ModuleState, type StatePurpose } from './module-state';
import type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardPreHook,
  IncompatibleKeys,
  Keywords,
  LoadCall,
  LoadOptions,
  LoadStateDictPostHook,
  LoadStateDictPreHook,
  StateDictOptions,
  StateDictPostHook,
  StateDictPreHook,
  WalkOptions,
} from './module-types';
import { walkChildren, walkMembers, walkModules } from './module-walk';
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
import { fillTensor } from './tensor-memory';
import { isLazy } from './uninitialized';

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
    return (this[REGISTRY].self = new Proxy(this, handler));
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
    return callModule(this, inputs, {});
  }
  /** As `call`, for inputs and outputs whose types are not known, and with keyword arguments. */
  invoke(inputs: readonly unknown[], keywords: Keywords = {}): unknown {
    return callModule(this, inputs, keywords);
  }
  /** What forward is given: the inputs, and after them the keywords if there are any. */
  bindInputs(inputs: readonly unknown[], keywords: Keywords): readonly unknown[] {
    return Object.keys(keywords).length === 0 ? inputs : [...inputs, keywords];
  }

  /** The same for `initializeParameters`, in a lazy module's first call. */
  bindFirstInputs(inputs: readonly unknown[], keywords: Keywords): readonly unknown[] {
    return this.bindInputs(inputs, keywords);
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
  registerFullBackwardPreHook(
    hook: BackwardPreHook,
    options?: Pick<HookOptions, 'prepend'>,
  ): RemovableHandle {
    return this[REGISTRY].backwardPreHooks.add(hook, options);
  }
  registerFullBackwardHook(hook: BackwardHook, options?: Pick<HookOptions, 'prepend'>): RemovableHandle {
    return this[REGISTRY].backwardHooks.add(hook, options);
  }
  registerStateDictPreHook(hook: StateDictPreHook): RemovableHandle {
    return this[REGISTRY].stateDictPreHooks.add(hook);
  }
  registerStateDictPostHook(hook: StateDictPostHook): RemovableHandle {
    return this[REGISTRY].stateDictPostHooks.add(hook);
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

  /** The module, parameter or buffer at a dotted name; AttributeError where there is none of that kind. */
  getSubmodule(target: string): Module {
    return submoduleAt(this, target);
  }
  setSubmodule(target: string, module: Module, options: { readonly strict?: boolean } = {}): void {
    setSubmoduleAt(this, target, module, options.strict ?? false);
  }
  getParameter(target: string): Parameter {
    return parameterAt(this, target);
  }
  getBuffer(target: string): Tensor | null {
    return bufferAt(this, target);
  }

  /** Modules with their dotted names, this one first (named `prefix`), depth first. */
  namedModules(options: WalkOptions = {}): Generator<[string, Module]> {
    return walkModules(this, options);
  }
  *modules(): Generator<Module> {
    for (const [, module] of this.namedModules()) yield module;
  }
  namedChildren(): Generator<[string, Module]> {
    return walkChildren(this);
  }
  *children(): Generator<Module> {
    for (const [, child] of this.namedChildren()) yield child;
  }
  /** Parameters with their dotted names; a tied one once, under its first name. */
  namedParameters(options: WalkOptions = {}): Generator<[string, Parameter]> {
    return walkMembers(this, options, (module) => module[REGISTRY].parameters);
  }
  *parameters(options: WalkOptions = {}): Generator<Parameter> {
    for (const [, parameter] of this.namedParameters(options)) yield parameter;
  }
  namedBuffers(options: WalkOptions = {}): Generator<[string, Tensor]> {
    return walkMembers(this, options, (module) => module[REGISTRY].buffers);
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
    if (typeof mode !== 'boolean')
      throw new TorchError('ValueError', 'training mode is expected to be boolean');
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
      if (requiresGrad && !canRequireGradient(parameter.dtype))
        throw new TorchError('RuntimeError', 'only Tensors of floating point dtype can require gradients');
      parameter.requiresGrad = requiresGrad;
    }
    return this;
  }
  /** Drops gradients, or with `setToNone: false` fills them with zeros. */
  zeroGrad({ setToNone = true }: { readonly setToNone?: boolean } = {}): void {
    for (const parameter of this.parameters()) {
      if (parameter.grad === null) continue;
      if (setToNone) parameter.grad = null;
      else fillTensor(parameter.grad, 0);
    }
  }

  /** Moves, converts and rearranges parameters and buffers in place; a dtype applies to floating point ones only. */
  to(target: Conversion): this {
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

  /** Converts every parameter and buffer, integers too. ValueError while one is uninitialized. */
  type(dtype: DType): this {
    return convertModule(this, { dtype }, 'type');
  }
  cpu(): this {
    return convertModule(this, { device: 'cpu' }, 'cpu');
  }
  /** New memory on a device, values left behind: how a module made on meta gets memory. */
  toEmpty({ device }: { readonly device: Device }): this {
    return convertModule(this, { device }, 'to_empty');
  }
  /** Memory is shared among the threads of one process anyway; RuntimeError while a parameter is uninitialized. */
  shareMemory(): this {
    for (const tensor of [...this.parameters(), ...this.buffers()]) {
      if (isLazy(tensor)) tensor.shareMemory_();
      if (tensor.device === 'meta') throw new TorchError('RuntimeError', '_share_fd_: only available on CPU');
    }
    return this;
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
  /** Data to keep beside the tensors, for classes that define both; undefined keeps none. */
  getExtraState(): unknown {
    return refuseExtraState('get_extra_state');
  }
  setExtraState(_state: unknown): void {
    refuseExtraState('set_extra_state');
  }

  /** Python's `__getstate__`: what copies and pickles are made from. A derived class may change what it gives away. */
  getState(_purpose: StatePurpose = 'copy'): ModuleState {
    return moduleState(this);
  }
  /** Python's `__setstate__`: called on a module whose constructor did not run. */
  setState(state: ModuleState): void {
    setModuleState(this, state);
  }
  /** Fields that a deepcopy shares instead of copying. */
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

declareOwn(Module.prototype);
for (const mark of [HAS_OWN_NAMES, IS_TORCH_CLASS])
  Object.defineProperty(Module.prototype, mark, { value: true });
