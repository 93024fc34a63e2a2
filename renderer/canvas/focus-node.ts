// Goes to a node: selects it, brings it into view and gives its card the keyboard focus.
import { select } from '../stores/ui';
import { lookAt } from './viewport';

export function focusNode(id: string): void {
  select([id]);
  lookAt(id);
  document
    .querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)
    ?.focus({ preventScroll: true });
}

/** Goes to an edge: selects it and looks at the node it ends in. */
export function focusEdge(id: string, node: string | null): void {
  select([], [id]);
  if (node !== null) lookAt(node);
}
