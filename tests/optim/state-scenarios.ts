// The scenarios of scripts/golden/optim.py about state dicts of optimizers and their hooks.
import { deepcopy } from '#core/nn/index';
import { pythonRepr } from '#core/nn/python-names';
import type { OptimizerStateDict, TableOptimizer } from '#core/optim/index';
import { Tensor } from '#core/tensor/tensor';

import type { Scenarios } from '../nn/scenario';
import { nn } from '../nn/support';
import { bool, ints, item, optimizer, P, sgd, texts } from './support';

type Options = Record<string, unknown>;

function trained(name = 'Adam', steps = 2, options: Options = {}): TableOptimizer {
  const groups = [{ params: [P([2], 1)] }, { params: [P([2, 2], 2)], lr: 0.5 }];
  const made = optimizer(name, groups, options);
  for (let step = 0; step < steps; step++) made.step();
  return made;
}

const shown = ({ state, param_groups }: OptimizerStateDict): string =>
  `[${[...state.keys()].map(String).join(', ')}] [${[...state.values()].map((entry) => texts(Object.keys(entry))).join(', ')}] [${param_groups.map(({ params }) => ints(params)).join(', ')}]`;

/** A default of 1.0, 0.0 or 1000000.0 is a float in Python. */
const FLOATS: Readonly<Record<string, string>> = { t0: '1000000.0', d: '1.0' };
function optionsOf({ paramGroups, declaration }: TableOptimizer): string {
  const pair = (key: string, value: unknown): string => {
    const isFloat = declaration.torchClass.floats?.includes(key) === true && Number.isInteger(value);
    return `('${key}', ${isFloat ? (FLOATS[key] ?? `${String(value)}.0`) : pythonRepr(value)})`;
  };
  const groups = paramGroups.map((group) =>
    Object.keys(group)
      .filter((key) => key !== 'params')
      .sort()
      .map((key) => pair(key, group[key])),
  );
  return `[${groups.map((pairs) => `[${pairs.join(', ')}]`).join(', ')}]`;
}

type Change = (stateDict: OptimizerStateDict) => unknown;
function loading(change: Change, make = (): TableOptimizer => trained(), name = 'Adam') {
  return [
    'OPTIM-11',
    () => {
      const stateDict = deepcopy(trained(name).stateDict());
      const changed = change(stateDict) ?? stateDict;
      const made = make();
      made.loadStateDict(changed as OptimizerStateDict);
      return `${shown(made.stateDict())} ${optionsOf(made)}`;
    },
  ] as const;
}
const without =
  (keys: readonly string[]): Change =>
  ({ param_groups }) => {
    for (const group of param_groups) for (const key of keys) Reflect.deleteProperty(group, key);
  };
const OLDER = [
  'maximize',
  'foreach',
  'capturable',
  'differentiable',
  'fused',
  'nesterov',
  'centered',
  'decoupled_weight_decay',
];
const olderOf = (name: string) =>
  loading(
    without(name === 'Adafactor' ? OLDER.filter((key) => key !== 'maximize') : OLDER),
    () => trained(name),
    name,
  );

const saving = (name: string, options: Options = {}) =>
  ['OPTIM-10', () => shown(trained(name, 2, options).stateDict())] as const;
const firstOf = (made: TableOptimizer): Options => made.state.get(made.paramGroups[0]?.params[0]) ?? {};
const SAVED = [
  'Adam',
  'AdamW',
  'SGD',
  'RMSprop',
  'Adagrad',
  'Adadelta',
  'Adamax',
  'NAdam',
  'RAdam',
  'ASGD',
  'Rprop',
  'Adafactor',
];
const linear = nn('Linear', { in_features: 2, out_features: 3 });

export const STATES: Scenarios = {
  'hooks of state dicts': ['OPTIM-9', () => {
    const log: string[] = [];
    const made = sgd([P([1])]);
    made.registerStateDictPreHook(() => void log.push('pre'));
    made.registerStateDictPreHook(() => void log.push('pre first'), { prepend: true });
    made.registerStateDictPostHook((_, stateDict) => {
      log.push('post');
      return { ...stateDict, more: 1 };
    });
    made.registerLoadStateDictPreHook((_, stateDict) => void log.push(`load ${texts(Object.keys(stateDict).sort())}`));
    made.registerLoadStateDictPreHook((_, stateDict) => {
      log.push('load first');
      return { ...stateDict, replaced: 1 };
    }, { prepend: true });
    made.registerLoadStateDictPostHook(() => void log.push('loaded'));
    made.loadStateDict(made.stateDict());
    return log.join('; ');
  }],
  ...Object.fromEntries(SAVED.map((name) => [`state dict of ${name}`, saving(name)])),
  'state dict of SGD with momentum': saving('SGD', { momentum: 0.5 }),
  'state dict of Adam with amsgrad': saving('Adam', { amsgrad: true }),
  'state dict of RMSprop with everything': saving('RMSprop', { momentum: 0.5, centered: true }),
  'state dict of a tensor in a group twice': ['OPTIM-10', () => {
    const [p, q] = [P([1]), P([1])];
    return ints(sgd([p, q, p]).stateDict().param_groups[0]?.params ?? []);
  }],
  'state dict with names': ['OPTIM-10', () => texts(sgd(linear.namedParameters()).stateDict().param_groups[0]?.['param_names'] as string[])],
  'state is shared with the state dict': ['OPTIM-10', () => {
    const made = trained();
    const { state, param_groups } = made.stateDict();
    return `${bool(state.get(0)?.['exp_avg'] === firstOf(made)['exp_avg'])} ${bool((param_groups[0] as unknown) === made.paramGroups[0])}`;
  }],
  'loading goes on as the first': ['OPTIM-11', () => {
    const [a, b] = [trained('Adam', 3), trained('Adam', 1)];
    b.loadStateDict(deepcopy(a.stateDict()));
    return `${shown(b.stateDict())} ${item(firstOf(b)['step'])}`;
  }],
  'loading: one group less': loading(({ param_groups, ...rest }) => ({ ...rest, param_groups: param_groups.slice(0, 1) })),
  'loading: one parameter more': loading(({ param_groups }) => void param_groups[0]?.params.push(7)),
  'loading: no groups': loading(({ state }) => ({ state })),
  'loading: no state': loading(({ param_groups }) => ({ param_groups })),
  'loading: an empty state': loading(({ state }) => state.clear()),
  'loading: more options': loading(({ param_groups }) => void Object.assign(param_groups[0] ?? {}, { more: 1 })),
  'loading: groups of an older Adam': loading(without([...OLDER, 'amsgrad'])),
  'loading: state of no parameter': loading(({ state }) => void state.set(9, { x: 1 })),
  ...Object.fromEntries(['SGD', 'RMSprop', 'Adagrad', 'Adadelta', 'Adamax', 'NAdam', 'RAdam', 'ASGD', 'Rprop', 'AdamW', 'Adafactor']
    .map((name) => [`loading: groups of an older ${name}`, olderOf(name)])),
  'loading: steps that were plain numbers': ['OPTIM-11', () => {
    const stateDict = deepcopy(trained().stateDict());
    for (const entry of stateDict.state.values()) entry['step'] = 2;
    const made = trained('Adam', 0);
    made.loadStateDict(stateDict);
    const step = made.stateDict().state.get(1)?.['step'];
    return `${item(step)} torch.${step instanceof Tensor ? step.dtype : ''}`;
  }],
  'loading: state in the parameter\'s dtype, steps as they are': ['OPTIM-11', () => {
    const [made, param] = [optimizer('Adam', [P([2], null, 'float64')]), P([2], 1)];
    const source = optimizer('Adam', [param]);
    source.step();
    made.loadStateDict(source.stateDict());
    const state = made.stateDict().state.get(0) ?? {};
    const dtypes = Object.values(state).map((value) => (value instanceof Tensor ? `torch.${value.dtype}` : ''));
    return `${texts(dtypes)} ${bool(state['step'] === source.state.get(param)?.['step'])}`;
  }],
  'loading: state of the same dtype is shared': ['OPTIM-11', () => {
    const param = P([2], 1);
    const [source, made] = [optimizer('Adam', [param]), optimizer('Adam', [P([2])])];
    source.step();
    made.loadStateDict(source.stateDict());
    return bool(made.stateDict().state.get(0)?.['exp_avg'] === source.state.get(param)?.['exp_avg']);
  }],
  'loading: names of the file take the place of one\'s own': ['OPTIM-11', () => {
    const [a, b] = [sgd([['a', P([1])]]), sgd([['b', P([1])]])];
    b.loadStateDict(a.stateDict());
    return texts(b.paramGroups[0]?.['param_names'] as string[]);
  }],
  'loading: names stay where the file has none': ['OPTIM-11', () => {
    const [a, b] = [sgd([P([1])]), sgd([['b', P([1])]])];
    b.loadStateDict(a.stateDict());
    const [group = {}] = b.paramGroups;
    return `${texts(Reflect.get(group, 'param_names') as string[])} ${texts(Object.keys(group).slice(-2))}`;
  }],
}; // prettier-ignore
