// The small bar at the corner of the canvas: zoom, fit, arrange.
import { Panel, useStore } from '@xyflow/react';
import { Maximize, Minus, Plus, Workflow } from 'lucide-react';
import type { JSX } from 'react';

import { runCommand } from '../actions/commands';
import { IconButton } from '../chrome/icon-button';

/** Re-renders when the zoom's whole percentage changes. */
export function CanvasControls(): JSX.Element {
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
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
        icon={Workflow}
        onClick={() => {
          runCommand('view.layout');
        }}
      />
    </Panel>
  );
}
