// Where the canvas is: the project, then each opened block. A press goes back out.
import { Panel } from '@xyflow/react';
import { ChevronRight } from 'lucide-react';
import type { JSX } from 'react';

import { leaveTo } from '../actions/blocks';
import { openedBlocks, useDocument } from '../stores/document';
import { t, useLanguage } from '../text';

export function Breadcrumbs(): JSX.Element | null {
  useLanguage();
  const project = useDocument((state) => state.project);
  const scope = useDocument((state) => state.scope);
  const opened = openedBlocks({ project, scope });
  if (opened.length === 0) return null;
  return (
    <Panel position="top-left">
      <nav className="breadcrumbs" aria-label={t('breadcrumbs.openedBlocks')}>
        {[project?.name ?? '', ...opened.map(({ node }) => node.name)].map((name, depth) => (
          <span key={depth}>
            {depth > 0 ? <ChevronRight size={12} aria-hidden /> : null}
            <button
              type="button"
              aria-current={depth === opened.length ? 'page' : undefined}
              onClick={() => {
                if (depth < opened.length) leaveTo(depth);
              }}
            >
              {name}
            </button>
          </span>
        ))}
        {(opened.at(-1)?.node.block?.repeat ?? 1) > 1 ? <em>{t('breadcrumbs.firstCopyShown')}</em> : null}
      </nav>
    </Panel>
  );
}
