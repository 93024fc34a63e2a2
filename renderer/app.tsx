// The window's frame: tool bar, palette, canvas, inspector, dock, and what lies over them.
import * as Tooltip from '@radix-ui/react-tooltip';
import type { JSX } from 'react';

import { Canvas } from './canvas/canvas';
import { Announcer } from './chrome/announcer';
import { Dialogs } from './chrome/dialogs';
import { DropArea } from './chrome/drop-area';
import { Toasts } from './chrome/toasts';
import { ToolBar } from './chrome/tool-bar';
import { Inspector } from './inspector/inspector';
import { Palette } from './palette/palette';
import { Dock } from './panels/dock';

export function App(): JSX.Element {
  return (
    <Tooltip.Provider delayDuration={450} skipDelayDuration={200}>
      <div className="app">
        <ToolBar />
        <Palette />
        <div className="centre">
          <Canvas />
          <Dock />
        </div>
        <Inspector />
      </div>
      <Dialogs />
      <DropArea />
      <Toasts />
      <Announcer />
    </Tooltip.Provider>
  );
}
