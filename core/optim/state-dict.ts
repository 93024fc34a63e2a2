// An optimizer's state_dict and load_state_dict: parameters are numbered in the order of the groups. Source: torch.optim.Optimizer.
import { TorchError } from '../errors';
import { converted } from '../nn/convert';
import { deepcopy } from '../nn/deepcopy';
import { isFloatingPoint } from '../tensor/dtype';
import { Tensor } from '../tensor/tensor';
import { isDict, type Options, type ParamGroup } from './groups';
import type { Optimizer } from './optimizer';

/** A group with the numbers of its parameters. */
export type SavedGroup = Options & { params: number[] };

/** `{'state': {0: {...}}, 'param_groups': [...]}`, keys as Python has them. */
export interface OptimizerStateDict {
  state: Map<unknown, Options>;
  param_groups: SavedGroup[];
}

export function saveOptimizer(optimizer: Optimizer): OptimizerStateDict {
  for (const hook of optimizer.hooks.savePre.list()) hook(optimizer);
  const numbers = new Map<unknown, number>();
  let start = 0;
  const groups = optimizer.paramGroups.map(({ params, ...options }): SavedGroup => {
    // A tensor that is in its group twice has its last number.
    const own = params.map((param, at) => [param, start + at] as const);
    for (const [param, number] of own.filter(([param]) => !numbers.has(param))) numbers.set(param, number);
    start += params.length;
    return { ...options, params: params.map((param) => numbers.get(param) ?? 0) };
  });
  const state = new Map([...optimizer.state].map(([key, value]) => [keyOf(key, numbers), value]));
  let saved: OptimizerStateDict = { state, param_groups: groups };
  for (const hook of optimizer.hooks.savePost.list()) saved = hook(optimizer, saved) ?? saved;
  return saved;
}

function keyOf(key: unknown, numbers: ReadonlyMap<unknown, number>): unknown {
  if (!(key instanceof Tensor)) return key;
  const number = numbers.get(key);
  if (number === undefined) throw new TorchError('KeyError', 'a tensor of the state that is in no group');
  return number;
}

const refuse = (what: string): TorchError =>
  new TorchError('ValueError', `loaded state dict ${what}`, 'weights_mismatch');

function demand(source: OptimizerStateDict, key: string): void {
  if (!(key in source)) throw new TorchError('KeyError', key, 'weights_mismatch');
}

export function loadOptimizer(optimizer: Optimizer, given: OptimizerStateDict): void {
  let source: OptimizerStateDict = { ...given };
  for (const hook of optimizer.hooks.loadPre.list()) source = hook(optimizer, source) ?? source;
  demand(source, 'param_groups');
  const saved = deepcopy(source.param_groups);
  const groups = optimizer.paramGroups;
  if (saved.length !== groups.length) throw refuse('has a different number of parameter groups');
  if (saved.some(({ params }, at) => params.length !== groups[at]?.params.length))
    throw refuse("contains a parameter group that doesn't match the size of optimizer's group");
  demand(source, 'state');
  const params = groups.flatMap((group) => group.params);
  const byNumber = new Map<unknown, Tensor>();
  for (const [at, number] of saved.flatMap((group) => group.params).entries()) {
    const param = params[at];
    if (param) byNumber.set(number, param);
  }
  const state = new Map<unknown, Options>();
  for (const [key, value] of entriesOf(source.state)) {
    const param = byNumber.get(key);
    if (param) state.set(param, placed(value, param, isCounted(key, source.param_groups)) as Options);
    else state.set(key, value);
  }
  optimizer.state = state;
  optimizer.paramGroups = groups.map((group, at) => merged(group, saved[at]));
  optimizer.completeLoaded();
  for (const hook of optimizer.hooks.loadPost.list()) hook(optimizer);
}

/** A dict with numbers as keys may be a Map or an object, whose keys are texts then. */
function entriesOf(state: unknown): [unknown, Options][] {
  if (state instanceof Map) return [...(state as Map<unknown, Options>)];
  return Object.entries(state as Record<string, Options>).map(([key, value]) => [
    /^\d+$/.test(key) ? Number(key) : key,
    value,
  ]);
}

/** Steps of `capturable` and `fused` groups lie with their parameter, as float32. */
const isCounted = (key: unknown, groups: readonly SavedGroup[]): boolean => {
  const group = groups.find(({ params }) => params.some((number) => number === key));
  return group?.capturable === true || group?.fused === true;
};

/** Tensors in the parameter's dtype and on its device, `step` as it is; where nothing changes the tensor itself. */
function placed(value: unknown, param: Tensor, movesStep: boolean, key: string | null = null): unknown {
  if (value instanceof Tensor) {
    const { device, dtype } = param;
    if (key === 'step') return movesStep ? converted(value, { dtype: 'float32', device }) : value;
    return converted(value, isFloatingPoint(dtype) ? { dtype, device } : { device });
  }
  if (isDict(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, placed(item, param, movesStep, name)]),
    );
  return Array.isArray(value) ? value.map((item) => placed(item, param, movesStep)) : value;
}

function merged(group: ParamGroup, saved: SavedGroup | undefined): ParamGroup {
  const names =
    'param_names' in group && !('param_names' in (saved ?? {})) ? { param_names: group.param_names } : {};
  return { ...saved, params: group.params, ...names };
}
