// The history of training runs as data: what is recorded of each, and how their settings differ. Kept by engine/history; the command line
// and the window show it.
import type { Project } from '../document/project';
import { findLoss } from '../losses/index';
import { findOptimizer } from '../optimizers/index';
import { findScheduler } from '../schedulers/index';
import type { ParamTable } from '../layers/params';

/** `interrupted`: its process ended without a word, so that nothing more will come. */
export type RecordedState = 'running' | 'finished' | 'stopped' | 'failed' | 'interrupted';

/** One run of the history, without its curve. Field names are those of `lazuli runs --json`. */
export interface RecordedRun {
  /** Counted from 1 in the order of their starts; never used twice. */
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ended: string | null;
  readonly state: RecordedState;
  readonly seed: number;
  readonly device: string;
  readonly optimizer: string;
  readonly lr: number | null;
  readonly batch_size: number;
  /** Whole epochs and steps done, and those asked for. */
  readonly epochs: number;
  readonly total_epochs: number;
  readonly steps: number;
  readonly total_steps: number;
  /** Computing, pauses aside. */
  readonly seconds: number;
  /** Of the last epoch that ended. */
  readonly loss: number | null;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly best: { readonly epoch: number; readonly monitor: string; readonly value: number } | null;
  /** Absolute paths of files that are there: the weights of the best epoch, and what an unfinished run goes on from. */
  readonly weights: string | null;
  readonly checkpoint: string | null;
  /** Bytes of those files, as far as they are the history's to delete. */
  readonly bytes: number;
  /** The user wants to keep it: its files are never deleted for room. */
  readonly starred: boolean;
  /** The run from whose checkpoint this one went on. */
  readonly continues: number | null;
  readonly error: string | null;
}

/** How many runs keep the files they left, and how many bytes in all; null is no limit. */
export interface KeepRule {
  readonly runs: number | null;
  readonly bytes: number | null;
}

/**
 * The runs whose files go under a rule, the newest being kept first. Those that are starred or go on are neither counted nor
 * taken, and the newest of the others keeps its files however large they are.
 */
export function runsToFree(
  runs: readonly Pick<RecordedRun, 'id' | 'state' | 'starred' | 'bytes'>[],
  rule: KeepRule,
): readonly number[] {
  const counted = runs
    .filter(({ starred, state, bytes }) => !starred && state !== 'running' && bytes > 0)
    .toSorted((a, b) => b.id - a.id);
  let held = 0;
  const kept = counted.findIndex(({ bytes }, at) => {
    held += bytes;
    return at > 0 && (at >= (rule.runs ?? Infinity) || held > (rule.bytes ?? Infinity));
  });
  return kept < 0 ? [] : counted.slice(kept).map(({ id }) => id);
}

/** A point of a recorded curve: a step, or the end of an epoch with its metrics. */
export interface RecordedPoint {
  readonly event: 'step' | 'epoch';
  readonly step: number;
  readonly epoch: number;
  readonly loss: number | null;
  readonly lr: number | null;
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** One setting of several runs beside each other; null where a run has no such setting. */
export interface ComparedSetting {
  readonly name: string;
  readonly values: readonly (string | null)[];
  readonly differs: boolean;
}

type Params = Readonly<Record<string, unknown>>;

/** Options as they count: those that are not set have their initial value. */
const filled = (table: ParamTable | undefined, params: Params): Params => ({
  ...Object.fromEntries(Object.entries(table ?? {}).map(([name, { initial }]) => [name, initial])),
  ...params,
});

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** `{a: {b: 1}}` as `a.b = 1`; lists and empty objects are values. */
function flatten(value: unknown, name: string, into: Map<string, string>): void {
  if (value === null || value === undefined) return;
  if (typeof value !== 'object' || Array.isArray(value) || Object.keys(value).length === 0)
    into.set(name, textOf(value));
  else
    for (const [key, item] of Object.entries(value))
      flatten(item, name === '' ? key : `${name}.${key}`, into);
}

/** What a run was made of, by name: `optimizer.lr`, `data.file`, and each layer under its own name. */
export function settingsOf({ training, data, dtype, graph }: Project): ReadonlyMap<string, string> {
  const { optimizer, loss, scheduler, ...rest } = training;
  const settings = new Map<string, string>();
  const { groups } = optimizer;
  const typed = {
    optimizer: {
      type: optimizer.type,
      ...filled(findOptimizer(optimizer.type)?.params, optimizer.params),
      groups,
    },
    loss: { type: loss.type, ...filled(findLoss(loss.type)?.params, loss.params) },
    scheduler: scheduler
      ? {
          ...scheduler,
          params: undefined,
          ...filled(findScheduler(scheduler.type)?.params, scheduler.params),
        }
      : null,
  };
  flatten({ ...typed, ...rest, dtype, data }, '', settings);
  for (const { name, layer, params, tensors, block } of graph.nodes) {
    const options = Object.entries({ ...params, ...tensors, ...block }).filter(([, value]) => value !== null);
    settings.set(
      `layer ${name}`,
      [layer, ...options.map(([key, value]) => `${key}=${textOf(value)}`)].join(' '),
    );
  }
  settings.set(
    'edges',
    textOf(graph.edges.map(({ from, to }) => `${from.node}.${from.port}→${to.node}.${to.port}`)),
  );
  return settings;
}

/** The settings of several runs beside each other: those that differ first, each group in the order of the project. */
export function compareSettings(projects: readonly Project[]): readonly ComparedSetting[] {
  const all = projects.map(settingsOf);
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const rows = names.map((name): ComparedSetting => {
    const values = all.map((settings) => settings.get(name) ?? null);
    return { name, values, differs: new Set(values).size > 1 };
  });
  return [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
}

/** The highest and lowest that a number of the history is asked for in one call. */
export const RUN_LIMITS = { compared: 16, deleted: 10_000 } as const;
