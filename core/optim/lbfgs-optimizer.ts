// torch.optim.LBFGS: its step over the parameters as one vector, and its memory in the form PyTorch keeps it.
import { TorchError } from '../errors';
import type { ParamsOf } from '../layers/params';
import { parseParams } from '../layers/parse';
import { newTensor, valuesOf, writeDense } from '../nn/tensor-memory';
import { enableGrad, noGrad } from '../ops';
import { LBFGS_PARAMS } from '../optimizers/lbfgs';
import {
  lbfgsStep,
  newLbfgsState,
  runLbfgs,
  type Evaluated,
  type Flat,
  type LbfgsState,
} from '../optimizers/lbfgs-step';
import type { DType } from '../tensor/dtype';
import { encodeElements } from '../tensor/elements';
import { Tensor } from '../tensor/tensor';
import type { OptimizerDeclaration } from '../optimizers/declaration';
import type { Options, Params } from './groups';
import type { Closure } from './optimizer';
import { rateOf, TableOptimizer } from './table-optimizer';

export class LbfgsOptimizer extends TableOptimizer {
  constructor(
    declaration: OptimizerDeclaration,
    params: Params | undefined,
    keywords: Options,
    name: string,
  ) {
    super(declaration, params, keywords, name);
    if (this.paramGroups.length !== 1)
      throw new TorchError('ValueError', "LBFGS doesn't support per-parameter options (parameter groups)");
  }

  /** Looks at the loss several times; the first one comes back. */
  override step(closure?: Closure): unknown {
    if (closure === undefined)
      throw new TorchError('TypeError', "LBFGS.step() missing 1 required positional argument: 'closure'");
    const [group, other] = this.paramGroups;
    if (!group || other)
      throw new TorchError(
        'AssertionError',
        `Expected exactly one param_group, but got ${this.paramGroups.length}`,
      );
    const sign = group.maximize === true ? -1 : 1;
    return noGrad(() => this.#step(closure, group.params, { options: optionsOf(group), sign }));
  }

  /** With a `sign` of -1 the loss and its gradients are turned round. */
  #step(
    closure: Closure,
    params: readonly Tensor[],
    { options, sign }: { readonly options: ParamsOf<typeof LBFGS_PARAMS>; readonly sign: 1 | -1 },
  ): unknown {
    const [first] = params;
    const kept = this.state.get(first) ?? {};
    this.state.set(first, kept);
    kept.func_evals ??= 0;
    kept.n_iter ??= 0;
    const orig = enableGrad(closure);
    // An uninitialized parameter may have got its shape from the closure's forward.
    const evaluated = (loss: unknown): Evaluated => ({
      loss: sign * lossOf(loss),
      gradient: gradientOf(params).map((value) => sign * value),
    });
    const start = evaluated(orig);
    const place = flat(params, (param) => param);
    const state = memoryFrom(kept, start.gradient);
    let isFirst = true;
    const evaluate = (at: Flat): Evaluated => {
      if (isFirst) {
        isFirst = false;
        return start;
      }
      write(params, at);
      return evaluated(enableGrad(closure));
    };
    runLbfgs(lbfgsStep({ options, learningRate: options.lr, place }, state), evaluate);
    write(params, place);
    Object.assign(kept, memoryOf(state, first));
    return orig;
  }
}

function optionsOf(group: Options): ParamsOf<typeof LBFGS_PARAMS> {
  const { line_search_fn: search = null } = group;
  if (search !== null && search !== 'strong_wolfe')
    throw new TorchError('RuntimeError', "only 'strong_wolfe' is supported");
  const given = Object.keys(LBFGS_PARAMS).map((name) => [name, group[name]] as const);
  const options = { ...Object.fromEntries(given), lr: rateOf(group.lr) };
  return parseParams({ type: 'lbfgs', params: LBFGS_PARAMS }, options);
}

/** Python's `float(loss)`. */
function lossOf(loss: unknown): number {
  if (!(loss instanceof Tensor)) return Number(loss);
  if (loss.numel() !== 1)
    throw new TorchError(
      'ValueError',
      'only one element tensors can be converted to Python scalars',
      'shape_mismatch',
    );
  return valuesOf(loss)[0] ?? Number.NaN;
}

/** All elements end to end, zeros where a parameter has no tensor. */
function flat(params: readonly Tensor[], tensorOf: (param: Tensor) => Tensor | null): Flat {
  for (const param of params) param.assertUsable('<method numel>');
  const count = params.reduce((sum, param) => sum + param.numel(), 0);
  const isDouble = params.some(({ dtype }) => dtype === 'float64');
  const all = isDouble ? new Float64Array(count) : new Float32Array(count);
  let from = 0;
  for (const param of params) {
    const tensor = tensorOf(param);
    if (tensor) all.set(valuesOf(tensor), from);
    from += param.numel();
  }
  return all;
}
const gradientOf = (params: readonly Tensor[]): Flat => flat(params, ({ grad }) => grad);

function write(params: readonly Tensor[], place: Flat): void {
  let from = 0;
  for (const param of params) {
    const part = place.subarray(from, (from += param.numel()));
    writeDense(param, encodeElements(param.dtype, part, part.length));
    param.noteChange();
  }
}

/** What PyTorch keeps after a step; before the first direction it has only counted. */
function memoryOf(state: LbfgsState, like: Tensor | undefined): Options {
  const { func_evals, n_iter, d, t, prev_flat_grad, prev_loss, al } = state;
  if (!d || !prev_flat_grad) return { func_evals, n_iter };
  const dtype: DType = d instanceof Float64Array ? 'float64' : 'float32';
  const tensor = (values: Flat | readonly number[], shape: readonly number[] = [values.length]): Tensor => {
    const made = newTensor(shape, dtype, like?.device ?? 'cpu');
    writeDense(made, encodeElements(dtype, values, values.length));
    return made;
  };
  const scalar = (value: number): Tensor => tensor([value], []);
  return {
    func_evals,
    n_iter,
    ...(al ? { al: al.map((each) => (each === null ? null : scalar(each))) } : {}),
    d: tensor(d),
    t,
    old_dirs: state.old_dirs.map((each) => tensor(each)),
    old_stps: state.old_stps.map((each) => tensor(each)),
    ro: state.ro.map(scalar),
    H_diag: state.n_iter === 1 ? 1 : scalar(state.H_diag),
    prev_flat_grad: tensor(prev_flat_grad),
    prev_loss,
  };
}

/** The same read back, in numbers like `like`'s. */
function memoryFrom(kept: Options, like: Flat): LbfgsState {
  const vector = (value: unknown): Flat | null => {
    if (!(value instanceof Tensor)) return null;
    return like instanceof Float64Array ? valuesOf(value) : Float32Array.from(valuesOf(value));
  };
  const number = (value: unknown): number =>
    value instanceof Tensor ? (valuesOf(value)[0] ?? 0) : Number(value ?? 0);
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const vectors = (value: unknown): Flat[] => list(value).flatMap((each) => vector(each) ?? []);
  const state = newLbfgsState();
  const { al } = kept;
  return Object.assign(state, {
    func_evals: number(kept.func_evals),
    n_iter: number(kept.n_iter),
    d: vector(kept.d),
    t: number(kept.t),
    old_dirs: vectors(kept.old_dirs),
    old_stps: vectors(kept.old_stps),
    ro: list(kept.ro).map(number),
    H_diag: kept.H_diag === undefined ? state.H_diag : number(kept.H_diag),
    prev_flat_grad: vector(kept.prev_flat_grad),
    prev_loss: number(kept.prev_loss),
    al: Array.isArray(al) ? al.map((each) => (each === null ? null : number(each))) : null,
  });
}
