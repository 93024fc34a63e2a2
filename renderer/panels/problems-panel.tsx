// Everything wrong with the graph as it stands: what, where, and what to do, best first. A click goes to the place.
import { ChevronRight, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useMemo, type JSX } from 'react';
import type { Problem } from '#core/session/session';

import { focusEdge, focusNode } from '../canvas/focus-node';
import { useLive } from '../stores/live';
import { saidText, t } from '../text';
import { RepairButtons } from './repair-buttons';

/** Repairs are tried for the first problems; those after them often go with these. */
const MOST_MENDED = 6;
/** Rows shown; most problems after them follow from these. */
const MOST_SHOWN = 200;

const rank = ({ severity }: Problem): number => (severity === 'error' ? 0 : 1);

export function ProblemsPanel(): JSX.Element {
  const found = useLive((state) => state.problems);
  // What keeps the graph from running first; each group as it was found.
  const problems = useMemo(() => found.toSorted((a, b) => rank(a) - rank(b)), [found]);
  if (problems.length === 0)
    return (
      <div className="panel-empty">
        <CircleCheck size={22} aria-hidden className="is-good" />
        <p>{t('problems.noProblemsEveryShape')}</p>
      </div>
    );
  return (
    <ul className="problems" aria-label={t('problems.problemsOfTheGraph')}>
      {problems.slice(0, MOST_SHOWN).map((problem, at) => (
        <li key={`${problem.code} ${problem.where} ${at}`}>
          <ProblemRow problem={problem} />
          {at < MOST_MENDED ? <RepairButtons problem={problem} /> : null}
        </li>
      ))}
      {problems.length > MOST_SHOWN ? (
        <li className="muted small">{t('problem.more', { count: problems.length - MOST_SHOWN })}</li>
      ) : null}
    </ul>
  );
}

function ProblemRow({ problem }: { readonly problem: Problem }): JSX.Element {
  const { severity, where, message, expected, got, fixes, node, edge } = problem;
  const Icon = severity === 'error' ? CircleAlert : TriangleAlert;
  return (
    <button
      type="button"
      className={`problem is-${severity}`}
      aria-label={t('problem.at', {
        severity: severity === 'error' ? t('problem.error') : t('problem.warning'),
        where: saidText(where),
        message: saidText(message),
      })}
      onClick={() => {
        if (node !== null) focusNode(node);
        else if (edge !== null) focusEdge(edge, node);
      }}
    >
      <Icon size={15} aria-hidden />
      <span className="problem-text">
        <span className="problem-message">{saidText(message)}</span>
        {expected !== undefined && got !== undefined ? (
          <span className="problem-numbers">
            {t('toast.expected')} <b>{saidText(expected)}</b>, {t('toast.got')} <b>{saidText(got)}</b>
          </span>
        ) : null}
        {fixes.length > 0 ? (
          <span className="problem-fixes">
            {fixes.map((fix) => (
              <span key={fix}>{saidText(fix)}</span>
            ))}
          </span>
        ) : null}
      </span>
      <span className="problem-where">{saidText(where)}</span>
      {node === null && edge === null ? null : <ChevronRight size={14} aria-hidden className="muted" />}
    </button>
  );
}
