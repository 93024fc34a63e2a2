// The parameter groups of an optimizer: which parameters share options, and the options of each group.
import type { OptimizerGroup, TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { nearest } from '#core/layers/suggest';
import type { Parameter } from '#core/nn/index';
import {
  findOptimizer,
  IGNORED_OPTIONS,
  OPTIMIZERS,
  type OptimizerDeclaration,
} from '#core/optimizers/index';
import type { ScheduledGroup } from '#core/schedulers/index';

type Params = Readonly<Record<string, unknown>>;

/** Parameters that share options. Mutable only in what schedules move. */
export interface ParameterGroup extends ScheduledGroup {
  /** null: those that name no group. */
  readonly name: string | null;
  /** State-dict keys, in the model's order. */
  readonly keys: readonly string[];
  readonly params: Params;
}

/** Throws `parameter_invalid` for an optimizer that does not exist. */
export function knownOptimizer(type: string): OptimizerDeclaration {
  const declaration = findOptimizer(type);
  if (declaration) return declaration;
  const names = OPTIMIZERS.map((each) => each.type);
  const meant = nearest(type, names);
  throw new LazuliError('parameter_invalid', `there is no optimizer '${type}'`, {
    where: 'optimizer',
    expected: `one of ${names.join(', ')}`,
    got: type,
    ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
  });
}

/** `momentum`, or the first of `betas`; null where an optimizer has neither. */
function momentumOf(params: Params): number | null {
  const { momentum, betas } = params;
  if (typeof momentum === 'number') return momentum;
  return Array.isArray(betas) ? Number(betas[0]) : null;
}

/** Rate and momentum as the options have them, before any schedule. */
export function resetGroup(group: ParameterGroup): void {
  group.lr = Number(group.params['lr']);
  group.initialLr = null;
  group.momentum = momentumOf(group.params);
}

/** The options with another momentum, under the name it has there. */
export function withMomentum(params: Params, momentum: number | null): Params {
  if (momentum === null) return params;
  if (typeof params['momentum'] === 'number') return { ...params, momentum };
  const { betas } = params;
  return Array.isArray(betas) ? { ...params, betas: [momentum, ...(betas as number[]).slice(1)] } : params;
}

/**
 * The groups that have parameters, those without a name first, as torch.optim takes them. `groupOf` names the group of a
 * parameter by key. Throws `parameter_invalid` for an option or a group that does not exist.
 */
export function parameterGroups(
  { params, groups = {} }: TrainingSettings['optimizer'],
  declaration: OptimizerDeclaration,
  parameters: ReadonlyMap<string, Parameter>,
  groupOf: ReadonlyMap<string, string>,
): readonly ParameterGroup[] {
  for (const [key] of parameters) refuseUnknownGroup(key, groupOf.get(key), groups);
  for (const [key, { shape }] of parameters) refuseShape(declaration, key, shape);
  const rest = groupFrom(null, declaration, params, {}, membersOf(parameters, groupOf, undefined));
  const named = Object.entries(groups).map(([name, options]) =>
    groupFrom(name, declaration, params, options, membersOf(parameters, groupOf, name)),
  );
  const used = [rest, ...named].filter(({ keys }) => keys.length > 0);
  return used.length > 0 ? used : [rest];
}

const membersOf = (
  parameters: ReadonlyMap<string, Parameter>,
  groupOf: ReadonlyMap<string, string>,
  name: string | undefined,
): readonly string[] => [...parameters.keys()].filter((key) => groupOf.get(key) === name);

const counted = (options: Params): Params =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !IGNORED_OPTIONS.includes(name)));

function groupFrom(
  name: string | null,
  declaration: OptimizerDeclaration,
  given: Params,
  { lr_factor = 1, weight_decay, params: own = {} }: OptimizerGroup,
  keys: readonly string[],
): ParameterGroup {
  const common = parseParams(declaration, counted(given));
  const options = { ...given, ...(weight_decay === undefined ? {} : { weight_decay }), ...own };
  const parsed = parseParams(declaration, counted(options));
  const whole = Number(common['lr']);
  const lr = own['lr'] === undefined ? whole * lr_factor : Number(parsed['lr']) * lr_factor;
  return {
    name,
    keys,
    params: { ...(declaration.complete?.(parsed) ?? parsed), lr },
    lr,
    initialLr: null,
    momentum: momentumOf(parsed),
    factor: whole === 0 ? lr_factor : lr / whole,
  };
}

function refuseShape(declaration: OptimizerDeclaration, key: string, shape: readonly number[]): void {
  const refusal = declaration.refuse?.(shape) ?? null;
  if (refusal === null) return;
  throw new LazuliError('parameter_invalid', `${key}: ${refusal}`, {
    where: key,
    expected: 'a matrix',
    got: `[${shape.join(', ')}]`,
    hint: 'freeze it, leave biases out (bias = false), or choose another optimizer',
  });
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
