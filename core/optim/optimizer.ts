// torch.optim.Optimizer: groups, state by parameter, hooks, and what saves and loads them. It knows no step; derived classes have one.
// Uninitialized parameters are as good as any other: their identity is what groups and state go by. Rules: docs/spec/optim.md.
import { TorchError } from '../errors';
import { HookList, type RemovableHandle } from '../nn/hooks';
import { floatRepr, pythonRepr, quoted } from '../nn/python-names';
import { fillTensor, valuesOf } from '../nn/tensor-memory';
import { Tensor } from '../tensor/tensor';
import {
  checkedGroup,
  groupsOf,
  type GroupInput,
  type Options,
  type ParamGroup,
  type Params,
} from './groups';
import { loadOptimizer, saveOptimizer, type OptimizerStateDict } from './state-dict';
import { hookStep, type StepHook } from './step-hooks';

/** Computes the loss anew, gradients included, and gives it. */
export type Closure<Loss = unknown> = () => Loss;

export type StateDictPreHook = (optimizer: Optimizer) => void;
/** Sees a state dict after it was made, or before it is loaded; what it returns takes its place. */
export type StateDictHook = (
  optimizer: Optimizer,
  stateDict: OptimizerStateDict,
) => OptimizerStateDict | null | undefined | void;

interface PrependOption {
  /** Run before the hooks registered so far. Default false. */
  readonly prepend?: boolean;
}

/** The hooks of one optimizer. */
export class OptimizerHooks {
  readonly stepPre = new HookList<StepHook>();
  readonly stepPost = new HookList<StepHook>();
  readonly savePre = new HookList<StateDictPreHook>();
  readonly savePost = new HookList<StateDictHook>();
  readonly loadPre = new HookList<StateDictHook>();
  readonly loadPost = new HookList<StateDictPreHook>();
}

export class Optimizer {
  readonly defaults: Options;
  /** What is remembered, by parameter; loaded entries of no parameter keep their keys. */
  state = new Map<unknown, Options>();
  paramGroups: ParamGroup[] = [];
  readonly hooks = new OptimizerHooks();

  /** Throws PyTorch's TypeErrors and ValueErrors for params it cannot take. */
  constructor(params: Params, defaults: Options) {
    this.defaults = defaults;
    hookStep(this);
    for (const group of groupsOf(params)) this.addParamGroup(group as GroupInput);
  }

  /** Adds a group, whose options it does not name take the defaults. The object itself becomes the group. */
  addParamGroup(group: GroupInput): void {
    this.paramGroups.push(checkedGroup(group, this.paramGroups, this.defaults));
  }

  /** Drops gradients, or with `setToNone: false` fills them with zeros. */
  zeroGrad({ setToNone = true }: { readonly setToNone?: boolean } = {}): void {
    for (const { params } of this.paramGroups)
      for (const param of params) {
        if (param.grad === null) continue;
        if (setToNone) param.grad = null;
        else {
          param.grad = param.grad.gradFn ? param.grad.detach() : param.grad;
          param.grad.requiresGrad = false;
          fillTensor(param.grad, 0);
        }
      }
  }

  /** One step; with a closure, after it, and its loss comes back. */
  step(_closure?: Closure): unknown {
    throw new TorchError('NotImplementedError', '');
  }

  /** `{state, param_groups}` with numbers in place of parameters; its tensors are the optimizer's own. */
  stateDict(): OptimizerStateDict {
    return saveOptimizer(this);
  }
  /** Takes state and groups over, by the order of the parameters. ValueError where groups differ. */
  loadStateDict(stateDict: OptimizerStateDict): void {
    loadOptimizer(this, stateDict);
  }
  /** Python's `__setstate__` of a class: completes groups and state that an older PyTorch saved. */
  completeLoaded(): void {
    if (!('differentiable' in this.defaults)) this.defaults.differentiable = false;
  }

  registerStepPreHook(hook: StepHook): RemovableHandle {
    return this.hooks.stepPre.add(hook);
  }
  registerStepPostHook(hook: StepHook): RemovableHandle {
    return this.hooks.stepPost.add(hook);
  }
  registerStateDictPreHook(hook: StateDictPreHook, options: PrependOption = {}): RemovableHandle {
    return this.hooks.savePre.add(hook, options);
  }
  registerStateDictPostHook(hook: StateDictHook, options: PrependOption = {}): RemovableHandle {
    return this.hooks.savePost.add(hook, options);
  }
  registerLoadStateDictPreHook(hook: StateDictHook, options: PrependOption = {}): RemovableHandle {
    return this.hooks.loadPre.add(hook, options);
  }
  registerLoadStateDictPostHook(hook: StateDictPreHook, options: PrependOption = {}): RemovableHandle {
    return this.hooks.loadPost.add(hook, options);
  }

  /** True for what is one of Python's floats though it is whole: it prints with a point. */
  isWholeFloat(_option: string, _value: unknown): boolean {
    return false;
  }
  toString(): string {
    const groups = this.paramGroups.map((group, at) => {
      const keys = Object.keys(group).filter((key) => key !== 'params');
      const lines = keys.sort().map((key) => `    ${key}: ${this.#shown(key, group[key])}\n`);
      return `\nParameter Group ${at}\n${lines.join('')}`;
    });
    return `${this.constructor.name} (${groups.join('')})`;
  }
  #shown(key: string, value: unknown): string {
    if (typeof value === 'string') return value;
    if (value instanceof Tensor)
      return value.rank === 0 ? floatRepr(valuesOf(value)[0] ?? 0) : value.toString();
    if (key === 'param_names' && Array.isArray(value))
      return `[${value.map((name) => quoted(String(name))).join(', ')}]`;
    const isFloat = typeof value === 'number' && this.isWholeFloat(key, value);
    return isFloat ? floatRepr(value) : pythonRepr(value);
  }
}
