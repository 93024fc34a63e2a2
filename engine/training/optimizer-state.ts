// An optimizer in torch.optim's own layout: what its state_dict() gives and its load_state_dict() takes, index by index.
import { LazuliError } from '#core/errors';
import {
  readContiguous,
  readContiguousInto,
  TorchFloat,
  TorchTensorValue,
  TorchTuple,
  type TorchValue,
} from '#core/formats/index';
import type { PlainValue, TensorEntry } from '#core/formats/weights';
import type { ParamSpec } from '#core/layers/params';
import { StateDict, writeDense } from '#core/nn/index';
import { stateDictContent } from '#core/nn/state-dict-io';
import { convertBytes, fillsStorage, fillTensor } from '#core/nn/tensor-memory';
import { elementSize, isFloatingPoint } from '#core/tensor/dtype';
import { formatShape, shapesEqual } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import type { ClosureOptimizer } from './closure';
import { withMomentum, type ParameterGroup } from './groups';
import type { Drive, Optimizer } from './optimizer';

/** What of an optimizer a checkpoint holds. */
export type OptimizerSnapshot = Pick<Optimizer, 'declaration' | 'groups' | 'states'> & {
  readonly schedule: Pick<Drive, 'state' | 'groupValues'> | null;
  readonly closure?: Pick<ClosureOptimizer, 'torchState'> | null;
};

/** Parameter keys in the order that PyTorch numbers them: group by group. */
const numbered = ({ groups }: Pick<Optimizer, 'groups'>): readonly string[] =>
  groups.flatMap(({ keys }) => keys);

/** Names of what PyTorch remembers for a parameter; the others count steps for ourselves. */
function torchNames(
  { declaration, groups }: Pick<Optimizer, 'declaration' | 'groups'>,
  key: string,
  tensors: readonly string[],
): Set<string> {
  const group = groups.find(({ keys }) => keys.includes(key));
  const specs = group ? declaration.state(group.params, [1, 1]) : [];
  const own = specs.filter(({ isTorch }) => !isTorch).map(({ name }) => name);
  return new Set(tensors.filter((name) => !own.includes(name)));
}

/** `{'state': {0: {...}}, 'param_groups': [...]}`; without steps taken there is no state yet, as in PyTorch. */
export function torchOptimizerState(optimizer: OptimizerSnapshot, stepsTaken: number): TorchValue {
  const keys = numbered(optimizer);
  const state = new Map<number, TorchValue>();
  if (stepsTaken > 0)
    keys.forEach((key, index) => {
      const tensors = optimizer.states.get(key) ?? {};
      const names = torchNames(optimizer, key, Object.keys(tensors));
      const content = stateDictContent(new StateDict(Object.entries(tensors)));
      const entries = content.entries.filter(({ name }) => names.has(name));
      if (entries.length > 0)
        state.set(
          index,
          Object.fromEntries(entries.map((entry) => [entry.name, new TorchTensorValue(entry)])),
        );
    });
  const closure = optimizer.closure?.torchState() ?? null;
  if (closure !== null) state.set(0, closure);
  let next = 0;
  const groups = optimizer.groups.map((group) => {
    const params = group.keys.map(() => next++);
    return { ...torchGroup(optimizer, group), params, param_names: [...group.keys] };
  });
  return { state, param_groups: groups };
}

function torchGroup(
  { declaration, schedule, groups }: OptimizerSnapshot,
  group: ParameterGroup,
): Record<string, TorchValue> {
  const options: Readonly<Record<string, unknown>> = {
    ...withMomentum(group.params, group.momentum),
    lr: group.lr,
  };
  const values = Object.entries(declaration.params).map(([name, spec]): [string, TorchValue] => [
    name,
    torchOption(spec, options[name]),
  ]);
  const start = schedule && group.initialLr !== null ? { initial_lr: new TorchFloat(group.initialLr) } : {};
  const more = Object.entries(schedule?.groupValues?.(groups.indexOf(group)) ?? {});
  const kept = more.map(([name, value]): [string, TorchValue] => [name, new TorchFloat(value)]);
  return { ...Object.fromEntries([...values, ...kept]), ...start };
}

/** Whole numbers stay ints where the option is an integer; lists are tuples of floats. */
function torchOption({ widget }: Pick<ParamSpec, 'widget'>, value: unknown): TorchValue {
  if (Array.isArray(value))
    return new TorchTuple((value as unknown[]).map((item) => torchOption({ widget: 'number' }, item)));
  if (typeof value === 'number') return widget === 'integer' ? value : new TorchFloat(value);
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

/** An optimizer's part of a checkpoint: `state.0.exp_avg` and the like, and plain numbers under the same names. */
export interface SavedOptimizer {
  readonly type: string;
  readonly entries: readonly TensorEntry[];
  readonly values: Readonly<Record<string, PlainValue>>;
}

/**
 * Writes saved state into the tensors of this run; a parameter without any keeps what it starts with, as in PyTorch.
 * Throws `weights_mismatch` where it does not fit.
 */
export async function loadOptimizerState(
  optimizer: Optimizer,
  saved: SavedOptimizer,
  file: string,
): Promise<void> {
  const { type } = optimizer.declaration;
  if (saved.type !== type)
    throw new LazuliError(
      'weights_mismatch',
      `${file} was written by the optimizer ${saved.type}, not ${type}`,
      {
        where: file,
        expected: type,
        got: saved.type,
        hint: `train with --optimizer ${saved.type}, or without --resume`,
      },
    );
  const entries = new Map(saved.entries.map((entry) => [entry.name, entry]));
  if (optimizer.closure) return optimizer.closure.load(under(entries), valuesUnder(saved.values), file);
  for (const [index, key] of numbered(optimizer).entries()) {
    const prefix = `state.${index}.`;
    if (![...entries.keys()].some((name) => name.startsWith(prefix))) continue;
    const tensors = optimizer.states.get(key) ?? {};
    const names = torchNames(optimizer, key, Object.keys(tensors));
    for (const [name, tensor] of Object.entries(tensors)) {
      // What PyTorch does not keep tells the first step from the others, and no more.
      if (!names.has(name)) fillTensor(tensor, 1);
      else
        await loadTensor(
          tensor,
          entries.get(prefix + name),
          saved.values[prefix + name],
          `${key}.${name}`,
          file,
        );
    }
  }
}

/** Where PyTorch keeps what an optimizer of closures remembers. */
const FIRST = 'state.0.';

const under = (entries: ReadonlyMap<string, TensorEntry>): ReadonlyMap<string, TensorEntry> =>
  new Map(
    [...entries].flatMap(([name, entry]) =>
      name.startsWith(FIRST) ? [[name.slice(FIRST.length), entry] as const] : [],
    ),
  );
const valuesUnder = (values: SavedOptimizer['values']): SavedOptimizer['values'] =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(FIRST) ? [[name.slice(FIRST.length), value]] : [],
    ),
  );

async function loadTensor(
  tensor: Tensor,
  entry: TensorEntry | undefined,
  value: PlainValue | undefined,
  key: string,
  file: string,
): Promise<void> {
  // Older PyTorch counts steps in a plain number.
  if (!entry && tensor.rank === 0 && (typeof value === 'number' || typeof value === 'bigint'))
    return fillTensor(tensor, Number(value));
  // Where PyTorch's default dtype is float64, its counters are.
  const isCounter = tensor.rank === 0 && entry !== undefined && isFloatingPoint(entry.dtype);
  const fits =
    entry?.shape && (isCounter || entry.dtype === tensor.dtype) && shapesEqual(entry.shape, tensor.shape);
  if (!entry || fits !== true)
    throw new LazuliError('weights_mismatch', `${file}: the optimizer's ${key} does not fit`, {
      where: `${file}, optimizer.${key}`,
      expected: `${tensor.dtype} ${formatShape(tensor.shape)}`,
      got: entry?.shape ? `${entry.dtype} ${formatShape(entry.shape)}` : 'nothing',
    });
  const isAlike = entry.dtype === tensor.dtype && fillsStorage(tensor);
  const run = isAlike ? readContiguousInto(entry, tensor.storage) : null;
  if (run !== null) return run;
  const bytes = convertBytes(await readContiguous(entry), entry.dtype, tensor.dtype);
  if (bytes.byteLength === tensor.numel() * elementSize(tensor.dtype)) writeDense(tensor, bytes);
}
