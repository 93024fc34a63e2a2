// The Predictions panel: validation samples with what the model says of them, the most wrong first, and the matrix they make.
import { ScanSearch, X } from 'lucide-react';
import { useEffect, useMemo, type JSX } from 'react';
import type { JudgedSamples } from '#core/session/judged';

import { askJudged, forgetItems, useJudged } from '../../stores/judged';
import { valuesStamp } from '../../stores/figures';
import { useDocument } from '../../stores/document';
import { useModel } from '../../stores/model';
import { useRun } from '../../stores/run';
import { showCount } from '../format';
import { ConfusionMatrix } from './confusion-matrix';
import { countWrong, listSamples } from './listing';
import { SampleGrid } from './sample-grid';
import './predictions.css';

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
  useAsking();
  const judged = useJudged((state) => state.judged);
  const error = useJudged((state) => state.error);
  if (judged) return <Judged judged={judged} />;
  return (
    <div className="panel-empty">
      <ScanSearch size={22} aria-hidden className="muted" />
      <p role="status">
        {error === null
          ? 'Asking the model about its samples…'
          : `${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`}
      </p>
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
              Only wrong ones
            </label>
          ) : null}
          <select
            className="field-input"
            aria-label="Order of the samples"
            value={order}
            onChange={({ target }) =>
              useJudged.setState({ order: target.value === 'data' ? 'data' : 'wrong' })
            }
          >
            <option value="wrong">{isClass ? 'Most wrong first' : 'Largest error first'}</option>
            <option value="data">As in the data</option>
          </select>
          {cell && isClass ? (
            <button
              type="button"
              className="button is-small"
              onClick={() => useJudged.setState({ cell: null })}
            >
              {nameOf(cell.target)} taken for {nameOf(cell.predicted)}
              <X size={12} aria-label="Show all samples again" />
            </button>
          ) : null}
          {listed.length < rows.length ? (
            <span className="muted">{showCount(listed.length)} shown</span>
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
  const kind = from === 'validation' ? 'validation samples' : 'samples';
  const which =
    rows.length < total ? `the first ${showCount(rows.length)} ${kind}` : `${showCount(total)} ${kind}`;
  if (verdicts.kind !== 'class') return <>{which}</>;
  return (
    <>
      <strong>{showCount(countWrong(judged))}</strong> of {which} wrong
    </>
  );
}
