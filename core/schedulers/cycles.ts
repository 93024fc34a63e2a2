// Schedulers that go up and down, the momentum against the rate: cyclic and one-cycle. As torch.optim.lr_scheduler.
import { boolean, choice, integer, number, optionalInteger } from '../layers/params';
import { preciseSineCosine, precisePower } from '../nn/precise-math';
import { defineScheduler, type RateCall } from './declaration';

const cycleMomentum = boolean({
  help: 'Moves momentum (or the first beta) against the rate.',
  initial: true,
  torchDefault: true,
});
const momentumOf = (help: string, value: number) =>
  number({ min: 0, max: 1, help, initial: value, torchDefault: value });

const cyclicParams = {
  base_lr: number({ min: 0, help: 'Least rate.', initial: 1e-4 }),
  max_lr: number({ min: 0, help: 'Largest rate of the first cycle.', initial: 1e-2 }),
  step_size_up: integer({ help: 'Steps upwards.', initial: 2000, torchDefault: 2000 }),
  step_size_down: optionalInteger({
    help: 'Steps downwards; blank for as many as upwards.',
    initial: null,
    torchDefault: null,
  }),
  mode: choice({
    options: ['triangular', 'triangular2', 'exp_range'],
    help: 'All cycles equal, each half as high as the one before, or falling by gamma.',
    initial: 'triangular',
    torchDefault: 'triangular',
  }),
  gamma: number({ min: 0, help: 'Factor per step of exp_range.', initial: 1, torchDefault: 1 }),
  cycle_momentum: cycleMomentum,
  base_momentum: momentumOf('Least momentum.', 0.8),
  max_momentum: momentumOf('Largest momentum.', 0.9),
};

/** Height of the triangle at a step, 0 to 1, and what the cycle scales it by. */
function triangle({ params, epoch }: RateCall<typeof cyclicParams>): { height: number; scale: number } {
  const { step_size_up, step_size_down, mode, gamma } = params;
  const total = step_size_up + (step_size_down ?? step_size_up);
  const rising = step_size_up / total;
  const cycle = Math.floor(1 + epoch / total);
  const x = 1 + epoch / total - cycle;
  const height = x <= rising ? x / rising : (x - 1) / (rising - 1);
  if (mode === 'triangular') return { height, scale: 1 };
  return { height, scale: mode === 'triangular2' ? 1 / 2 ** (cycle - 1) : precisePower(gamma, epoch) };
}

/** The ends that momentum moves between, where it does. */
const momenta = (params: {
  readonly cycle_momentum: boolean;
  readonly base_momentum: number;
  readonly max_momentum: number;
}): Readonly<Record<string, number>> =>
  params.cycle_momentum ? { max_momentum: params.max_momentum, base_momentum: params.base_momentum } : {};

export const cyclic = defineScheduler({
  type: 'cyclic_lr',
  torch: 'torch.optim.lr_scheduler.CyclicLR',
  summary: 'Rises and falls between two rates, again and again.',
  params: cyclicParams,
  rule: {
    kind: 'rate',
    groupValues: momenta,
    prepare: (params, group) => {
      group.lr = params.base_lr * group.factor;
      if (params.cycle_momentum && group.momentum !== null) group.momentum = params.max_momentum;
    },
    rate: (call) => {
      const { height, scale } = triangle(call);
      const base = call.isInitial ? call.base : call.params.base_lr * call.group.factor;
      return base + (call.params.max_lr * call.group.factor - base) * height * scale;
    },
    momentum: (call) => {
      const { cycle_momentum, base_momentum, max_momentum } = call.params;
      if (!cycle_momentum) return null;
      const { height, scale } = triangle(call);
      return max_momentum - (max_momentum - base_momentum) * height * scale;
    },
  },
  examples: [
    { title: 'triangles', params: { base_lr: 0.01, max_lr: 0.1, step_size_up: 7 } },
    {
      title: 'halved',
      params: { base_lr: 0.01, max_lr: 0.1, step_size_up: 3, step_size_down: 8, mode: 'triangular2' },
      optimizer: 'adam',
    },
    {
      title: 'exponential range',
      params: {
        base_lr: 0.001, max_lr: 0.5, step_size_up: 5, mode: 'exp_range', gamma: 0.97, cycle_momentum: false,
      },
    },
    {
      title: 'other momenta',
      params: { base_lr: 0.01, max_lr: 0.2, step_size_up: 4, base_momentum: 0.5, max_momentum: 0.99 },
    },
  ],
}); // prettier-ignore

const oneCycleParams = {
  max_lr: number({ min: 0, help: 'Largest rate.', initial: 1e-2 }),
  total_steps: optionalInteger({
    help: 'Steps of the cycle; blank for the whole run.',
    initial: null,
    torchDefault: null,
  }),
  epochs: optionalInteger({
    help: 'Instead of total_steps: epochs, with steps_per_epoch.',
    initial: null,
    torchDefault: null,
  }),
  steps_per_epoch: optionalInteger({
    help: 'Instead of total_steps: steps of an epoch, with epochs.',
    initial: null,
    torchDefault: null,
  }),
  pct_start: number({ min: 0, max: 1, help: 'Share of the steps upwards.', initial: 0.3, torchDefault: 0.3 }),
  anneal_strategy: choice({
    options: ['cos', 'linear'],
    help: 'Along half a cosine, or in straight lines.',
    initial: 'cos',
    torchDefault: 'cos',
  }),
  cycle_momentum: cycleMomentum,
  base_momentum: momentumOf('Least momentum.', 0.85),
  max_momentum: momentumOf('Largest momentum.', 0.95),
  div_factor: number({
    min: Number.MIN_VALUE,
    help: 'The first rate is max_lr divided by this.',
    initial: 25,
    torchDefault: 25,
  }),
  final_div_factor: number({
    min: Number.MIN_VALUE,
    help: 'The last rate is the first one divided by this.',
    initial: 1e4,
    torchDefault: 1e4,
  }),
  three_phase: boolean({
    help: 'Comes down to the first rate as fast as it went up, and then further.',
    initial: false,
    torchDefault: false,
  }),
};
type OneCycle = RateCall<typeof oneCycleParams>;

const lengthOf = (params: OneCycle['params'], steps: number): number =>
  params.total_steps ??
  (params.epochs !== null && params.steps_per_epoch !== null
    ? params.epochs * params.steps_per_epoch
    : steps);

type Level = 'initial' | 'max' | 'min';

/** The stretch of the cycle that a step lies in: from one level to another, and how far. */
function phaseOf({ params, epoch, steps }: OneCycle): { from: Level; to: Level; share: number } {
  const total = lengthOf(params, steps);
  const rise = params.pct_start * total;
  const phases: readonly (readonly [end: number, from: Level, to: Level])[] = params.three_phase
    ? [
        [rise - 1, 'initial', 'max'],
        [2 * params.pct_start * total - 2, 'max', 'initial'],
        [total - 1, 'initial', 'min'],
      ]
    : [
        [rise - 1, 'initial', 'max'],
        [total - 1, 'max', 'min'],
      ];
  let start = 0;
  let [end, from, to] = phases[0] ?? [0, 'initial', 'min'];
  for (const phase of phases.slice(1)) {
    if (epoch <= end) break;
    start = end;
    [end, from, to] = phase;
  }
  // PyTorch divides by zero where a phase has no steps.
  return { from, to, share: end === start ? 1 : (epoch - start) / (end - start) };
}

const anneal = (strategy: 'cos' | 'linear', start: number, end: number, share: number): number =>
  strategy === 'cos'
    ? end + ((start - end) / 2) * (preciseSineCosine(Math.PI * share).cosine + 1)
    : (end - start) * share + start;

export const oneCycle = defineScheduler({
  type: 'one_cycle_lr',
  torch: 'torch.optim.lr_scheduler.OneCycleLR',
  summary: 'Rises to a large rate and falls far below the first one, once over the run.',
  params: oneCycleParams,
  rule: {
    kind: 'rate',
    limit: (params, { steps }) => lengthOf(params, steps),
    groupValues: (params, base, factor) => ({
      max_lr: params.max_lr * factor,
      min_lr: base / params.final_div_factor,
      ...momenta(params),
    }),
    prepare: (params, group) => {
      group.initialLr = (params.max_lr * group.factor) / params.div_factor;
      if (params.cycle_momentum && group.momentum !== null) group.momentum = params.max_momentum;
    },
    rate: (call) => {
      const { params, group, base } = call;
      const { from, to, share } = phaseOf(call);
      const levels: Record<Level, number> = {
        initial: base,
        max: params.max_lr * group.factor,
        min: base / params.final_div_factor,
      };
      return anneal(params.anneal_strategy, levels[from], levels[to], share);
    },
    momentum: (call) => {
      const { anneal_strategy, cycle_momentum, base_momentum, max_momentum } = call.params;
      if (!cycle_momentum) return null;
      const { from, to, share } = phaseOf(call);
      const at = (level: Level): number => (level === 'max' ? base_momentum : max_momentum);
      return anneal(anneal_strategy, at(from), at(to), share);
    },
  },
  examples: [
    { title: 'cosine', params: { max_lr: 0.1, total_steps: 60 } },
    {
      title: 'three straight phases',
      params: {
        max_lr: 0.2, epochs: 6, steps_per_epoch: 10, anneal_strategy: 'linear', three_phase: true, pct_start: 0.4,
        div_factor: 10, final_div_factor: 100, base_momentum: 0.6, max_momentum: 0.9,
      },
      optimizer: 'adam',
    },
    { title: 'without momentum', params: { max_lr: 1, total_steps: 61, cycle_momentum: false } },
  ],
}); // prettier-ignore
