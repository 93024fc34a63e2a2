// An edge with the shape that flows along it; red with the numbers that do not fit. It re-renders when its ends move, its
// shape or its problem changes.
import {
  BaseEdge,
  getSmoothStepPath,
  Position,
  useStore,
  useStoreApi,
  type EdgeProps,
  type ReactFlowState,
} from '@xyflow/react';
import { Wrench } from 'lucide-react';
import { memo, useMemo, useState, type JSX, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import type { Problem } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

import { nodeOf, shownGraph, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { portsOf } from '../stores/ports';
import { select, useUi } from '../stores/ui';
import { whyOutput } from '../stores/why';
import { applyRepair, useRepairs } from '../panels/repair-buttons';
import { middleOfGap } from './geometry';
import type { FlowEdge, FlowNode } from './to-flow';
import { saidText, t } from '../text';

export const ShapeEdge = memo(function ShapeEdge({
  id,
  source,
  target,
  sourceHandleId,
  selected,
  ...ends
}: EdgeProps<FlowEdge>): JSX.Element {
  const flow = useStoreApi<FlowNode, FlowEdge>();
  // Whatever moves or grows a card moves an end of its edges, so that this is drawn anew.
  const centre = centreOf(flow.getState(), source, target, ends);
  const [path, labelX, labelY] = getSmoothStepPath({ ...ends, ...centre, borderRadius: 12, offset: OFFSET });
  const ports = useDocument((state) => portsOf(nodeOf(shownGraph(state), source), state.project));
  const port = ports.outputs.findIndex(({ name }) => name === sourceHandleId);
  const text = useLive((state) => {
    const shape = state.views.get(source)?.outputs[port] ?? null;
    return shape ? formatShape(shape) : '?';
  });
  const [why, setWhy] = useState('');
  const problem = useLive((state) => state.edgeProblems.get(id));
  const isTarget = useUi((state) => state.edgeUnderDrag === id);
  const tone = problem ? 'has-error' : isTarget || selected === true ? 'is-selected' : '';
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        className={`edge ${tone} ${isTarget ? 'is-target' : ''}`}
        interactionWidth={18}
      />
      <OverEdges>
        <div className="edge-label-place" style={{ left: labelX, top: labelY }}>
          <div
            className={`edge-label nopan ${tone} ${text.includes('?') ? 'is-unknown' : ''}`}
            title={problem ? saidText(problem.message) : why}
            onClick={() => {
              select([], [id]);
            }}
            onContextMenu={(event) => {
              event.preventDefault();
              const { clientX, clientY } = event;
              select([], [id]);
              useUi.setState({ contextMenu: { x: clientX, y: clientY, about: 'edge' } });
            }}
            onPointerEnter={() => {
              setWhy(whyOutput(source, port));
            }}
          >
            {problem?.got !== undefined
              ? t('problem.expectedGot', {
                  expected:
                    problem.expected === undefined ? t('problem.another') : saidText(problem.expected),
                  got: saidText(problem.got),
                })
              : text}
            {problem ? <EdgeRepair problem={problem} /> : null}
          </div>
        </div>
      </OverEdges>
    </>
  );
});

const domNodeOf = ({ domNode }: ReactFlowState): HTMLElement | null => domNode;

/**
 * Puts labels over all edges, as the library's EdgeLabelRenderer does. That looks for its place in the page again for every edge whenever
 * anything on the canvas changes, each frame of a pan included.
 */
function OverEdges({ children }: { readonly children: ReactNode }): JSX.Element | null {
  const domNode = useStore(domNodeOf);
  const place = useMemo(() => domNode?.querySelector('.react-flow__edgelabel-renderer'), [domNode]);
  return place ? createPortal(children, place) : null;
}

/** How far an edge runs straight on from a port before it turns. */
const OFFSET = 22;

/**
 * Where an edge that has to run back against the drawing, to the head of the next column or row, crosses over: in the middle between
 * the cards. The middle between the ports, which the library takes, can lie under a card with several of them.
 */
function centreOf(
  { nodeLookup }: ReactFlowState<FlowNode, FlowEdge>,
  source: string,
  target: string,
  ends: Pick<EdgeProps, 'sourceX' | 'sourceY' | 'targetX' | 'targetY' | 'sourcePosition'>,
): { readonly centerX?: number; readonly centerY?: number } {
  const isRight = ends.sourcePosition === Position.Right;
  const forward = isRight ? ends.targetX - ends.sourceX : ends.targetY - ends.sourceY;
  if (forward >= 2 * OFFSET) return {};
  const [from, to] = [source, target].map((id) => {
    const node = nodeLookup.get(id);
    const { width = 0, height = 0 } = node?.measured ?? {};
    return node && { ...node.internals.positionAbsolute, width, height };
  });
  const middle = from && to ? middleOfGap(from, to, isRight ? 'y' : 'x') : null;
  if (middle === null) return {};
  return isRight ? { centerY: middle } : { centerX: middle };
}

/** The best repair, on the edge where the error is. */
function EdgeRepair({ problem }: { readonly problem: Problem }): JSX.Element | null {
  const [best] = useRepairs(problem);
  if (!best) return null;
  return (
    <button
      type="button"
      className="edge-repair nodrag nopan"
      title={saidText(best.label)}
      aria-label={saidText(best.label)}
      onClick={() => {
        applyRepair(best);
      }}
    >
      <Wrench size={11} aria-hidden />
    </button>
  );
}
