// What a weights file would do to the model, key by key, before it is loaded.
import { useEffect, useState, type JSX } from 'react';
import { parseRename, type RenameRule } from '#core/nn/rename';
import type { WeightVerdict } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

import { loadWeights } from '../actions/model';
import { call } from '../client';
import { useUi, type WeightsChoice } from '../stores/ui';
import { saidText, t } from '../text';
import { Modal } from './modal';

type Verdict = WeightVerdict['verdict'];

/** Words and help are `verdict.<verdict>` of the texts. */
const TONES: Readonly<Record<Verdict, string>> = {
  fits: 'good',
  will_materialize: 'gold',
  conflicts: 'bad',
  missing: 'bad',
  unexpected: 'bad',
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
  const [isPartial, setPartial] = useState(false);
  const { name, token } = choice;
  const { verdicts, rules, problem, fields } = useRenamed(choice);
  const isBad = ({ verdict }: WeightVerdict): boolean =>
    isPartial ? verdict === 'conflicts' : TONES[verdict] === 'bad';
  const blocked = verdicts.filter(isBad).length;
  const shown = verdicts.filter(({ verdict }) => only === null || verdict === only).slice(0, ROWS);
  return (
    <Modal title={t('weights.title', { name })} className="weights" onClose={onClose}>
      {fields}
      <div className="weights-filter" role="group" aria-label={t('weights.show')}>
        <button type="button" className="pill" aria-pressed={only === null} onClick={() => setOnly(null)}>
          {t('weights.all')} <span className="count">{verdicts.length}</span>
        </button>
        {ORDER.map((verdict) => {
          const count = verdicts.filter((item) => item.verdict === verdict).length;
          return count === 0 ? null : (
            <button
              key={verdict}
              type="button"
              className={`pill is-${TONES[verdict]}`}
              title={t(`verdict.${verdict}.help`)}
              aria-pressed={only === verdict}
              onClick={() => setOnly(verdict)}
            >
              {t(`verdict.${verdict}`)} <span className="count">{count}</span>
            </button>
          );
        })}
      </div>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t('weights.verdictPerKey')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('common.key')}</th>
              <th scope="col">{t('weights.model')}</th>
              <th scope="col">{t('weights.file')}</th>
              <th scope="col">{t('weights.verdict')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ key, verdict, expected, got, from }) => (
              <tr key={key}>
                <td
                  className="mono"
                  title={from === undefined ? undefined : t('weights.inFile', { key: from })}
                >
                  {key}
                </td>
                <td className="shape">{expected ? formatShape(expected) : '–'}</td>
                <td className="shape">{got ? formatShape(got) : '–'}</td>
                <td>
                  <span className={`verdict is-${TONES[verdict]}`}>{t(`verdict.${verdict}`)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <footer className="modal-footer">
        <p className={blocked > 0 || problem !== null ? 'is-bad' : 'muted'} role="status">
          {problem ??
            (blocked > 0
              ? t('weights.blocked', { blocked, count: verdicts.length })
              : isPartial
                ? t('weights.partial')
                : t('weights.allFit'))}
        </p>
        <label className="weights-partial" title={t('weights.keysThatAreMissing')}>
          <input type="checkbox" checked={isPartial} onChange={({ target }) => setPartial(target.checked)} />
          {t('weights.loadWhatFits')}
        </label>
        <button type="button" className="button" onClick={onClose}>
          {t('common.cancel')}
        </button>
        <button
          type="button"
          className="button is-primary"
          disabled={blocked > 0 || problem !== null || isBusy}
          onClick={() => void loadWeights(token, name, { rules, partial: isPartial })}
        >
          {t('weights.loadWeights')}
        </button>
      </footer>
    </Modal>
  );
}

/** How long typing must rest before the file is compared again. */
const REST_MS = 200;

interface Compared {
  readonly verdicts: readonly WeightVerdict[];
  /** The rules these verdicts came from. */
  readonly rules: readonly RenameRule[];
  /** Why what is typed cannot be used. */
  readonly problem: string | null;
}

/** The two fields of renaming rules, and the verdicts they lead to. */
function useRenamed(choice: WeightsChoice): Compared & { readonly fields: JSX.Element } {
  const [prefix, setPrefix] = useState('');
  const [rename, setRename] = useState('');
  const [compared, setCompared] = useState<Compared>({
    verdicts: choice.verdicts,
    rules: [],
    problem: null,
  });
  const { token } = choice;
  useEffect(() => {
    let isCurrent = true;
    const compare = async (): Promise<void> => {
      try {
        const rules: RenameRule[] = [
          ...(prefix === '' ? [] : [{ kind: 'strip' as const, prefix }]),
          ...(rename.trim() === '' ? [] : [parseRename(rename)]),
        ];
        const verdicts = await call('weights.compare', token, rules);
        if (isCurrent) setCompared({ verdicts, rules, problem: null });
      } catch (error) {
        const problem = saidText(error instanceof Error ? error.message : String(error));
        if (isCurrent) setCompared((last) => ({ ...last, problem }));
      }
    };
    const timer = setTimeout(() => void compare(), REST_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [token, prefix, rename]);
  const fields = (
    <div className="weights-rules">
      <label>
        {t('weights.stripPrefix')}
        <input
          className="field-input"
          value={prefix}
          placeholder="module."
          spellCheck={false}
          onChange={({ target }) => setPrefix(target.value)}
        />
      </label>
      <label>
        {t('weights.renameKeys')}
        <input
          className="field-input"
          value={rename}
          placeholder={'^backbone\\. => encoder.'}
          spellCheck={false}
          title={t('weights.aRegularExpressionAnd')}
          onChange={({ target }) => setRename(target.value)}
        />
      </label>
    </div>
  );
  return { ...compared, fields };
}
