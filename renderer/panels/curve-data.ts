// The run's columns on one x axis, as a chart takes them: null where a curve has no point.
import type { Curves } from '../stores/run';

export type ChartKind = 'loss' | 'accuracy';

type Column = (number | null)[];

/** `[steps, train, validation]`; steps of both curves, ascending. */
export function joinCurves(curves: Curves, kind: ChartKind): [number[], Column, Column] {
  const [train, validation] =
    kind === 'loss' ? [curves.loss, curves.validationLoss] : [curves.accuracy, curves.validationAccuracy];
  const steps: number[] = [];
  const columns: [Column, Column] = [[], []];
  const add = (step: number, which: 0 | 1, value: number | undefined): void => {
    const shown = value === undefined || Number.isNaN(value) ? null : value;
    if (steps.at(-1) !== step) {
      steps.push(step);
      columns[0].push(null);
      columns[1].push(null);
    }
    columns[which][steps.length - 1] = shown;
  };
  let at = 0;
  curves.step.forEach((step, index) => {
    for (
      let next = curves.validationStep[at];
      next !== undefined && next < step;
      next = curves.validationStep[at]
    )
      add(next, 1, validation[at++]);
    add(step, 0, train[index]);
    if (curves.validationStep[at] === step) add(step, 1, validation[at++]);
  });
  for (; at < curves.validationStep.length; at++) add(curves.validationStep[at] ?? 0, 1, validation[at]);
  return [steps, ...columns];
}
