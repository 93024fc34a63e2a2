// Pulling at an input that has an edge picks that edge up, to be put elsewhere; with Alt a new one is drawn instead.
import type { MouseEvent } from 'react';

import { graphNow } from '../actions/graph';

/** Hands a press on a taken input over to the end of its edge, which the graph library then drags. */
export function pickUpEdge(event: MouseEvent, node: string): void {
  if (event.button !== 0 || event.altKey || !(event.target instanceof Element)) return;
  const port = event.target.closest('.react-flow__handle.target')?.getAttribute('data-handleid');
  if (port === null || port === undefined) return;
  const edges = graphNow()?.edges.filter(({ to }) => to.node === node && to.port === port) ?? [];
  const [edge] = edges;
  if (!edge || edges.length > 1) return;
  const end = document.querySelector(
    `.react-flow__edge[data-id="${CSS.escape(edge.id)}"] .react-flow__edgeupdater-target`,
  );
  if (!end) return;
  event.stopPropagation();
  const { clientX, clientY, button, buttons, shiftKey } = event;
  end.dispatchEvent(
    new window.MouseEvent('mousedown', {
      bubbles: true,
      cancelable: true,
      clientX,
      clientY,
      button,
      buttons,
      shiftKey,
    }),
  );
}
