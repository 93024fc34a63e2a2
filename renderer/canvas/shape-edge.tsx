// An edge with the shape that flows along it; red with the numbers that do not fit. It re-renders when its ends move, its
// shape or its problem changes.
import { BaseEdge, EdgeLabelRenderer, getSmoothStepPath, type EdgeProps } from '@xyflow/react';
import { memo, type JSX } from 'react';
import { formatShape } from '#core/tensor/shape';

import { nodeOf, shownGraph, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { portsOf } from '../stores/ports';
import { useUi } from '../stores/ui';
import type { FlowEdge } from './to-flow';

export const ShapeEdge = memo(function ShapeEdge({
  id,
  source,
  sourceHandleId,
  selected,
  ...ends
}: EdgeProps<FlowEdge>): JSX.Element {
  const [path, labelX, labelY] = getSmoothStepPath({ ...ends, borderRadius: 12, offset: 22 });
  const ports = useDocument((state) => portsOf(nodeOf(shownGraph(state), source), state.project));
  const port = ports.outputs.findIndex(({ name }) => name === sourceHandleId);
  const text = useLive((state) => {
    const shape = state.views.get(source)?.outputs[port] ?? null;
    return shape ? formatShape(shape) : '?';
  });
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
      <EdgeLabelRenderer>
        <div
          className={`edge-label ${tone} ${text.includes('?') ? 'is-unknown' : ''}`}
          style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}
          title={problem?.message}
        >
          {problem?.got !== undefined
            ? `expected ${problem.expected ?? 'another'}, got ${problem.got}`
            : text}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});
