// Recorded runs as CSV: one row per run, or one row per point of their curves. RFC 4180 with a line feed.
import type { RecordedPoint, RecordedRun } from '#core/session/runs';

type Cell = string | number | null | undefined;

/** A text that a spreadsheet would take for a formula keeps its words and loses that meaning. */
function cellOf(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const linesOf = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(cellOf).join(',')}\n`).join('');

const namesOf = (items: readonly { readonly metrics: object }[]): string[] => [
  ...new Set(items.flatMap(({ metrics }) => Object.keys(metrics))),
];

/** A row per run with what it was made of and what it came to. */
export function runsCsv(runs: readonly RecordedRun[]): string {
  const metrics = namesOf(runs);
  const columns: readonly (readonly [string, (run: RecordedRun) => Cell])[] = [
    ...(['id', 'started', 'ended', 'state', 'optimizer', 'lr', 'batch_size', 'seed', 'device'] as const).map(
      (name) => [name, (run: RecordedRun) => run[name]] as const,
    ),
    ...(['epochs', 'total_epochs', 'steps', 'total_steps', 'seconds', 'loss'] as const).map(
      (name) => [name, (run: RecordedRun) => run[name]] as const,
    ),
    ...metrics.map((name) => [name, (run: RecordedRun) => run.metrics[name]] as const),
    ['best_epoch', ({ best }) => best?.epoch],
    ['best_monitor', ({ best }) => best?.monitor],
    ['best_value', ({ best }) => best?.value],
    ['error', ({ error }) => error],
  ];
  return linesOf([columns.map(([name]) => name), ...runs.map((run) => columns.map(([, read]) => read(run)))]);
}

/** A row per step and epoch that was kept. */
export function pointsCsv(
  curves: readonly { readonly run: number; readonly points: readonly RecordedPoint[] }[],
): string {
  const metrics = namesOf(curves.flatMap(({ points }) => points));
  const head = ['run', 'event', 'epoch', 'step', 'loss', 'lr', 'seconds', ...metrics];
  const rows = curves.flatMap(({ run, points }) =>
    points.map(({ event, epoch, step, loss, lr, seconds, metrics: values }): readonly Cell[] => [
      run,
      event,
      epoch,
      step,
      loss,
      lr,
      seconds,
      ...metrics.map((name) => values[name]),
    ]),
  );
  return linesOf([head, ...rows]);
}
