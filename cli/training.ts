// The training settings of a project with what the flags of `lazuli train` say instead.
import type { Project, SchedulerSettings, TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { findMetric, METRICS, parseMetric, splitMetrics } from '#core/metrics/index';
import { OPTIMIZERS } from '#core/optimizers/index';
import { SCHEDULERS } from '#core/schedulers/index';
import { TRAINING_LOSSES } from '#core/training/losses';
import { ownMetric } from '#core/training/terms';

import type { Options, OptionSpec } from './verb';

type Params = Readonly<Record<string, unknown>>;
interface Typed {
  readonly type: string;
  readonly params: Params;
}

const names = (list: readonly { readonly type: string }[]): string => list.map(({ type }) => type).join(', ');

const optionOf = (flag: string, example: string): OptionSpec => ({
  flag: `${flag}-option`,
  value: 'name=value',
  help: `an option of the ${flag}, as in ${example}`,
  isRepeatable: true,
});

export const METRICS_OPTION: OptionSpec = {
  flag: 'metrics',
  value: 'names',
  help: `joined by commas, options in parentheses as in f1(average=micro): ${names(METRICS)}`,
};

export const TRAINING_OPTIONS: readonly OptionSpec[] = [
  { flag: 'epochs', value: 'n', help: 'passes over the training samples' },
  { flag: 'batch-size', value: 'n', help: 'samples per step' },
  { flag: 'accumulate', value: 'n', help: 'batches whose gradients make one step' },
  { flag: 'optimizer', value: 'name', help: names(OPTIMIZERS) },
  optionOf('optimizer', 'betas=0.9,0.99 or nesterov=true'),
  { flag: 'lr', value: 'x', help: 'learning rate' },
  { flag: 'scheduler', value: 'name', help: `none, ${names(SCHEDULERS)}` },
  optionOf('scheduler', 'max_lr=0.1'),
  { flag: 'scheduler-interval', value: 'step|epoch', help: 'when the scheduler moves the learning rate' },
  { flag: 'clip-norm', value: 'x', help: 'largest norm of all gradients together' },
  { flag: 'clip-norm-type', value: 'p', help: 'power of that norm, or inf (default 2)' },
  { flag: 'clip-value', value: 'x', help: 'largest size of each gradient’s elements' },
  {
    flag: 'precision',
    value: 'full|bfloat16',
    help: 'bfloat16 multiplies in it and keeps weights as they are',
  },
  { flag: 'loss', value: 'name', help: names(TRAINING_LOSSES) },
  optionOf('loss', 'label_smoothing=0.1'),
  METRICS_OPTION,
  { flag: 'monitor', value: 'name', help: 'what tells the best epoch (default: validation_loss, or loss)' },
  { flag: 'early-stopping', value: 'n', help: 'end after n epochs without a better one' },
  { flag: 'min-delta', value: 'x', help: 'with --early-stopping: the smallest change that counts' },
  { flag: 'keep-last', help: 'with --early-stopping: end with the last weights, not the best' },
  { flag: 'seed', value: 'n', help: 'for initial values, the split, the order of samples and dropout' },
  { flag: 'device', value: 'cpu|gpu|gpu:N', help: 'where to compute; lazuli devices lists them' },
  { flag: 'threads', value: 'n', help: 'threads (0: one per core); results do not depend on it' },
  { flag: 'validation-split', value: 'x', help: 'part of the samples kept for validation, 0 to 0.9' },
];

/** `0.1`, `true`, `[1, 2]`, `1,2` and `{...}` as JSON has them; anything else is a word. */
function valueOf(text: string): unknown {
  for (const json of [text, `[${text}]`])
    try {
      return JSON.parse(json) as unknown;
    } catch {
      // The next reading, or a word.
    }
  return text;
}

/** `--optimizer-option name=value` and the like. Throws `usage` for one without a name. */
function paramsFrom(options: Options, flag: string): Params {
  const pairs = options.all(`${flag}-option`).map((text) => {
    const at = text.indexOf('=');
    if (at > 0) return [text.slice(0, at).trim(), valueOf(text.slice(at + 1).trim())] as const;
    throw new LazuliError('usage', `--${flag}-option: expected name=value, got '${text}'`, {
      where: `--${flag}-option`,
      expected: 'name=value',
      got: text,
    });
  });
  return Object.fromEntries(pairs);
}

/** Another type starts with its own first values. */
function typed<T extends Typed>(options: Options, flag: 'optimizer' | 'loss', current: T): Typed | T {
  const type = options.text(flag) ?? current.type;
  const kept = type === current.type ? current : { type, params: {} };
  return { ...kept, params: { ...kept.params, ...paramsFrom(options, flag) } };
}

function schedulerFrom(options: Options, current: SchedulerSettings | null): SchedulerSettings | null {
  const name = options.text('scheduler');
  if (name === 'none') return null;
  const params = paramsFrom(options, 'scheduler');
  const interval = options.choice('scheduler-interval', ['step', 'epoch']);
  const type = name ?? current?.type;
  if (type === undefined) {
    if (interval === null && Object.keys(params).length === 0) return null;
    throw new LazuliError('usage', 'which scheduler has these options?', {
      where: interval === null ? '--scheduler-option' : '--scheduler-interval',
      expected: '--scheduler NAME beside it',
      got: 'no scheduler',
    });
  }
  const start = current !== null && type === current.type ? current : { type, params: {} };
  return {
    ...start,
    params: { ...start.params, ...params },
    ...(interval === null ? {} : { interval }),
  };
}

function normTypeFrom(options: Options): string | null {
  const text = options.text('clip-norm-type');
  if (text === null || text === 'inf' || Number(text) > 0) return text;
  const expected = 'a number above 0, or inf';
  throw new LazuliError('usage', `--clip-norm-type: expected ${expected}, got '${text}'`, {
    where: '--clip-norm-type',
    expected,
    got: text,
  });
}

function clippingFrom(options: Options, current: Params | null): Params | null {
  const given = {
    max_norm: options.number('clip-norm', 0),
    clip_value: options.number('clip-value', 0),
    norm_type: normTypeFrom(options),
  };
  const changes = Object.entries(given).filter(([, value]) => value !== null);
  return changes.length === 0 ? current : { ...current, ...Object.fromEntries(changes) };
}

function stoppingFrom(options: Options, current: Params | null): Params | null {
  const patience = options.integer('early-stopping', 0);
  const delta = options.number('min-delta', 0);
  const isLast = options.isSet('keep-last');
  const changes = {
    ...(patience === null ? {} : { patience }),
    ...(delta === null ? {} : { min_delta: delta }),
    ...(isLast ? { restore_best: false } : {}),
  };
  if (Object.keys(changes).length === 0) return current;
  if (current !== null || patience !== null) return { ...current, ...changes };
  throw new LazuliError('usage', `${isLast ? '--keep-last' : '--min-delta'} belongs to early stopping`, {
    where: isLast ? '--keep-last' : '--min-delta',
    expected: '--early-stopping N beside it',
    got: 'no early stopping',
  });
}

/** What `--metrics` says, or what there is. Throws `parameter_invalid` for a metric there is not. */
export function metricsFrom(options: Options, current: readonly string[]): readonly string[] {
  const text = options.text('metrics');
  if (text === null) return current;
  const chosen = splitMetrics(text);
  chosen.forEach(parseMetric);
  return chosen;
}

/** A metric as people read it: shares as percentages. */
export function showMetric(name: string, value: number, digits = 4): string {
  const isShare = findMetric(ownMetric(name))?.declaration.isShare === true;
  return isShare ? `${(100 * value).toFixed(2)}%` : value.toFixed(digits);
}

/** Said once, where metrics were asked for that cannot be had. */
export const leftOutNote = (names: readonly string[], loss: string): string =>
  `warning: beside the loss ${loss} and these targets there is no ${names.join(', ')}`;

/** Throws `usage` for what the flags cannot mean. */
export function withSettings(project: Project, options: Options): Project {
  const { training } = project;
  const optimizer = typed(options, 'optimizer', training.optimizer);
  const rate = options.number('lr', 0);
  const accumulate = options.integer('accumulate', 1, 4096) ?? training.accumulate;
  const precision = options.choice('precision', ['full', 'bfloat16']) ?? training.precision;
  const monitor = options.text('monitor') ?? training.monitor;
  const changed: TrainingSettings = {
    ...training,
    epochs: options.integer('epochs', 1) ?? training.epochs,
    batchSize: options.integer('batch-size', 1) ?? training.batchSize,
    optimizer: {
      ...training.optimizer,
      type: optimizer.type,
      params: rate === null ? optimizer.params : { ...optimizer.params, lr: rate },
    },
    scheduler: schedulerFrom(options, training.scheduler ?? null),
    clipping: clippingFrom(options, training.clipping ?? null),
    earlyStopping: stoppingFrom(options, training.earlyStopping ?? null),
    loss: typed(options, 'loss', training.loss),
    metrics: metricsFrom(options, training.metrics),
    ...(accumulate === undefined ? {} : { accumulate }),
    ...(precision === undefined ? {} : { precision }),
    ...(monitor === undefined ? {} : { monitor }),
    seed: options.integer('seed') ?? training.seed,
    device: options.device('device') ?? training.device,
    threads: options.integer('threads', 0, 256) ?? training.threads,
    validationSplit: options.number('validation-split', 0, 0.9) ?? training.validationSplit,
  };
  return { ...project, training: changed };
}
