// The small bar at the corner of the canvas: zoom, fit, arrange.
import { Panel, useStore } from '@xyflow/react';
import { Lasso, Magnet, Maximize, Minus, Plus, Workflow } from 'lucide-react';
import type { JSX } from 'react';

import { runCommand } from '../actions/commands';
import { IconButton } from '../chrome/icon-button';
import { useApp } from '../stores/app';
import { useUi } from '../stores/ui';
import { t, useLanguage } from '../text';
import { cancelArrange, useArranging } from './arrange';

/** Re-renders when the zoom's whole percentage changes. */
export function CanvasControls(): JSX.Element {
  useLanguage();
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  const tool = useUi((state) => state.tool);
  const isSnapping = useApp((state) => state.preferences.snapping);
  const isArranging = useArranging((state) => state.isArranging);
  return (
    <Panel position="bottom-left" className="canvas-controls" role="toolbar" aria-label={t('common.view')}>
      <IconButton label={t('canvasControls.zoomOut')} command="view.zoomOut" icon={Minus} />
      <span className="canvas-zoom" aria-label={t('canvasControls.zoom')}>
        {percent}%
      </span>
      <IconButton label={t('canvasControls.zoomIn')} command="view.zoomIn" icon={Plus} />
      <IconButton label={t('canvasControls.zoomToFit')} command="view.fit" icon={Maximize} />
      <span className="bar-line" />
      <IconButton
        label={t('canvasControls.arrangeAutomatically')}
        command="arrange.automatic"
        icon={Workflow}
        isBusy={isArranging}
        onClick={() => {
          if (isArranging) cancelArrange();
          else runCommand('arrange.automatic');
        }}
      />
      <IconButton
        label={t('canvasControls.lassoSelection')}
        command="edit.lasso"
        icon={Lasso}
        isPressed={tool === 'lasso'}
      />
      <IconButton
        label={t('canvasControls.snapToHelperLines')}
        command="arrange.snap"
        icon={Magnet}
        isPressed={isSnapping}
      />
    </Panel>
  );
}
