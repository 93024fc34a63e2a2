// module.loadStateDict(): PyTorch's walk, checks and messages. Source: torch.nn.Module.load_state_dict and the table in
// docs/spec/state-dict.md. The workbench's all-or-nothing loading is load-entries.
import { LazuliError, TorchError } from '../errors';
import { noGrad } from '../ops/dispatch';
import { shapesEqual, torchSize } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import { getSwapModuleParamsOnConversion, swapParameter } from './future';
import { EXTRA_STATE, definesExtraState } from './extra-state';
import type { Module } from './module';
import type { IncompatibleKeys, LoadCall, LoadOptions } from './module-types';
import { Parameter } from './parameter';
import { classRepr, quoted } from './python-names';
import { membersOf, REGISTRY } from './registry';
import { asStateDict, StateDict, type StateDictLike } from './state-dict';
import { copyInto } from './tensor-memory';
import { isLazy } from './uninitialized';
import { warn } from './warnings';

class LoadedKeys implements IncompatibleKeys {
  constructor(
    readonly missingKeys: string[],
    readonly unexpectedKeys: string[],
  ) {}
  toString(): string {
    if (this.missingKeys.length === 0 && this.unexpectedKeys.length === 0)
      return '<All keys matched successfully>';
    const list = (keys: readonly string[]): string => `[${keys.map(quoted).join(', ')}]`;
    return `_IncompatibleKeys(missing_keys=${list(this.missingKeys)}, unexpected_keys=${list(this.unexpectedKeys)})`;
  }
}

const named = (keys: readonly string[]): string => keys.map((key) => `"${key}"`).join(', ');

const POST_HOOK =
  'Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if incompatible_keys need to be modified, it should be done inplace.';

export function loadStateDict(root: Module, given: StateDictLike, options: LoadOptions): IncompatibleKeys {
  const { strict = true, assign = false } = options;
  const source = asStateDict(given);
  const [missing, unexpected, errors]: string[][] = [[], [], []];
  const load = (module: Module, entries: StateDict, prefix: string): void => {
    const place = prefix.replace(/\.$/, '');
    const metadata = source.metadata?.get(place) ?? {};
    // PyTorch writes this into the caller's own metadata, so a later plain load of the same dict still assigns.
    if (assign) metadata.assign_to_params_buffers = true;
    const call: LoadCall = {
      stateDict: entries,
      prefix,
      metadata,
      missing: missing ?? [],
      unexpected: unexpected ?? [],
      errors: errors ?? [],
    };
    for (const hook of module[REGISTRY].loadPreHooks.list()) hook(module, call);
    module.prepareLoad(call);
    loadOwn(module, call);
    for (const [name, child] of module[REGISTRY].modules) {
      if (child === null) continue;
      const childPrefix = `${prefix}${name}.`;
      load(child, new StateDict([...entries].filter(([key]) => key.startsWith(childPrefix))), childPrefix);
    }
    const keys = new LoadedKeys(missing ?? [], unexpected ?? []);
    for (const hook of module[REGISTRY].loadPostHooks.list())
      if ((hook(module, keys) ?? null) !== null) throw new TorchError('AssertionError', POST_HOOK);
  };
  load(root, source.copy(), '');
  return conclude(root, new LoadedKeys(missing ?? [], unexpected ?? []), errors ?? [], strict);
}

function conclude(
  root: Module,
  keys: IncompatibleKeys,
  errors: readonly string[],
  strict: boolean,
): IncompatibleKeys {
  const problems = [...errors];
  if (strict && keys.unexpectedKeys.length > 0)
    problems.unshift(`Unexpected key(s) in state_dict: ${named(keys.unexpectedKeys)}. `);
  if (strict && keys.missingKeys.length > 0)
    problems.unshift(`Missing key(s) in state_dict: ${named(keys.missingKeys)}. `);
  if (problems.length === 0) return keys;
  throw new TorchError(
    'RuntimeError',
    `Error(s) in loading state_dict for ${root.constructor.name}:\n\t${problems.join('\n\t')}`,
    'weights_mismatch',
  );
}

/** This module's own parameters and persistent buffers, then what its part of the dict holds too much. */
function loadOwn(module: Module, call: LoadCall): void {
  const { stateDict, prefix, missing, unexpected } = call;
  const registry = module[REGISTRY];
  const members = membersOf(registry);
  const own = new Map<string, Tensor>();
  for (const { name, tensor } of [...members.own, ...members.nested])
    if (tensor !== null) own.set(name, tensor);
  for (const [name, target] of own) {
    const key = prefix + name;
    if (stateDict.has(key)) loadOne(module, name, target, call);
    else missing.push(key);
  }
  const extraKey = prefix + EXTRA_STATE;
  const hasExtra = stateDict.has(extraKey);
  if (definesExtraState(module, 'setExtraState')) {
    if (hasExtra) module.setExtraState(stateDict.get(extraKey));
    else missing.push(extraKey);
  } else if (hasExtra) unexpected.push(extraKey);
  for (const key of stateDict.keys()) {
    if (!key.startsWith(prefix) || key === extraKey) continue;
    const rest = key.slice(prefix.length);
    if (own.has(rest)) continue;
    const [head = '', ...tail] = rest.split('.');
    if (tail.length === 0 || !registry.modules.has(head)) unexpected.push(key);
  }
}

function loadOne(module: Module, name: string, target: Tensor, call: LoadCall): void {
  const { stateDict, prefix, metadata, errors } = call;
  const key = prefix + name;
  const given = stateDict.get(key);
  const isSwapping = getSwapModuleParamsOnConversion();
  if (!(given instanceof Tensor)) {
    errors.push(
      `While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from checkpoint but received ${classRepr(given)}`,
    );
    return;
  }
  const isTargetLazy = isLazy(target);
  const source =
    !isTargetLazy && target.shape.length === 0 && shapesEqual(given.shape, [1]) ? firstOf(given) : given;
  if (!isTargetLazy && !shapesEqual(source.shape, target.shape)) {
    errors.push(
      `size mismatch for ${key}: copying a param with shape ${torchSize(source.shape)} from checkpoint, the shape in current model is ${torchSize(target.shape)}.`,
    );
    return;
  }
  const assigns = metadata.assign_to_params_buffers === true;
  if (target.device === 'meta' && source.device !== 'meta' && !assigns)
    warn(
      'UserWarning',
      `for ${key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current model, which is a no-op. (Did you mean to pass \`assign=True\` to assign items in the state dictionary to their corresponding key in the module instead of copying them in place?)`,
    );
  try {
    noGrad(() => {
      if (isSwapping) swapTensor(target, source, assigns);
      else if (assigns) assignTensor(module, name, target, source);
      else if (isLazy(target)) target.copy_(source);
      else copyInto(target, source);
    });
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    const size = (tensor: Tensor): string => torchSize(isLazy(tensor) ? [0] : tensor.shape);
    errors.push(
      `While ${isSwapping ? 'swapping' : 'copying'} the parameter named "${key}", whose dimensions in the model are ${size(target)} and whose dimensions in the checkpoint are ${size(source)}, an exception occurred : (${quoted(error.message)},).`,
    );
  }
}

/** The element of a vector of one, as a scalar: checkpoints of PyTorch 0.3 hold scalars so. */
const firstOf = (tensor: Tensor): Tensor => {
  const { storage, dtype, offset } = tensor;
  return new Tensor(storage, { dtype, shape: [], strides: [], offset });
};

/** `Tensor.module_load`, then the exchange: the model's object gets the checkpoint's tensor, or goes on with its own memory. */
function swapTensor(target: Tensor, source: Tensor, assigns: boolean): void {
  target.assertUsable('<function Tensor.module_load>');
  source.assertUsable('<function Tensor.module_load>');
  if (!assigns) copyInto(target, source);
  const data = (assigns ? source : target).detach();
  if (target instanceof Parameter) swapParameter(target, data);
  else target.setData(data);
}

function assignTensor(module: Module, name: string, target: Tensor, source: Tensor): void {
  if (!(target instanceof Parameter)) return void Reflect.set(module, name, source);
  source.assertUsable(source instanceof Parameter ? '<method requires_grad_>' : '<method detach>');
  const replacement =
    source instanceof Parameter ? source : new Parameter(source, { requiresGrad: target.requiresGrad });
  replacement.requiresGrad = target.requiresGrad;
  Reflect.set(module, name, replacement);
}
