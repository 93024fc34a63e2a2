// The classes of torch.optim whose step is made of ops: what one step does with a group, from the optimizer's declaration.
import { LazuliError, TorchError } from '../errors';
import { isLazy } from '../nn/uninitialized';
import { copyInto, fillTensor, newTensor, valuesOf } from '../nn/tensor-memory';
import { cast, contiguous, enableGrad, fromArray, noGrad, scope } from '../ops';
import { refuseLeaf } from '../ops/dispatch';
import type { OptimizerDeclaration, StateSpec } from '../optimizers/declaration';
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import type { Options, ParamGroup, Params } from './groups';
import { checkSwitches, defaultOf, torchDefaults } from './keywords';
import { Optimizer, type Closure } from './optimizer';

/** An optimizer of the table, with PyTorch's keywords and defaults. */
export class TableOptimizer extends Optimizer {
  constructor(
    readonly declaration: OptimizerDeclaration,
    params: Params | undefined,
    keywords: Options,
    name: string,
  ) {
    if (params === undefined)
      throw new TorchError(
        'TypeError',
        `${name}.__init__() missing 1 required positional argument: 'params'`,
      );
    super(params, torchDefaults(declaration, name, keywords));
    checkSwitches(this.defaults);
    for (const group of this.paramGroups) for (const param of group.params) this.#checkParam(param);
  }

  override step(closure?: Closure): unknown {
    return noGrad(() => {
      const loss = closure === undefined ? null : enableGrad(closure);
      for (const group of this.paramGroups)
        for (const param of group.params) if (param.grad !== null) this.#stepOne(param, param.grad, group);
      return loss;
    });
  }

  override isWholeFloat(option: string, value: unknown): boolean {
    const { params, torchClass } = this.declaration;
    return torchClass.floats?.includes(option) === true && value === params[option]?.torchDefault;
  }

  override completeLoaded(): void {
    super.completeLoaded();
    const { older, fixed = {} } = this.declaration.torchClass;
    for (const group of this.paramGroups) {
      for (const row of older) {
        const [key, value] = typeof row === 'string' ? [row, defaultOf(this.declaration, row)] : row;
        if (!(key in group)) group[key] = value;
      }
      Object.assign(group, fixed);
      for (const param of group.params) this.#countersOf(group, param);
    }
  }

  /** Numbers that older versions kept become tensors. */
  #countersOf(group: ParamGroup, param: Tensor): void {
    const state = this.state.get(param) ?? {};
    for (const { name, shape, isTorch } of this.declaration.state(this.#options(group), [1]))
      if (isTorch && shape.length === 0 && typeof state[name] === 'number')
        state[name] = filled([], 'float32', param, state[name]);
  }

  /** What a class looks at in its constructor: Adagrad makes its state there, Muon takes matrices only. */
  #checkParam(param: Tensor): void {
    const { startsWith } = this.declaration.torchClass;
    if (startsWith) {
      param.assertUsable(startsWith.callable);
      this.#addState(param, {}, this.#specs(this.defaults, param));
    }
    // An uninitialized one has one axis of size 0, says PyTorch.
    const sizes = isLazy(param) ? param.size() : param.shape;
    const refusal = this.declaration.refuse?.(sizes) ?? null;
    if (refusal !== null) throw new TorchError('ValueError', refusal);
  }
  #addState(param: Tensor, state: Options, specs: readonly StateSpec[]): void {
    for (const { name, isTorch, shape, dtype = param.dtype, initial = 0 } of specs)
      if (isTorch && !(state[name] instanceof Tensor)) state[name] = filled(shape, dtype, param, initial);
    if (Object.keys(state).length > 0) this.state.set(param, state);
  }

  /** A group's options as the declaration takes them. */
  #options(group: Options): Options {
    const { none = {} } = this.declaration.torchClass;
    const meant = Object.entries(none).filter(([name]) => (group[name] ?? null) === null);
    return { ...group, lr: rateOf(group.lr), ...Object.fromEntries(meant) };
  }
  #specs(group: Options, param: Tensor): readonly StateSpec[] {
    return this.declaration.state(this.#options(group), param.shape);
  }

  #stepOne(param: Tensor, grad: Tensor, group: ParamGroup): void {
    const { torchClass } = this.declaration;
    if (group.differentiable === true) refuseDifferentiable(param);
    const specs = this.#specs(torchClass.startsWith ? this.defaults : group, param);
    const own = specs.filter(({ isTorch }) => isTorch);
    const state = this.state.get(param) ?? {};
    // Told apart from the steps after it by what is not there yet.
    const isFirst = own.some(({ name }) => !(state[name] instanceof Tensor));
    if (isFirst) {
      if (Object.keys(state).length > 0 && torchClass.addsState !== true) refuseGap(own, state);
      this.#addState(param, state, specs);
    }
    if (group.capturable === true && torchClass.capturable && param.device !== 'gpu')
      throw new TorchError(
        'AssertionError',
        `If capturable=True, ${torchClass.capturable.what} must be on supported devices: ${torchClass.capturable.where}.`,
      );
    scope(() => this.#lower(param, grad, group, specs, { state, isFirst }));
  }

  /** The step itself, on dense tensors of a dtype that kernels take; what is otherwise goes through a copy. */
  #lower(
    param: Tensor,
    grad: Tensor,
    group: ParamGroup,
    specs: readonly StateSpec[],
    { state, isFirst }: { readonly state: Options; readonly isFirst: boolean },
  ): void {
    const changed: [tensor: Tensor, working: Tensor][] = [];
    const working = (tensor: Tensor, dtype: DType): Tensor => {
      const copy = workable(tensor, dtype);
      if (copy !== tensor) changed.push([tensor, copy]);
      return copy;
    };
    const dtype = param.dtype === 'float64' ? 'float64' : 'float32';
    const tensors = specs.map((spec) => {
      const kept = state[spec.name];
      if (!spec.isTorch || !(kept instanceof Tensor))
        return [spec.name, scalarOf(isFirst ? 0 : 1, spec.dtype ?? dtype, param)] as const;
      return [spec.name, working(kept, spec.dtype ?? dtype)] as const;
    });
    this.declaration.lower({
      params: this.#options(group),
      param: working(param, dtype),
      grad: workable(grad, dtype),
      state: Object.fromEntries(tensors),
      learningRate: scalarOf(rateOf(group.lr), 'float64', param),
    });
    for (const [tensor, copy] of changed) copyInto(tensor, copy);
  }
}

/** A learning rate, a number or a tensor of one. */
export const rateOf = (lr: unknown): number =>
  lr instanceof Tensor ? (valuesOf(lr)[0] ?? Number.NaN) : Number(lr);

const scalarOf = (value: number, dtype: DType, { device }: Tensor): Tensor => fromArray(value, dtype, device);

/** Dense and of `dtype`: itself, or a copy. */
function workable(tensor: Tensor, dtype: DType): Tensor {
  const typed = tensor.dtype === dtype ? tensor : cast(contiguous(tensor), dtype);
  return typed.isContiguous() ? typed : contiguous(typed);
}

/** New memory on the device of `like`, which no open scope frees. */
function filled(shape: Shape, dtype: DType, like: Tensor, value: number): Tensor {
  const tensor = newTensor(shape, dtype, like.device);
  if (value !== 0) fillTensor(tensor, value);
  return tensor;
}

function refuseGap(own: readonly StateSpec[], state: Options): void {
  const missing = own.find(({ name }) => !(name in state));
  if (missing) throw new TorchError('KeyError', missing.name);
}

/** PyTorch's steps that gradients go through change parameters that are no leaves; leaves it refuses. */
function refuseDifferentiable(param: Tensor): void {
  refuseLeaf(param);
  throw new LazuliError('not_supported', 'gradients through a step are not supported', {
    where: 'differentiable',
    expected: 'false',
    got: 'true',
  });
}
