// The metrics of the last epoch beside each other, training and validation, and how often each class was taken for which.
import type { JSX } from 'react';
import { findMetric } from '#core/metrics/index';
import { ownMetric } from '#core/training/terms';
import type { RunEvent } from '#core/session/session';

import { useDocument } from '../stores/document';
import { showCell } from '../stores/judged';
import { useRun } from '../stores/run';
import { showCount, showLoss, showShare } from './format';
import { t } from '../text';

type Numbers = readonly number[] | readonly (readonly number[])[];

/** What curves and figures show already. */
const SHOWN: readonly string[] = ['accuracy', 'loss'];
/** A larger matrix is for no one to read here. */
const MOST_CLASSES = 20;

export function RunMetrics(): JSX.Element | null {
  const epoch = useRun(({ lastEpoch }) => lastEpoch);
  if (!epoch) return null;
  const names = namesOf(epoch).filter((name) => !SHOWN.includes(name));
  if (names.length === 0 && !epoch.arrays) return null;
  const hasValidation = 'validation_loss' in epoch.metrics;
  return (
    <div className="run-metrics">
      {names.length > 0 ? (
        <table className="metric-table">
          <thead>
            <tr>
              <th scope="col">{t('run.epochNumber', { epoch: epoch.epoch })}</th>
              <th scope="col">{t('run.training')}</th>
              {hasValidation ? <th scope="col">{t('run.validation')}</th> : null}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{name.replaceAll('_', ' ')}</th>
                <td>{show(name, epoch.metrics[name])}</td>
                {hasValidation ? <td>{show(name, epoch.metrics[`validation_${name}`])}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      <Arrays arrays={epoch.arrays ?? {}} />
    </div>
  );
}

const namesOf = ({ metrics }: RunEvent): string[] =>
  Object.keys(metrics).filter((name) => !name.startsWith('validation_'));

const show = (name: string, value: number | undefined): string =>
  findMetric(ownMetric(name))?.declaration.isShare === true ? showShare(value) : showLoss(value);

/** Of the validation samples where there are any. */
function Arrays({ arrays }: { readonly arrays: Readonly<Record<string, Numbers>> }): JSX.Element {
  const classes = useDocument((state) => state.project?.data?.classes);
  const names = Object.keys(arrays).filter((name) => !(`validation_${name}` in arrays));
  return (
    <>
      {names.map((name) => {
        const values = arrays[name] ?? [];
        if (values.length > MOST_CLASSES) return null;
        return (
          <table key={name} className="metric-table">
            <caption>{name.replaceAll('_', ' ')}</caption>
            <tbody>
              {values.map((row, at) => (
                <tr key={classes?.[at] ?? at}>
                  <th scope="row">{classes?.[at] ?? at}</th>
                  {typeof row === 'number' ? (
                    <td>{show(name.replace(/^validation_/, ''), row)}</td>
                  ) : (
                    row.map((count, column) => (
                      <td key={column} className={column === at ? 'is-diagonal' : ''}>
                        {count > 0 && name === 'validation_confusion_matrix' ? (
                          <button
                            type="button"
                            className="matrix-link"
                            aria-label={t('run.showCell', {
                              count,
                              target: classes?.[at] ?? at,
                              predicted: classes?.[column] ?? column,
                            })}
                            onClick={() => showCell({ target: at, predicted: column })}
                          >
                            {showCount(count)}
                          </button>
                        ) : (
                          showCount(count)
                        )}
                      </td>
                    ))
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
    </>
  );
}
