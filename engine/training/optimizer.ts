// An optimizer with what it remembers per parameter, in native memory: recorded into steps, written to checkpoints.
import type { OptimizerGroup, TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { nearest } from '#core/layers/suggest';
import { newTensor, type Parameter } from '#core/nn/index';
import { findOptimizer, OPTIMIZERS, type OptimizerDeclaration } from '#core/optimizers/index';
import type { Tensor } from '#core/tensor/tensor';

import { bytesOf } from '../datasets/table';

type State = Readonly<Record<string, Tensor>>;

/** Options of some of the parameters, and their learning rate in native memory. */
interface Group {
  readonly params: Readonly<Record<string, unknown>>;
  readonly rate: Tensor;
}

function groupFrom(
  params: Readonly<Record<string, unknown>>,
  { lr_factor = 1, weight_decay }: OptimizerGroup,
): Group {
  const rate = newTensor([], 'float64');
  rate.storage.write(0, bytesOf(Float64Array.of(Number(params['lr']) * lr_factor)));
  return { params: weight_decay === undefined ? params : { ...params, weight_decay }, rate };
}

function refuseUnknownGroup(
  key: string,
  group: string | undefined,
  groups: Readonly<Record<string, OptimizerGroup>>,
): void {
  if (group === undefined || Object.hasOwn(groups, group)) return;
  const names = Object.keys(groups);
  const meant = nearest(group, names);
  throw new LazuliError(
    'parameter_invalid',
    `${key} is in the optimizer group '${group}', which does not exist`,
    {
      where: key,
      expected: names.length > 0 ? `one of ${names.join(', ')}` : 'no group',
      got: group,
      hint: meant === null ? 'add it to training.optimizer.groups of the project' : `did you mean ${meant}?`,
    },
  );
}

export class Optimizer {
  readonly declaration: OptimizerDeclaration;
  readonly learningRate: number;
  readonly #group: Group;
  /** By name, those that parameters are in. */
  readonly #groups = new Map<string, Group>();
  readonly #groupOf: ReadonlyMap<string, string>;
  readonly #states = new Map<string, State>();

  /** `groupOf` names the group of a parameter by key. Throws `parameter_invalid` for an unknown optimizer, option or group. */
  constructor(
    { type, params, groups = {} }: TrainingSettings['optimizer'],
    parameters: ReadonlyMap<string, Parameter>,
    groupOf: ReadonlyMap<string, string> = new Map(),
  ) {
    const declaration = findOptimizer(type);
    if (!declaration) {
      const names = OPTIMIZERS.map((each) => each.type);
      const meant = nearest(type, names);
      throw new LazuliError('parameter_invalid', `there is no optimizer '${type}'`, {
        where: 'optimizer',
        expected: `one of ${names.join(', ')}`,
        got: type,
        ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
      });
    }
    this.declaration = declaration;
    const parsed = parseParams(declaration, params);
    this.learningRate = Number(parsed['lr']);
    this.#groupOf = groupOf;
    for (const [key] of parameters) refuseUnknownGroup(key, groupOf.get(key), groups);
    this.#group = groupFrom(parsed, {});
    const used = new Set([...parameters.keys()].flatMap((key) => groupOf.get(key) ?? []));
    for (const name of used) this.#groups.set(name, groupFrom(parsed, groups[name] ?? {}));
    for (const [key, parameter] of parameters) {
      const specs = declaration.state(parsed, parameter.shape);
      const tensors = specs.map(
        ({ name, shape, dtype }) => [name, newTensor(shape, dtype ?? parameter.dtype)] as const,
      );
      this.#states.set(key, Object.fromEntries(tensors));
    }
  }

  /** Records the step of one parameter. */
  step(key: string, param: Parameter, grad: Tensor): void {
    const state = this.#states.get(key) ?? {};
    const { params, rate } = this.#groups.get(this.#groupOf.get(key) ?? '') ?? this.#group;
    this.declaration.lower({ params, param, grad, state, learningRate: rate });
  }

  /** What is remembered, by parameter key and state name. */
  get states(): ReadonlyMap<string, State> {
    return this.#states;
  }

  dispose(): void {
    for (const { rate } of [this.#group, ...this.#groups.values()]) rate.storage.dispose();
    for (const state of this.#states.values())
      for (const tensor of Object.values(state)) tensor.storage.dispose();
  }
}
