// The settings of the chosen runs beside each other; what differs stands first and is marked.
import { useState, type JSX } from 'react';

import { useRuns } from '../../stores/runs';
import { t } from '../../text';
import { runColor } from './run-colors';

export function ComparedSettings(): JSX.Element | null {
  const chosen = useRuns((state) => state.chosen);
  const settings = useRuns((state) => state.settings);
  const [isWhole, setIsWhole] = useState(false);
  if (settings.length === 0 || settings[0]?.values.length !== chosen.length) return null;
  const canDiffer = chosen.length > 1;
  const rows = isWhole || !canDiffer ? settings : settings.filter(({ differs }) => differs);
  return (
    <section className="compared" aria-label={t('comparedSettings.settings')}>
      {canDiffer ? (
        <label className="compared-all">
          <input type="checkbox" checked={isWhole} onChange={() => setIsWhole(!isWhole)} />
          {t('comparedSettings.alsoWhatIsThe')}
        </label>
      ) : null}
      {rows.length === 0 ? (
        <p className="muted">{t('comparedSettings.theseRunsHaveThe')}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('comparedSettings.setting')}</th>
              {chosen.map((id, at) => (
                <th key={id} scope="col">
                  <span className="run-swatch" style={{ background: `var(${runColor(at)})` }} aria-hidden />
                  {t('overlay.run', { run: id })}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, values, differs }) => (
              <tr key={name} className={differs ? 'is-different' : ''}>
                <th scope="row">{name}</th>
                {values.map((value, at) => (
                  <td key={chosen[at]}>{differs ? <mark>{value ?? '–'}</mark> : (value ?? '–')}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
