// The scheduler that watches a loss or metric and lowers the rate when it no longer gets better.
import { choice, integer, number } from '../layers/params';
import { defineScheduler } from './declaration';

export const reduceOnPlateau = defineScheduler({
  type: 'reduce_lr_on_plateau',
  torch: 'torch.optim.lr_scheduler.ReduceLROnPlateau',
  summary: 'Lowers the rate when the validation loss (or the loss) stops falling.',
  params: {
    mode: choice({
      options: ['min', 'max'],
      help: 'Whether less or more of what is watched is better.',
      initial: 'min',
      torchDefault: 'min',
    }),
    factor: number({
      min: 0,
      max: 1 - Number.EPSILON / 2,
      help: 'What the rate is multiplied by.',
      initial: 0.1,
      torchDefault: 0.1,
    }),
    patience: integer({
      min: 0,
      help: 'Epochs without progress that are waited for.',
      initial: 10,
      torchDefault: 10,
    }),
    threshold: number({ help: 'Smallest change that counts.', initial: 1e-4, torchDefault: 1e-4 }),
    threshold_mode: choice({
      options: ['rel', 'abs'],
      help: 'Whether the threshold is a share of the best value or a difference.',
      initial: 'rel',
      torchDefault: 'rel',
    }),
    cooldown: integer({
      min: 0,
      help: 'Epochs after a change in which nothing is counted.',
      initial: 0,
      torchDefault: 0,
    }),
    min_lr: number({ min: 0, help: 'Least rate.', initial: 0, torchDefault: 0 }),
    eps: number({
      min: 0,
      help: 'A smaller change of the rate is left out.',
      initial: 1e-8,
      torchDefault: 1e-8,
    }),
  },
  rule: { kind: 'metric' },
  examples: [
    { title: 'impatient', params: { patience: 2, factor: 0.5 } },
    {
      title: 'upwards with a rest',
      params: { mode: 'max', patience: 1, cooldown: 3, threshold: 0.05, threshold_mode: 'abs', min_lr: 0.01 },
    },
    {
      title: 'downwards by difference',
      params: { patience: 0, threshold: 0.1, threshold_mode: 'abs', eps: 1e-3 },
    },
    { title: 'upwards by share', params: { mode: 'max', patience: 3, threshold: 0.2, factor: 0.2 } },
  ],
});
