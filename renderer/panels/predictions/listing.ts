// Which of the judged samples are listed, and in what order; and how often each class was taken for which.
import { isWrong, wrongness, type ClassVerdicts, type JudgedSamples } from '#core/session/judged';

import type { Cell } from '../../stores/judged';

export interface Choice {
  readonly isWrongOnly: boolean;
  readonly order: 'wrong' | 'data';
  readonly cell: Cell | null;
}

/** Places in `rows`, the most wrong first or as the data has them. */
export function listSamples(
  { rows, verdicts }: JudgedSamples,
  { isWrongOnly, order, cell }: Choice,
): number[] {
  const isInCell = (at: number): boolean =>
    cell === null ||
    verdicts.kind !== 'class' ||
    (verdicts.target[at] === cell.target && verdicts.top[at * verdicts.shown] === cell.predicted);
  const listed = Array.from(rows.keys()).filter(
    (at) => isInCell(at) && (!isWrongOnly || isWrong(verdicts, at)),
  );
  return order === 'data'
    ? listed.sort((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0))
    : listed.sort((a, b) => wrongness(verdicts, b) - wrongness(verdicts, a));
}

export const countWrong = ({ rows, verdicts }: JudgedSamples): number =>
  Array.from(rows.keys()).filter((at) => isWrong(verdicts, at)).length;

/** `[true class][predicted class]`. */
export function confusion({ classes, target, top, shown }: ClassVerdicts): number[][] {
  const counts = classes.map(() => classes.map(() => 0));
  target.forEach((wanted, at) => {
    const row = counts[wanted];
    const said = top[at * shown] ?? -1;
    if (row && said in row) row[said] = (row[said] ?? 0) + 1;
  });
  return counts;
}
