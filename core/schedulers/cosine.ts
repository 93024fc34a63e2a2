// Schedulers along half a cosine: once, or again and again. Operation by operation as torch.optim.lr_scheduler.
import { integer, number, optionalInteger } from '../layers/params';
import { preciseSineCosine } from '../nn/precise-math';
import { defineScheduler } from './declaration';

const cosine = (angle: number): number => preciseSineCosine(angle).cosine;

const etaMin = number({ min: 0, help: 'Least rate.', initial: 0, torchDefault: 0 });

export const cosineAnnealing = defineScheduler({
  type: 'cosine_annealing_lr',
  torch: 'torch.optim.lr_scheduler.CosineAnnealingLR',
  summary: 'Falls along half a cosine from the rate to the least one.',
  params: {
    T_max: optionalInteger({ help: 'Steps of the fall; blank for the whole run.', initial: null }),
    eta_min: etaMin,
  },
  rule: {
    kind: 'rate',
    rate: ({ params: { T_max, eta_min }, group, base, epoch, isInitial, count, steps }) => {
      const length = T_max ?? steps;
      const height = base - eta_min;
      if (isInitial) return group.lr;
      if (count === 1 && epoch > 0) return eta_min + (height * (1 + cosine((epoch * Math.PI) / length))) / 2;
      if ((epoch - 1 - length) % (2 * length) === 0)
        return group.lr + (height * (1 - cosine(Math.PI / length))) / 2;
      const now = 1 + cosine((Math.PI * epoch) / length);
      const before = 1 + cosine((Math.PI * (epoch - 1)) / length);
      return (now / before) * (group.lr - eta_min) + eta_min;
    },
    // A sequence asks for epoch 0 only, where the length does not count.
    closedForm: ({ T_max, eta_min }, initialLr, epoch) =>
      eta_min + ((initialLr - eta_min) * (1 + cosine((Math.PI * epoch) / (T_max ?? 1)))) / 2,
  },
  examples: [
    { title: 'down and up again', params: { T_max: 11 } },
    { title: 'not to 0', params: { T_max: 40, eta_min: 0.001 } },
  ],
});

export const cosineRestarts = defineScheduler({
  type: 'cosine_annealing_warm_restarts',
  torch: 'torch.optim.lr_scheduler.CosineAnnealingWarmRestarts',
  summary: 'Falls along half a cosine, starts again, each time for longer.',
  params: {
    T_0: integer({ help: 'Steps of the first fall.', initial: 10 }),
    T_mult: integer({
      help: 'Every fall is so many times as long as the one before.',
      initial: 1,
      torchDefault: 1,
    }),
    eta_min: etaMin,
  },
  rule: {
    kind: 'rate',
    advance: ({ T_0, T_mult }, memory, epoch) => {
      let { T_cur = -1, T_i = T_0 } = memory;
      if (epoch === 0) [T_cur, T_i] = [0, T_0];
      else {
        T_cur += 1;
        if (T_cur >= T_i) [T_cur, T_i] = [T_cur % T_i, T_i * T_mult];
      }
      Object.assign(memory, { T_cur, T_i });
    },
    rate: ({ params: { eta_min }, base, memory: { T_cur = 0, T_i = 1 } }) =>
      eta_min + ((base - eta_min) * (1 + cosine((Math.PI * T_cur) / T_i))) / 2,
  },
  examples: [
    { title: 'every 10', params: { T_0: 10 } },
    { title: 'longer and longer', params: { T_0: 4, T_mult: 2, eta_min: 0.002 } },
  ],
});
