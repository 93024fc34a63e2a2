// How often each class was taken for which; a cell lists its samples.
import { useMemo, type CSSProperties, type JSX } from 'react';
import type { ClassVerdicts } from '#core/session/judged';

import { useJudged, type Cell } from '../../stores/judged';
import { showCount } from '../format';
import { confusion } from './listing';
import { t } from '../../text';

/** A larger matrix is for no one to read here. */
const MOST_CLASSES = 20;

export function ConfusionMatrix({ verdicts }: { readonly verdicts: ClassVerdicts }): JSX.Element | null {
  const cell = useJudged((state) => state.cell);
  const counts = useMemo(() => confusion(verdicts), [verdicts]);
  const { classes } = verdicts;
  if (classes.length < 2 || classes.length > MOST_CLASSES) return null;
  const most = Math.max(1, ...counts.flatMap((row, at) => row.filter((_, column) => column !== at)));
  return (
    <div className="confusion" role="region" aria-label={t('predict.matrix')} tabIndex={0}>
      <table>
        <caption>{t('predict.matrixAxes')}</caption>
        <thead>
          <tr>
            <td />
            {classes.map((name) => (
              <th key={name} scope="col" title={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, target) => (
            <tr key={classes[target]}>
              <th scope="row" title={classes[target]}>
                {classes[target]}
              </th>
              {row.map((count, predicted) => (
                <td key={predicted}>
                  <MatrixCell
                    count={count}
                    share={count / most}
                    isDiagonal={predicted === target}
                    isShown={cell?.target === target && cell.predicted === predicted}
                    label={t('confusion.cell', {
                      target: classes[target] ?? '',
                      predicted: classes[predicted] ?? '',
                      count,
                    })}
                    cell={{ target, predicted }}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function MatrixCell({
  count,
  share,
  isDiagonal,
  isShown,
  label,
  cell,
}: {
  readonly count: number;
  readonly share: number;
  readonly isDiagonal: boolean;
  readonly isShown: boolean;
  readonly label: string;
  readonly cell: Cell;
}): JSX.Element {
  if (count === 0) return <span className="confusion-none">·</span>;
  return (
    <button
      type="button"
      className={`confusion-cell ${isDiagonal ? 'is-diagonal' : ''}`}
      style={isDiagonal ? undefined : ({ '--share': `${Math.round(20 + 80 * share)}%` } as CSSProperties)}
      aria-pressed={isShown}
      aria-label={label}
      title={label}
      onClick={() => useJudged.setState({ cell: isShown ? null : cell })}
    >
      {showCount(count)}
    </button>
  );
}
