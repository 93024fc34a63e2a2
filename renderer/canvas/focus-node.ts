// Goes to a node: selects it, brings it into view and gives its card the keyboard focus.
import { PATH } from '#core/graph/flatten';

import { show } from '../actions/blocks';
import { useDocument } from '../stores/document';
import { select } from '../stores/ui';
import { lookAt } from './viewport';

/** `path` may lead into blocks: `n5/0/n2` opens n5. */
export function focusNode(path: string): void {
  const steps = path.split(PATH);
  const id = steps.at(-1) ?? path;
  const scope = steps.filter((_, at) => at % 2 === 0).slice(0, -1);
  if (scope.join() !== useDocument.getState().scope.join()) show(scope, id);
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
