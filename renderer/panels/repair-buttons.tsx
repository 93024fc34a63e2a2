// The repairs of one problem as buttons, each tried on the sample before it is offered. A press mends it, as one step of the history.
import { Wrench } from 'lucide-react';
import { useMemo, type JSX } from 'react';
import type { Graph } from '#core/document/project';
import type { InferOptions } from '#core/graph/infer';
import { repairsFor, type Repair } from '#core/graph/repairs';
import type { Problem } from '#core/session/session';

import { feedSample } from '../actions/model';
import { clearAfter, showAfterEdit } from '../stores/after';
import { editWhole, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { showError } from '../stores/toasts';
import { saidText, t } from '../text';

/** Trying a repair infers the whole graph: beyond this many nodes it would be felt. */
const MOST_NODES = 3_000;

export function useRepairs(problem: Problem | null): readonly Repair[] {
  const graph = useDocument((state) => state.project?.graph);
  const options = useLive((state) => state.options);
  return useMemo(
    () => (problem && graph && graph.nodes.length <= MOST_NODES ? tried(graph, problem, options) : NONE),
    [problem, graph, options],
  );
}

const NONE: readonly Repair[] = [];

/** What was found last of a problem: the edge, the list and the inspector show the same one. */
const found = new WeakMap<
  Problem,
  { readonly graph: Graph; readonly options: InferOptions; readonly repairs: readonly Repair[] }
>();

function tried(graph: Graph, problem: Problem, options: InferOptions): readonly Repair[] {
  const known = found.get(problem);
  if (known?.graph === graph && known.options === options) return known.repairs;
  const repairs = repairsFor(graph, problem, options);
  found.set(problem, { graph, options, repairs });
  return repairs;
}

export function applyRepair({ edit, label }: Repair): void {
  if (edit === null) {
    void feedSample();
    return;
  }
  try {
    editWhole(edit, saidText(label));
  } catch (error) {
    showError(t('told.repairFailed', { label: saidText(label) }), error);
  }
}

/** What feeding again changes is shown before it is done. */
function preview({ edit }: Repair): void {
  if (edit) showAfterEdit(edit, 'whole');
}

export function RepairButtons({ problem }: { readonly problem: Problem }): JSX.Element | null {
  const repairs = useRepairs(problem);
  if (repairs.length === 0) return null;
  return (
    <div className="repairs" role="group" aria-label={t('repair.of', { where: saidText(problem.where) })}>
      {repairs.map((repair) => (
        <button
          key={repair.label}
          type="button"
          className="repair"
          onMouseEnter={() => preview(repair)}
          onMouseLeave={clearAfter}
          onFocus={() => preview(repair)}
          onBlur={clearAfter}
          onClick={() => {
            applyRepair(repair);
          }}
        >
          <Wrench size={12} aria-hidden />
          {saidText(repair.label)}
        </button>
      ))}
    </div>
  );
}
