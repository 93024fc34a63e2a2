// The parameter groups of torch.optim: what an optimizer may be given, and the checks of `add_param_group`. Rules: docs/spec/optim.md.
import { TorchError } from '../errors';
import { classRepr, torchTypename, typeName } from '../nn/python-names';
import { warn } from '../nn/warnings';
import { Tensor } from '../tensor/tensor';

/** Keys as Python has them: `lr`, `weight_decay`, `param_names`. */
export type Options = Record<string, unknown>;
/** Parameters that share options. The object is the one that was given: changing it changes the steps to come. */
export type ParamGroup = Options & { params: Tensor[] };
/** A tensor, or one with its name as `namedParameters` gives it. */
export type Param = Tensor | readonly [name: string, tensor: Tensor];
export interface GroupInput {
  readonly params: Tensor | Iterable<Param>;
  readonly [option: string]: unknown;
}
export type Params = Iterable<Param> | Iterable<GroupInput>;

/** An option that every group must give: a default of an optimizer of one's own. */
export const required = { toString: (): string => '<required parameter>' };

/** A plain object: Python's dict. */
export const isDict = (value: unknown): value is Options =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'string' || (typeof value === 'object' && value !== null && Symbol.iterator in value);

/** Python's `list(value)`. TypeError for what cannot be gone through. */
export function listOf(value: unknown): unknown[] {
  if (isDict(value)) return Object.keys(value);
  if (isIterable(value)) return [...value];
  throw new TorchError('TypeError', `'${typeName(value)}' object is not iterable`);
}

/** The groups that `params` stands for: dicts are groups, anything else is the one group's parameters. */
export function groupsOf(params: unknown): unknown[] {
  if (params instanceof Tensor)
    throw new TorchError(
      'TypeError',
      `params argument given to the optimizer should be an iterable of Tensors or dicts, but got ${torchTypename(params)}`,
    );
  const given = listOf(params);
  if (given.length === 0) throw new TorchError('ValueError', 'optimizer got an empty parameter list');
  return isDict(given[0]) ? given : [{ params: given }];
}

const isNamed = (param: unknown): param is readonly [name: unknown, tensor: unknown] =>
  Array.isArray(param) && typeof param[0] === 'string';

const valueError = (message: string): TorchError => new TorchError('ValueError', message);

/** Checks one group and fills its defaults in; the very object comes back. Source: torch.optim.Optimizer.add_param_group. */
export function checkedGroup(group: unknown, others: readonly ParamGroup[], defaults: Options): ParamGroup {
  if (!isDict(group))
    throw new TorchError('TypeError', `param_group must be a dict, but got ${classRepr(group)}`);
  if (!('params' in group)) throw new TorchError('KeyError', 'params');
  const given = membersOf(group.params);
  const names = given.filter(isNamed).map(([name]) => name);
  const members = given.map((param) => (isNamed(param) ? param[1] : param));
  group.params = members;
  if (names.length === members.length && names.length > 0) group.param_names = names;
  else if (names.length > 0)
    throw valueError('all optimizer params should be with/without names. Some param names are missing');
  for (const param of members) checkParam(param, defaults);
  for (const [name, value] of Object.entries(defaults)) {
    if (value === required && !(name in group))
      throw valueError(`parameter group didn't specify a value of required optimization parameter ${name}`);
    if (!(name in group)) group[name] = value;
  }
  if (new Set(members).size !== members.length) warn('UserWarning', DUPLICATES);
  checkAgainst(group, others, members);
  return group as ParamGroup;
}

const DUPLICATES =
  'optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see github.com/pytorch/pytorch/issues/40967 for more information';

function membersOf(params: unknown): unknown[] {
  if (params instanceof Tensor) return [params];
  if (params instanceof Set)
    throw new TorchError(
      'TypeError',
      'optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change between runs. Please use a list instead.',
    );
  return listOf(params);
}

function checkParam(param: unknown, defaults: Options): void {
  if (!(param instanceof Tensor))
    throw new TorchError(
      'TypeError',
      `optimizer can only optimize Tensors, but one of the params is ${torchTypename(param)}`,
    );
  if (defaults.differentiable !== true && !param.isLeaf) throw valueError("can't optimize a non-leaf Tensor");
}

function checkAgainst(group: Options, others: readonly ParamGroup[], members: readonly unknown[]): void {
  const hasNames = 'param_names' in group;
  if (others.some((other) => 'param_names' in other !== hasNames))
    throw valueError(
      `all optimizer param groups should be with/without names. cannot add param group ${hasNames ? 'with' : 'without'} names to the optimizer`,
    );
  const taken = new Set<unknown>(others.flatMap(({ params }) => params));
  if (members.some((member) => taken.has(member)))
    throw valueError('some parameters appear in more than one parameter group');
}
