// Schedulers that let the rate fall, or rise, by a rule: step, multi-step, constant, linear, exponential and polynomial.
// Each follows torch.optim.lr_scheduler operation by operation, so that rates are equal to the last bit.
import { integer, integerList, number } from '../layers/params';
import { precisePower } from '../nn/precise-math';
import { defineScheduler } from './declaration';

const gamma = (initial: number | null) =>
  number({
    min: 0,
    help: 'What the rate is multiplied by.',
    initial: initial ?? 0.9,
    ...(initial === null ? {} : { torchDefault: initial }),
  });

const totalItersFrom = (min: number) =>
  integer({ min, help: 'Steps after which the rate stays.', initial: 5, torchDefault: 5 });
const totalIters = totalItersFrom(1);

export const step = defineScheduler({
  type: 'step_lr',
  torch: 'torch.optim.lr_scheduler.StepLR',
  summary: 'Multiplies the rate every few steps.',
  params: { step_size: integer({ help: 'Steps between two changes.', initial: 10 }), gamma: gamma(0.1) },
  rule: {
    kind: 'rate',
    rate: ({ params, group, epoch }) =>
      epoch === 0 || epoch % params.step_size !== 0 ? group.lr : group.lr * params.gamma,
    closedForm: ({ step_size, gamma: factor }, initialLr, epoch) =>
      initialLr * precisePower(factor, Math.floor(epoch / step_size)),
  },
  examples: [
    { title: 'every 10', params: { step_size: 10 } },
    { title: 'often and little', params: { step_size: 3, gamma: 0.7 } },
  ],
});

const countOf = (milestones: readonly number[], epoch: number): number =>
  milestones.filter((milestone) => milestone === epoch).length;

export const multiStep = defineScheduler({
  type: 'multi_step_lr',
  torch: 'torch.optim.lr_scheduler.MultiStepLR',
  summary: 'Multiplies the rate at chosen steps.',
  params: {
    milestones: integerList({ min: 0, help: 'Steps at which the rate changes.', initial: [30, 60] }),
    gamma: gamma(0.1),
  },
  rule: {
    kind: 'rate',
    rate: ({ params, group, epoch }) => {
      const times = countOf(params.milestones, epoch);
      return times === 0 ? group.lr : group.lr * precisePower(params.gamma, times);
    },
    closedForm: ({ milestones, gamma: factor }, initialLr, epoch) =>
      initialLr * precisePower(factor, milestones.filter((milestone) => milestone <= epoch).length),
  },
  examples: [
    { title: 'two', params: { milestones: [5, 12] } },
    { title: 'twice at once', params: { milestones: [4, 4, 20], gamma: 0.3 } },
  ],
});

export const constant = defineScheduler({
  type: 'constant_lr',
  torch: 'torch.optim.lr_scheduler.ConstantLR',
  summary: 'A smaller rate at first, then the whole one.',
  params: {
    factor: number({
      min: Number.MIN_VALUE,
      max: 1,
      help: 'Share of the rate used at first.',
      initial: 1 / 3,
      torchDefault: 1 / 3,
    }),
    // With 0 the whole rate never comes, as in PyTorch.
    total_iters: totalItersFrom(0),
  },
  rule: {
    kind: 'rate',
    rate: ({ params, group, epoch }) => {
      if (epoch === 0) return group.lr * params.factor;
      return epoch === params.total_iters ? group.lr * (1 / params.factor) : group.lr;
    },
    closedForm: ({ factor, total_iters }, initialLr, epoch) =>
      initialLr * (factor + Number(epoch >= total_iters) * (1 - factor)),
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'other options', params: { factor: 0.7, total_iters: 9 } },
    { title: 'no steps at all', params: { factor: 0.5, total_iters: 0 } },
  ],
});

export const linear = defineScheduler({
  type: 'linear_lr',
  torch: 'torch.optim.lr_scheduler.LinearLR',
  summary: 'Goes in a straight line from one share of the rate to another: a warm-up.',
  params: {
    start_factor: number({
      min: Number.MIN_VALUE,
      max: 1,
      help: 'Share of the rate at the start.',
      initial: 1 / 3,
      torchDefault: 1 / 3,
    }),
    end_factor: number({ min: 0, max: 1, help: 'Share at the end.', initial: 1, torchDefault: 1 }),
    total_iters: totalIters,
  },
  rule: {
    kind: 'rate',
    rate: ({ params: { start_factor, end_factor, total_iters }, group, epoch, isInitial }) => {
      if (epoch === 0) return group.lr * start_factor;
      if (isInitial || epoch > total_iters) return group.lr;
      const rise = end_factor - start_factor;
      return group.lr * (1 + rise / (total_iters * start_factor + (epoch - 1) * rise));
    },
    closedForm: ({ start_factor, end_factor, total_iters }, initialLr, epoch) =>
      initialLr * (start_factor + ((end_factor - start_factor) * Math.min(total_iters, epoch)) / total_iters),
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'downwards', params: { start_factor: 0.9, end_factor: 0.1, total_iters: 17 } },
  ],
});

export const exponential = defineScheduler({
  type: 'exponential_lr',
  torch: 'torch.optim.lr_scheduler.ExponentialLR',
  summary: 'Multiplies the rate at every step.',
  params: { gamma: gamma(null) },
  rule: {
    kind: 'rate',
    rate: ({ params, group, isInitial }) => (isInitial ? group.lr : group.lr * params.gamma),
    closedForm: ({ gamma: factor }, initialLr, epoch) => initialLr * precisePower(factor, epoch),
  },
  examples: [{ title: 'gamma 0.9', params: { gamma: 0.9 } }],
});

export const polynomial = defineScheduler({
  type: 'polynomial_lr',
  torch: 'torch.optim.lr_scheduler.PolynomialLR',
  summary: 'Falls to 0 along a power of the steps left.',
  params: {
    total_iters: totalIters,
    power: number({ min: 0, help: 'The power; 1 is a straight line.', initial: 1, torchDefault: 1 }),
  },
  rule: {
    kind: 'rate',
    rate: ({ params: { total_iters, power }, group, epoch, isInitial }) => {
      if (isInitial || epoch > total_iters) return group.lr;
      const share = (1 - epoch / total_iters) / (1 - (epoch - 1) / total_iters);
      return group.lr * precisePower(share, power);
    },
    closedForm: ({ total_iters, power }, initialLr, epoch) =>
      initialLr * precisePower(1 - Math.min(total_iters, epoch) / total_iters, power),
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'a curve', params: { total_iters: 22, power: 2.5 } },
  ],
});
