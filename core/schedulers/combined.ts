// Schedulers made of schedulers: one after another, or all at once.
import { integerList } from '../layers/params';
import { defineScheduler } from './declaration';
import { schedulerList } from './part';

const schedulers = (help: string, initial: readonly string[]) =>
  schedulerList({ help, initial: initial.map((type) => ({ type, params: {} })) });

export const sequential = defineScheduler({
  type: 'sequential_lr',
  torch: 'torch.optim.lr_scheduler.SequentialLR',
  summary: 'One scheduler after another: a warm-up, then a decay.',
  params: {
    schedulers: schedulers('The schedulers, in order.', ['linear_lr', 'cosine_annealing_lr']),
    milestones: integerList({ min: 0, help: 'Steps at which the next one takes over.', initial: [5] }),
  },
  check: ({ schedulers: parts, milestones }) => [
    ...(milestones.length === parts.length - 1
      ? []
      : [
          {
            where: 'milestones',
            message: `${parts.length} schedulers change ${parts.length - 1} times, and there are ${milestones.length} milestones`,
            expected: `${parts.length - 1} milestones`,
            got: String(milestones.length),
          },
        ]),
    ...parts
      .filter(({ type }) => type === 'sequential_lr' || type === 'chained_scheduler')
      .map(({ type }) => ({
        where: 'schedulers',
        message: `${type} cannot stand inside sequential_lr, as in PyTorch`,
        expected: 'schedulers with a rule of their own',
        got: type,
      })),
  ],
  rule: { kind: 'sequence' },
  examples: [
    {
      title: 'warm-up and decay',
      params: {
        schedulers: [
          { type: 'linear_lr', params: { start_factor: 0.1, total_iters: 5 } },
          { type: 'cosine_annealing_lr', params: { T_max: 30 } },
        ],
        milestones: [5],
      },
    },
    {
      title: 'three',
      params: {
        schedulers: [
          { type: 'constant_lr', params: { factor: 0.5, total_iters: 4 } },
          { type: 'exponential_lr', params: { gamma: 0.8 } },
          { type: 'cosine_annealing_warm_restarts', params: { T_0: 6 } },
        ],
        milestones: [8, 20],
      },
    },
    {
      title: 'the others',
      params: {
        schedulers: [
          { type: 'step_lr', params: { step_size: 2, gamma: 0.5 } },
          { type: 'multi_step_lr', params: { milestones: [2, 5], gamma: 0.3 } },
          { type: 'polynomial_lr', params: { total_iters: 9, power: 1.5 } },
          { type: 'linear_lr', params: {} },
        ],
        milestones: [7, 14, 26],
      },
    },
  ],
});

export const chained = defineScheduler({
  type: 'chained_scheduler',
  torch: 'torch.optim.lr_scheduler.ChainedScheduler',
  summary: 'Several schedulers at every step, each from where the one before left the rate.',
  params: { schedulers: schedulers('The schedulers, in order.', ['constant_lr', 'exponential_lr']) },
  rule: { kind: 'chain' },
  examples: [
    {
      title: 'two',
      params: {
        schedulers: [
          { type: 'constant_lr', params: { factor: 0.1, total_iters: 2 } },
          { type: 'exponential_lr', params: { gamma: 0.9 } },
        ],
      },
    },
    {
      title: 'three',
      params: {
        schedulers: [
          { type: 'linear_lr', params: {} },
          { type: 'step_lr', params: { step_size: 6, gamma: 0.5 } },
          { type: 'cosine_annealing_lr', params: { T_max: 20, eta_min: 0.001 } },
        ],
      },
    },
  ],
});
