// Hooks before and after `step`: of one optimizer and of all. Source: torch.optim.Optimizer.profile_hook_step.
import { TorchError } from '../errors';
import { HookList, type RemovableHandle } from '../nn/hooks';
import { pythonRepr } from '../nn/python-names';
import type { Optimizer } from './optimizer';

/** Sees the call, `[optimizer, closure]` and no keywords; what a hook before the step returns, `[args, keywords]`, replaces both. */
export type StepHook = (
  optimizer: Optimizer,
  args: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
) => unknown;

const allPre = new HookList<StepHook>();
const allPost = new HookList<StepHook>();

/** `register_optimizer_step_pre_hook`: before the step of every optimizer, and before its own hooks. */
export const registerOptimizerStepPreHook = (hook: StepHook): RemovableHandle => allPre.add(hook);
/** `register_optimizer_step_post_hook`: after the step of every optimizer, and after its own hooks. */
export const registerOptimizerStepPostHook = (hook: StepHook): RemovableHandle => allPost.add(hook);

type Step = (this: Optimizer, ...inputs: unknown[]) => unknown;
const hooked = new WeakSet<object>();

/** Puts the hooks round the `step` of an optimizer's class, once for each class that has one. */
export function hookStep(optimizer: Optimizer): void {
  const prototype = Object.getPrototypeOf(optimizer) as object;
  const step = Reflect.get(prototype, 'step') as Step;
  if (hooked.has(step)) return;
  const name = `<function ${definer(prototype, step)}.step>`;
  const around: Step = function (...inputs) {
    let args: readonly unknown[] = [this, ...inputs];
    let keywords: Readonly<Record<string, unknown>> = {};
    for (const hook of [...allPre.list(), ...this.hooks.stepPre.list()]) {
      const result = hook(this, args, keywords) ?? null;
      if (result === null) continue;
      if (!Array.isArray(result) || result.length !== 2)
        throw new TorchError(
          'RuntimeError',
          `${name} must return None or a tuple of (new_args, new_kwargs), but got ${pythonRepr(result)}.`,
        );
      [args, keywords] = result as [unknown[], Readonly<Record<string, unknown>>];
    }
    const [self, ...rest] = args;
    const closure = keywords.closure === undefined ? rest : [keywords.closure];
    const out: unknown = Reflect.apply(step, self, closure);
    for (const hook of [...this.hooks.stepPost.list(), ...allPost.list()]) hook(this, args, keywords);
    return out;
  };
  hooked.add(around);
  Object.defineProperty(prototype, 'step', { value: around, writable: true, configurable: true });
}

/** The class whose own `step` this is. */
function definer(prototype: object, step: Step): string {
  let at: object = prototype;
  while (Object.getOwnPropertyDescriptor(at, 'step')?.value !== step)
    at = Object.getPrototypeOf(at) as object;
  return at.constructor.name;
}
