// What a weights file would do to the model, key by key, before it is loaded.
import { useState, type JSX } from 'react';
import type { WeightVerdict } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

import { loadWeights } from '../actions/model';
import { useUi, type WeightsChoice } from '../stores/ui';
import { Modal } from './modal';

type Verdict = WeightVerdict['verdict'];

const WORDS: Readonly<
  Record<Verdict, { readonly word: string; readonly tone: string; readonly help: string }>
> = {
  fits: { word: 'fits', tone: 'good', help: 'Shape and key agree.' },
  will_materialize: {
    word: 'will materialize',
    tone: 'gold',
    help: 'Uninitialized here: takes its shape from the file.',
  },
  conflicts: { word: 'conflicts', tone: 'bad', help: 'The shapes differ: nothing can be loaded.' },
  missing: { word: 'missing', tone: 'bad', help: 'The model has it, the file does not.' },
  unexpected: { word: 'unexpected', tone: 'bad', help: 'The file has it, the model does not.' },
};
const ORDER: readonly Verdict[] = ['conflicts', 'missing', 'unexpected', 'will_materialize', 'fits'];
const ROWS = 500;

export function WeightsDialog({
  choice,
  onClose,
}: {
  readonly choice: WeightsChoice;
  readonly onClose: () => void;
}): JSX.Element {
  const [only, setOnly] = useState<Verdict | null>(null);
  const isBusy = useUi((state) => state.busy === 'weights');
  const { verdicts, name, token } = choice;
  const blocked = verdicts.filter(({ verdict }) => WORDS[verdict].tone === 'bad').length;
  const shown = verdicts.filter(({ verdict }) => only === null || verdict === only).slice(0, ROWS);
  return (
    <Modal title={`Load ${name}`} className="weights" onClose={onClose}>
      <div className="weights-filter" role="group" aria-label="Show">
        <button type="button" className="pill" aria-pressed={only === null} onClick={() => setOnly(null)}>
          All <span className="count">{verdicts.length}</span>
        </button>
        {ORDER.map((verdict) => {
          const count = verdicts.filter((item) => item.verdict === verdict).length;
          return count === 0 ? null : (
            <button
              key={verdict}
              type="button"
              className={`pill is-${WORDS[verdict].tone}`}
              title={WORDS[verdict].help}
              aria-pressed={only === verdict}
              onClick={() => setOnly(verdict)}
            >
              {WORDS[verdict].word} <span className="count">{count}</span>
            </button>
          );
        })}
      </div>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Verdict per key">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Model</th>
              <th scope="col">File</th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ key, verdict, expected, got }) => (
              <tr key={key}>
                <td className="mono">{key}</td>
                <td className="shape">{expected ? formatShape(expected) : '–'}</td>
                <td className="shape">{got ? formatShape(got) : '–'}</td>
                <td>
                  <span className={`verdict is-${WORDS[verdict].tone}`}>{WORDS[verdict].word}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <footer className="modal-footer">
        <p className={blocked > 0 ? 'is-bad' : 'muted'}>
          {blocked > 0
            ? `${blocked} of ${verdicts.length} keys do not fit: loading changes nothing until all do.`
            : 'Every key fits. Loading can be undone.'}
        </p>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button is-primary"
          disabled={blocked > 0 || isBusy}
          onClick={() => void loadWeights(token, name)}
        >
          Load weights
        </button>
      </footer>
    </Modal>
  );
}
