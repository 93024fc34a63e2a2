// Full backward hooks of one call: the inputs and the outputs each pass through a node that sees their gradients. Source:
// torch.utils.hooks.BackwardHook.
import { TorchError } from '../errors';
import { fullLike } from '../ops/create';
import { passThrough, type GradientList } from '../ops/pass-through';
import { keep } from '../ops/scope';
import { Tensor } from '../tensor/tensor';
import type { Module } from './module';
import type { BackwardHook, BackwardPreHook } from './module-types';

/** Tensors of a list of values, with their places in it. */
interface Found {
  readonly tensors: readonly Tensor[];
  readonly places: readonly number[];
  readonly size: number;
}

const zerosLike = (tensor: Tensor | undefined): Tensor | null => (tensor ? fullLike(tensor, 0) : null);

/** Hooks may store what they are given: it outlives the walk. */
const kept = (gradients: GradientList): GradientList =>
  gradients.map((gradient) => gradient && keep(gradient));

/** The gradients at their tensors' places, null at the others'. */
function spread(gradients: GradientList, { places, size }: Found): GradientList {
  const all = new Array<Tensor | null>(size).fill(null);
  places.forEach((place, index) => (all[place] = gradients[index] ?? null));
  return all;
}

export class BackwardHooks {
  /** Gradients of the outputs, between their arrival and that of the inputs'. */
  #outputs: GradientList | null = null;
  #inputs: Found | null = null;
  #inputCount = 0;

  constructor(
    readonly module: Module,
    readonly hooks: readonly BackwardHook[],
    readonly preHooks: readonly BackwardPreHook[],
  ) {}

  /** The inputs that forward is to be given. */
  watchInputs(values: readonly unknown[]): readonly unknown[] {
    this.#inputCount = values.length;
    const [result, found] = watched(values, (gradients, places) => this.#atInputs(gradients, places));
    this.#inputs = found;
    return result;
  }
  /** The result that the caller is to be given. */
  watchResult(result: unknown): unknown {
    const isList = Array.isArray(result);
    const [values] = watched(isList ? result : [result], (gradients, places) =>
      this.#atOutputs(gradients, places),
    );
    return isList ? values : values[0];
  }

  #atOutputs(gradients: GradientList, found: Found): GradientList {
    let outputs = kept(spread(gradients, found));
    for (const hook of this.preHooks) {
      const replaced = hook(this.module, outputs) ?? null;
      if (replaced === null) continue;
      checkCount('Backward pre hook', 'grad_output', replaced, outputs.length);
      outputs = replaced;
    }
    if (this.#inputs === null) this.#withoutInputs(outputs);
    else this.#outputs = outputs;
    return found.places.map((place) => outputs[place] ?? null);
  }

  /** No input needs a gradient: the hooks are called at once, with none. */
  #withoutInputs(outputs: GradientList): void {
    const none = new Array<null>(this.#inputCount).fill(null);
    for (const hook of this.hooks) {
      const replaced: unknown = hook(this.module, none, outputs) ?? null;
      if (replaced !== null && !(Array.isArray(replaced) && replaced.every((each) => each === null)))
        throw new TorchError(
          'RuntimeError',
          'Backward hook for Modules where no input requires gradient should always return None or None for all gradients.',
        );
    }
  }

  #atInputs(gradients: GradientList, found: Found): GradientList {
    const outputs = this.#outputs;
    // PyTorch's function node has zeros for the gradients that did not come.
    const whole = gradients.map((gradient, index) => gradient ?? zerosLike(found.tensors[index]));
    // The gradient came to the inputs past the outputs.
    if (outputs === null) return whole;
    let inputs = kept(spread(whole, found));
    for (const hook of this.hooks) {
      const replaced = hook(this.module, inputs, outputs) ?? null;
      if (replaced === null) continue;
      checkCount('Backward hook', 'grad_input', replaced, inputs.length);
      inputs = replaced;
    }
    this.#outputs = null;
    return found.places.map((place) => inputs[place] ?? null);
  }
}

function checkCount(hook: string, what: string, given: GradientList, expected: number): void {
  if (given.length !== expected)
    throw new TorchError(
      'RuntimeError',
      `${hook} returned an invalid number of ${what}, got ${given.length}, but expected ${expected}`,
    );
}

/** The values with their tensors behind one node; null for it where no gradient is wanted. */
function watched(
  values: readonly unknown[],
  visit: (gradients: GradientList, found: Found) => GradientList,
): readonly [values: readonly unknown[], found: Found | null] {
  const places = values.flatMap((value, place) => (value instanceof Tensor ? [place] : []));
  const tensors = values.filter((value) => value instanceof Tensor);
  const found = { tensors, places, size: values.length };
  const passed = passThrough(tensors, (gradients) => visit(gradients, found));
  if (passed === null) return [values, null];
  const result = [...values];
  places.forEach((place, index) => (result[place] = passed[index]));
  return [result, found];
}
