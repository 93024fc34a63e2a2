// Calling a module: pre-hooks, forward, hooks, in PyTorch's order. Source: torch.nn.Module._call_impl.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { BackwardHooks } from './backward-hooks';
import { HookList, type HookEntry, type HookOptions, type RemovableHandle } from './hooks';
import type { Module } from './module';
import type { BackwardHook, BackwardPreHook, ForwardHook, ForwardPreHook, Keywords } from './module-types';
import { classRepr, pythonRepr, shortTypeName } from './python-names';
import { REGISTRY } from './registry';
import { warn } from './warnings';

const globalPreHooks = new HookList<ForwardPreHook>();
const globalHooks = new HookList<ForwardHook>();

/** `torch.nn.modules.module.register_module_forward_pre_hook`: before every module's own. */
export const registerModuleForwardPreHook = (hook: ForwardPreHook): RemovableHandle =>
  globalPreHooks.add(hook);
/** `torch.nn.modules.module.register_module_forward_hook`: before every module's own. */
export const registerModuleForwardHook = (hook: ForwardHook, options: HookOptions = {}): RemovableHandle =>
  globalHooks.add(hook, options);

const globalBackwardPreHooks = new HookList<BackwardPreHook>();
const globalBackwardHooks = new HookList<BackwardHook>();

/** `register_module_full_backward_pre_hook`: before every module's own. */
export const registerModuleFullBackwardPreHook = (hook: BackwardPreHook): RemovableHandle =>
  globalBackwardPreHooks.add(hook);
/** `register_module_full_backward_hook`: before every module's own. */
export const registerModuleFullBackwardHook = (hook: BackwardHook): RemovableHandle =>
  globalBackwardHooks.add(hook);

/** What a call has come to, so that hooks that always run see it. */
interface Call {
  readonly module: Module;
  inputs: readonly unknown[];
  keywords: Keywords;
  result: unknown;
  /** Always-called hooks that have run. */
  readonly called: Set<HookEntry<ForwardHook>>;
}

export function callModule(module: Module, inputs: readonly unknown[], keywords: Keywords): unknown {
  const call: Call = { module, inputs, keywords, result: undefined, called: new Set() };
  try {
    const backward = backwardHooksOf(module);
    runPreHooks(call);
    if (backward) call.inputs = backward.watchInputs(call.inputs);
    const forward: unknown = Reflect.get(module, 'forward');
    if (typeof forward !== 'function')
      throw new TorchError('TypeError', `'${shortTypeName(forward)}' object is not callable`);
    call.result = module.forward(...module.bindInputs(call.inputs, call.keywords));
    for (const entry of [...globalHooks.entries(), ...module[REGISTRY].forwardHooks.entries()]) {
      if (entry.alwaysCall) call.called.add(entry);
      runHook(call, entry);
    }
    if (!backward) return call.result;
    if (!(call.result instanceof Tensor) && !Array.isArray(call.result))
      warn(
        'UserWarning',
        `For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received ${classRepr(call.result)}`,
      );
    return backward.watchResult(call.result);
  } catch (error) {
    runAlwaysCalled(call);
    throw error;
  }
}

/** What watches the gradients of one call, or null where nobody wants to see them. */
function backwardHooksOf(module: Module): BackwardHooks | null {
  const { backwardHooks, backwardPreHooks } = module[REGISTRY];
  const hooks = [...globalBackwardHooks.list(), ...backwardHooks.list()];
  const preHooks = [...globalBackwardPreHooks.list(), ...backwardPreHooks.list()];
  return hooks.length + preHooks.length > 0 ? new BackwardHooks(module, hooks, preHooks) : null;
}

function runPreHooks(call: Call): void {
  for (const { hook, withKwargs } of [
    ...globalPreHooks.entries(),
    ...call.module[REGISTRY].forwardPreHooks.entries(),
  ]) {
    const replaced = withKwargs
      ? hook(call.module, call.inputs, call.keywords)
      : hook(call.module, call.inputs);
    if (replaced === undefined) continue;
    if (!withKwargs) call.inputs = Array.isArray(replaced) ? replaced : [replaced];
    else [call.inputs, call.keywords] = bothFrom(replaced);
  }
}

function bothFrom(replaced: unknown): [readonly unknown[], Keywords] {
  const [inputs, keywords] = Array.isArray(replaced) && replaced.length === 2 ? (replaced as unknown[]) : [];
  if (!Array.isArray(inputs) || typeof keywords !== 'object' || keywords === null)
    throw new TorchError(
      'RuntimeError',
      `forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got ${pythonRepr(replaced)}.`,
    );
  return [inputs, keywords as Keywords];
}

function runHook(call: Call, { hook, withKwargs }: HookEntry<ForwardHook>): void {
  const { module, inputs, keywords, result } = call;
  const replaced = withKwargs ? hook(module, inputs, keywords, result) : hook(module, inputs, result);
  if (replaced !== undefined) call.result = replaced;
}

/** What these hooks throw is swallowed: the error of the call goes on. */
function runAlwaysCalled(call: Call): void {
  const everywhere = globalHooks.entries();
  for (const entry of [...everywhere, ...call.module[REGISTRY].forwardHooks.entries()]) {
    if (!entry.alwaysCall || call.called.has(entry)) continue;
    try {
      runHook(call, entry);
    } catch (error) {
      const whose = everywhere.includes(entry) ? 'global module' : 'module';
      const message = error instanceof Error ? error.message : String(error);
      warn(
        'UserWarning',
        `${whose} forward hook with \`\`always_call=True\`\` raised an exception that was silenced as another error was raised in forward: ${message}`,
      );
    }
  }
}
