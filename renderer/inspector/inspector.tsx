// The right side: the selected node's form, or the model as a whole while nothing (or much) is selected.
import type { JSX } from 'react';

import { onlySelected, useUi } from '../stores/ui';
import { t } from '../text';
import { ModelSummary } from './model-summary';
import { NodeInspector } from './node-inspector';
import './inspector.css';

export function Inspector(): JSX.Element {
  const id = useUi(onlySelected);
  const count = useUi((state) => state.selection.nodes.size);
  return (
    <aside className="inspector" aria-label={t('inspector.inspector')}>
      {id !== null ? <NodeInspector key={id} id={id} /> : <ModelSummary selected={count} />}
    </aside>
  );
}
