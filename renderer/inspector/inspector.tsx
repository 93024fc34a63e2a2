// The right side: the selected node's form, or the model as a whole while nothing (or much) is selected.
import type { JSX } from 'react';

import { useAfterFrame } from '../stores/in-turns';
import { onlySelected, useUi } from '../stores/ui';
import { t } from '../text';
import { ModelSummary } from './model-summary';
import { NodeInspector } from './node-inspector';
import './inspector.css';

export function Inspector(): JSX.Element {
  // What the hand works on is drawn first: the inspector follows with the frame after.
  const selection = useAfterFrame(useUi((state) => state.selection));
  const id = onlySelected({ selection });
  const count = selection.nodes.size;
  return (
    <aside className="inspector" aria-label={t('inspector.inspector')}>
      {id !== null ? <NodeInspector key={id} id={id} /> : <ModelSummary selected={count} />}
    </aside>
  );
}
