// Options and state that optimizers share.
import { assert } from '../errors';
import { boolean, number, numbers } from '../layers/params';
import type { Shape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { StateSpec } from './declaration';

export const learningRate = (value: number) =>
  number({ min: 0, help: 'Learning rate: how far each step goes.', initial: value, torchDefault: value });

export const weightDecay = (value: number) =>
  number({ min: 0, help: 'Pulls weights towards 0.', initial: value, torchDefault: value });

export const maximize = boolean({
  help: 'Climbs instead of descending.',
  initial: false,
  torchDefault: false,
});

export const betas = numbers({
  count: 2,
  min: 0,
  max: 1 - Number.EPSILON / 2,
  help: 'How much of the running mean and of the running square is kept at each step.',
  initial: [0.9, 0.999],
  torchDefault: [0.9, 0.999],
});

export const decoupledWeightDecay = boolean({
  help: 'Pulls the weights themselves instead of the gradient.',
  initial: false,
  torchDefault: false,
});

export const eps = number({
  min: 0,
  help: 'Keeps a division by nearly 0 finite.',
  initial: 1e-8,
  torchDefault: 1e-8,
});

/** State of the parameter's own shape and dtype. */
export const like = (name: string, shape: Shape): StateSpec => ({ name, shape, isTorch: true });

/** The number of steps taken. */
export const stepCount = (options: { readonly isTorch: boolean }): StateSpec => ({
  name: 'step',
  shape: [],
  dtype: 'float32',
  ...options,
});

/** State that is always there. */
export function stateOf(state: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = state[name];
  assert(tensor, `an optimizer was lowered without its state '${name}'`);
  return tensor;
}

/** Where PyTorch allows steps that are recorded for a GPU, as its messages list it. */
export const GPUS_BUT_XLA = "['cuda', 'xpu', 'hpu', 'privateuseone']";
export const GPUS = GPUS_BUT_XLA.replace(']', ", 'xla']");
