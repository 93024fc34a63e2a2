// The small bar at the corner of the canvas: zoom, fit, arrange.
import { Panel, useStore } from '@xyflow/react';
import { Lasso, Magnet, Maximize, Minus, Plus, Workflow } from 'lucide-react';
import type { JSX } from 'react';

import { runCommand } from '../actions/commands';
import { IconButton } from '../chrome/icon-button';
import { useApp } from '../stores/app';
import { useUi } from '../stores/ui';
import { cancelArrange, useArranging } from './arrange';

/** Re-renders when the zoom's whole percentage changes. */
export function CanvasControls(): JSX.Element {
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  const tool = useUi((state) => state.tool);
  const isSnapping = useApp((state) => state.preferences.snapping);
  const isArranging = useArranging((state) => state.isArranging);
  return (
    <Panel position="bottom-left" className="canvas-controls" role="toolbar" aria-label="View">
      <IconButton label="Zoom out" command="view.zoomOut" icon={Minus} />
      <span className="canvas-zoom" aria-label="Zoom">
        {percent}%
      </span>
      <IconButton label="Zoom in" command="view.zoomIn" icon={Plus} />
      <IconButton label="Zoom to fit" command="view.fit" icon={Maximize} />
      <span className="bar-line" />
      <IconButton
        label="Arrange automatically"
        command="arrange.automatic"
        icon={Workflow}
        isBusy={isArranging}
        onClick={() => {
          if (isArranging) cancelArrange();
          else runCommand('arrange.automatic');
        }}
      />
      <IconButton label="Lasso selection" command="edit.lasso" icon={Lasso} isPressed={tool === 'lasso'} />
      <IconButton label="Snap to helper lines" command="arrange.snap" icon={Magnet} isPressed={isSnapping} />
    </Panel>
  );
}
