// The curves of several runs on one x axis, as a chart takes them.
import type { RecordedPoint } from '#core/session/runs';

import { decimate } from '../curve-data';
import { smooth } from '../smooth';

export type XAxis = 'step' | 'epoch' | 'seconds';

export interface OverlayChoice {
  /** `loss`, `lr`, or a metric. */
  readonly value: string;
  readonly x: XAxis;
  readonly smoothing: number;
}

type Points = readonly RecordedPoint[];

/** What the runs have curves of: those of every run's steps first. */
export function valueNames(curves: Iterable<Points>): readonly string[] {
  const names = new Set(['loss']);
  for (const points of curves)
    for (const { metrics } of points) Object.keys(metrics).forEach((name) => names.add(name));
  return [...names, 'lr'];
}

const valueOf = (point: RecordedPoint, name: string): number =>
  (name === 'loss' ? point.loss : name === 'lr' ? point.lr : point.metrics[name]) ?? Number.NaN;

/** Steps where there are any that have the value, else whole epochs. */
function pointsWith(points: Points, name: string): Points {
  const some = points.filter((point) => Number.isFinite(valueOf(point, name)));
  const steps = some.filter(({ event }) => event === 'step');
  return steps.length > 0 ? steps : some;
}

/** `[x, run, run ...]`, ascending in x; null where a run has no point. */
export function overlay(
  curves: readonly Points[],
  { value, x, smoothing }: OverlayChoice,
): (number | null)[][] {
  const columns = curves.map((points) => {
    const own = pointsWith(points, value);
    const values = smooth(
      own.map((point) => valueOf(point, value)),
      smoothing,
    );
    return decimate({ step: own.map((point) => point[x]), value: values });
  });
  const axis = [...new Set(columns.flatMap(({ step }) => step))].sort((a, b) => a - b);
  const place = new Map(axis.map((position, at) => [position, at]));
  return [
    axis,
    ...columns.map(({ step, value: values }) => {
      const column: (number | null)[] = axis.map(() => null);
      step.forEach((position, at) => {
        column[place.get(position) ?? 0] = values[at] ?? null;
      });
      return column;
    }),
  ];
}
