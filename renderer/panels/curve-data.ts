// The run's columns on one x axis, as a chart takes them: null where a curve has no point, no more points than pixels can show.
import type { Curves } from '../stores/run';
import { smooth } from './smooth';

export type ChartKind = 'loss' | 'accuracy';

type Column = (number | null)[];
interface Points {
  readonly step: readonly number[];
  readonly value: readonly number[];
}

/** Points drawn per curve; a plot is about that many pixels wide. */
const POINT_LIMIT = 400;

/** `[steps, train, validation]`; steps of both curves, ascending. Only the curve of the steps is made smooth. */
export function joinCurves(curves: Curves, kind: ChartKind, smoothing = 0): [number[], Column, Column] {
  const isLoss = kind === 'loss';
  const measured = isLoss ? curves.loss : curves.accuracy;
  const train = decimate({ step: curves.step, value: smooth(measured, smoothing) });
  const validation = decimate({
    step: curves.validationStep,
    value: isLoss ? curves.validationLoss : curves.validationAccuracy,
  });
  const steps = [...new Set([...train.step, ...validation.step])].sort((a, b) => a - b);
  return [steps, spread(steps, train), spread(steps, validation)];
}

/** The values of a curve on a common axis. */
function spread(steps: readonly number[], { step, value }: Points): Column {
  const at = new Map(step.map((position, index) => [position, value[index] ?? null]));
  return steps.map((position) => at.get(position) ?? null);
}

/** Drops what is not a number; past the limit keeps the lowest and the highest point of each stretch, so that peaks stay. */
export function decimate(points: Points, limit = POINT_LIMIT): Points {
  const kept = points.value.flatMap((value, index) => (Number.isNaN(value) ? [] : [index]));
  const size = Math.ceil((2 * kept.length) / limit);
  const chosen =
    kept.length <= limit ? kept : chunks(kept, size).flatMap((part) => extremes(part, points.value));
  return {
    step: chosen.map((index) => points.step[index] ?? 0),
    value: chosen.map((index) => points.value[index] ?? 0),
  };
}

const chunks = <T>(items: readonly T[], size: number): readonly T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

function extremes(indices: readonly number[], values: readonly number[]): number[] {
  const value = (index: number): number => values[index] ?? 0;
  const lowest = indices.reduce((best, index) => (value(index) < value(best) ? index : best));
  const highest = indices.reduce((best, index) => (value(index) > value(best) ? index : best));
  return [...new Set([Math.min(lowest, highest), Math.max(lowest, highest)])];
}
