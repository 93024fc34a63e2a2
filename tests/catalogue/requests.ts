// The questions put to real PyTorch: every example of layers, losses and optimizers, as data. scripts/golden/catalogue.mjs
// sends them to scripts/golden/catalogue.py; the tests know by a fingerprint when an answer belongs to an older question.
import { createHash } from 'node:crypto';

import { outputPorts } from '#core/layers/declaration';
import { LAYERS } from '#core/layers/index';
import type { LossDeclaration, LossExample } from '#core/losses/declaration';
import { LOSSES } from '#core/losses/index';
import { parseParams } from '#core/layers/parse';
import { OPTIMIZERS } from '#core/optimizers/index';
import { findScheduler, SCHEDULERS, type SchedulerPart } from '#core/schedulers/index';
import { CASES, inputDType, knownShape } from './calls';

interface TensorRequest {
  /** Seeds the numbers: `conv2d: two groups/weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float' | 'int64';
  /** Whole numbers stay below this. */
  readonly range?: number;
  readonly values?: string;
  /** The numbers themselves. */
  readonly data?: readonly number[];
}
export interface Request {
  readonly name: string;
  readonly kind: 'layer' | 'sequence' | 'loss' | 'optimizer' | 'extreme';
  readonly torch: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: readonly TensorRequest[];
  /** By state-dict name. */
  readonly tensors: Readonly<Record<string, TensorRequest>>;
  readonly outputs: number;
  readonly isRandom: boolean;
  /** A loss that has a gradient of its target. */
  readonly hasTargetGradient?: boolean;
}

/** Their answers are in a file of their own. */
const SEQUENCES: readonly string[] = ['recurrent', 'attention'];

const layerRequests = CASES.flatMap(({ layer, example, name, params }): Request[] =>
  layer.torch === null
    ? []
    : [
        {
          name,
          kind: SEQUENCES.includes(layer.category) || layer.type === 'embedding_bag' ? 'sequence' : 'layer',
          torch: layer.torch,
          params,
          inputs: example.inputs.map((shape, index) => {
            const isInteger = inputDType({ layer, example, name, params }, 'float32', index) === 'int64';
            const [values, data] = [example.inputValues?.[index], example.inputData?.[index]];
            return {
              name: `${name}/input${index}`,
              shape,
              dtype: isInteger ? 'int64' : 'float',
              ...(example.inputRange === undefined ? {} : { range: example.inputRange }),
              ...(values === undefined ? {} : { values }),
              ...(data === undefined ? {} : { data }),
            };
          }),
          tensors: Object.fromEntries(
            (layer.tensors?.(params) ?? []).map((spec) => [
              spec.name,
              {
                name: `${name}/${spec.name}`,
                shape: knownShape(spec),
                dtype: spec.dtype === 'int64' ? 'int64' : 'float',
              },
            ]),
          ),
          outputs: outputPorts(layer, params).length,
          isRandom: layer.isRandom === true,
        },
      ],
);

/** Every example of every loss, with its params parsed. */
export const LOSS_CASES = LOSSES.flatMap((loss) =>
  loss.examples.map((example) => ({
    loss,
    example,
    name: `${loss.type}: ${example.title}`,
    params: parseParams(loss, example.params, 'torch'),
  })),
);

/** True where PyTorch's loss has a gradient of this example's target. */
export const hasTargetGradient = (
  loss: LossDeclaration,
  { targetKind, isTargetFixed }: LossExample,
): boolean => targetKind === 'value' && loss.hasTargetGradient !== false && isTargetFixed !== true;

const lossRequests = LOSS_CASES.map(({ loss, example, name, params }): Request => {
  const classes = example.input[example.input.length === 1 ? 0 : 1] ?? 1;
  const target =
    example.targetKind === 'class'
      ? { dtype: 'int64' as const, range: classes }
      : { dtype: 'float' as const, values: example.targetValues ?? 'any' };
  return {
    name,
    kind: 'loss',
    torch: loss.torch,
    params,
    inputs: [
      { name: `${name}/input`, shape: example.input, dtype: 'float', values: example.inputValues ?? 'any' },
      { name: `${name}/target`, shape: example.target, ...target },
    ],
    tensors: {},
    outputs: 1,
    isRandom: false,
    hasTargetGradient: hasTargetGradient(loss, example),
  };
});

/** Steps of an optimizer's trajectory, and the shape its parameter has unless the example says another. */
export const TRAJECTORY = { steps: 20, shape: [3, 4] } as const;

export const OPTIMIZER_CASES = OPTIMIZERS.filter(({ evaluatesAgain }) => evaluatesAgain !== true).flatMap(
  (optimizer) =>
    optimizer.examples.map((example) => ({
      optimizer,
      name: `${optimizer.type}: ${example.title}`,
      shape: example.shape ?? TRAJECTORY.shape,
      params: parseParams(optimizer, example.params, 'torch'),
    })),
);

const optimizerRequests = OPTIMIZER_CASES.map(({ optimizer, name, shape, params }): Request => ({
  name,
  kind: 'optimizer',
  torch: optimizer.torch,
  params,
  inputs: Array.from({ length: TRAJECTORY.steps }, (_, step) => ({
    name: `${name}/gradient${step}`,
    shape,
    dtype: 'float',
  })),
  tensors: { parameter: { name: `${name}/parameter`, shape, dtype: 'float' } },
  outputs: 0,
  isRandom: false,
}));

/** Steps of a schedule, and the rate it starts from. */
export const SCHEDULE = { steps: 60, lr: 0.05 } as const;

interface SchedulerRequest {
  readonly name: string;
  readonly kind: 'scheduler';
  readonly optimizer: 'sgd' | 'adam';
  readonly torch: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** What a scheduler that watches a loss is told after each step. */
  readonly metrics: readonly number[];
  /** Shares of the rate that groups start from, where there is more than one. */
  readonly groups?: readonly number[];
}

/** A loss that falls, stays and falls again. */
const METRICS = Array.from(
  { length: SCHEDULE.steps },
  (_, step) => Math.max(1 - step / 16, 0.5) + (step % 7) / 50,
);

const torchSchedule = ({
  type,
  params,
}: SchedulerPart): { torch: string; params: SchedulerRequest['params'] } => {
  const declaration = findScheduler(type);
  if (!declaration) throw new Error(`no scheduler ${type}`);
  const parts = params['schedulers'] as readonly SchedulerPart[] | undefined;
  const all = parseParams(declaration, params, 'torch');
  return { torch: declaration.torch, params: parts ? { ...all, schedulers: parts.map(torchSchedule) } : all };
};

/** Every example of every scheduler. */
export const SCHEDULER_CASES = SCHEDULERS.flatMap((scheduler) =>
  scheduler.examples.map((example) => ({
    scheduler,
    example,
    name: `${scheduler.type}: ${example.title}`,
    metrics: METRICS,
  })),
);

export const SCHEDULER_REQUESTS = SCHEDULER_CASES.map(
  ({ scheduler, example, name, metrics }): SchedulerRequest => ({
    name,
    kind: 'scheduler',
    optimizer: example.optimizer ?? 'sgd',
    ...torchSchedule({ type: scheduler.type, params: example.params }),
    metrics,
    ...(example.groups ? { groups: example.groups } : {}),
  }),
);

/** Values at the ends of what float32 can hold, as text, and the elementwise layers that are tried on them. */
export const EXTREMES = ['-inf', '-3e38', '-1e4', '-100', '-1', '0', '1', '100', '1e4', '3e38', 'inf', 'nan'];
export const EXTREME_LAYERS = LAYERS.filter(
  (layer) =>
    layer.category === 'activation' &&
    !('tensors' in layer) &&
    !('dim' in layer.params) &&
    layer.isRandom !== true &&
    layer.type !== 'softmax2d' &&
    layer.type !== 'threshold',
);

const extremeRequests = EXTREME_LAYERS.map(({ type, torch }): Request => ({
  name: `${type}: extremes`,
  kind: 'extreme',
  torch: torch ?? '',
  params: {},
  inputs: [{ name: EXTREMES.join(' '), shape: [EXTREMES.length], dtype: 'float' }],
  tensors: {},
  outputs: 1,
  isRandom: false,
}));

export const REQUESTS: readonly Request[] = [
  ...layerRequests,
  ...lossRequests,
  ...optimizerRequests,
  ...extremeRequests,
];

/** Changes when the question does. */
export const fingerprint = (request: Request | SchedulerRequest): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 12);
