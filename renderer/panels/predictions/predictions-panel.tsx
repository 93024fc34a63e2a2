// The Predictions panel: validation samples with what the model says of them, the most wrong first, and the matrix they make; of a
// text, what the model writes.
import { ScanSearch, X } from 'lucide-react';
import { useEffect, useMemo, type JSX } from 'react';
import type { JudgedSamples } from '#core/session/judged';

import { askJudged, forgetItems, useJudged } from '../../stores/judged';
import { valuesStamp } from '../../stores/figures';
import { useDocument } from '../../stores/document';
import { useModel } from '../../stores/model';
import { useRun } from '../../stores/run';
import { ConfusionMatrix } from './confusion-matrix';
import { countWrong, listSamples } from './listing';
import { SampleGrid } from './sample-grid';
import { Writer } from './writer';
import './predictions.css';
import { faultText, t } from '../../text';

/** Asks anew when the values, the graph or the data change. */
function useAsking(): void {
  const graph = useDocument((state) => state.project?.graph);
  const data = useDocument((state) => state.project?.data);
  const model = useModel((state) => state.model);
  const epoch = useRun((state) => state.last?.epoch);
  const state = useRun((run) => run.state);
  const stamp = valuesStamp();
  useEffect(() => forgetItems, [data]);
  useEffect(() => {
    void askJudged();
  }, [graph, data, model, epoch, state, stamp]);
}

export function PredictionsPanel(): JSX.Element {
  const isText = useDocument((state) => state.project?.data?.format === 'text');
  return isText ? <Writer /> : <JudgedPanel />;
}

function JudgedPanel(): JSX.Element {
  useAsking();
  const judged = useJudged((state) => state.judged);
  const error = useJudged((state) => state.error);
  if (judged) return <Judged judged={judged} />;
  return (
    <div className="panel-empty">
      <ScanSearch size={22} aria-hidden className="muted" />
      <p role="status">{error === null ? t('predict.asking') : faultText(error)}</p>
    </div>
  );
}

function Judged({ judged }: { readonly judged: JudgedSamples }): JSX.Element {
  const { isWrongOnly, order, cell } = useJudged();
  const isAsking = useJudged((state) => state.isAsking);
  const { verdicts, rows } = judged;
  const listed = useMemo(
    () => listSamples(judged, { isWrongOnly, order, cell }),
    [judged, isWrongOnly, order, cell],
  );
  const isClass = verdicts.kind === 'class';
  const nameOf = (index: number): string =>
    isClass ? (verdicts.classes[index] ?? String(index)) : String(index);
  return (
    <div className="predictions" aria-busy={isAsking}>
      <div className="predictions-main">
        <div className="predictions-bar">
          <span role="status">
            <Summary judged={judged} />
          </span>
          {isClass ? (
            <label className="predictions-choice">
              <input
                type="checkbox"
                checked={isWrongOnly}
                onChange={({ target }) => useJudged.setState({ isWrongOnly: target.checked })}
              />
              {t('predict.onlyWrong')}
            </label>
          ) : null}
          <select
            className="field-select"
            aria-label={t('predict.order')}
            value={order}
            onChange={({ target }) =>
              useJudged.setState({ order: target.value === 'data' ? 'data' : 'wrong' })
            }
          >
            <option value="wrong">{isClass ? t('predict.mostWrong') : t('predict.largestError')}</option>
            <option value="data">{t('predict.asInData')}</option>
          </select>
          {cell && isClass ? (
            <button
              type="button"
              className="button is-small"
              onClick={() => useJudged.setState({ cell: null })}
            >
              {t('predict.takenFor', { target: nameOf(cell.target), predicted: nameOf(cell.predicted) })}
              <X size={12} aria-label={t('predict.showAll')} />
            </button>
          ) : null}
          {listed.length < rows.length ? (
            <span className="muted">{t('predict.shown', { count: listed.length })}</span>
          ) : null}
        </div>
        <SampleGrid judged={judged} listed={listed} />
      </div>
      {isClass ? <ConfusionMatrix verdicts={verdicts} /> : null}
    </div>
  );
}

/** "9 of 359 validation samples are wrong". */
function Summary({ judged }: { readonly judged: JudgedSamples }): JSX.Element {
  const { rows, total, from, verdicts } = judged;
  const isFirst = rows.length < total;
  const count = Math.min(rows.length, total);
  const which =
    from === 'validation'
      ? t(isFirst ? 'predict.firstValidation' : 'predict.validation', { count })
      : t(isFirst ? 'predict.firstSamples' : 'predict.samples', { count });
  if (verdicts.kind !== 'class') return <>{which}</>;
  return <>{t('predict.wrong', { wrong: countWrong(judged), which })}</>;
}
