// The window's frame: tool bar, palette, canvas, inspector, dock, and what lies over them.
import * as Tooltip from '@radix-ui/react-tooltip';
import { useEffect, type JSX } from 'react';

import { Canvas } from './canvas/canvas';
import { HeatLegend } from './canvas/heat-legend';
import { Announcer } from './chrome/announcer';
import { Dialogs } from './chrome/dialogs';
import { DropArea } from './chrome/drop-area';
import { Toasts } from './chrome/toasts';
import { ToolBar } from './chrome/tool-bar';
import { Tour } from './chrome/tour';
import { Inspector } from './inspector/inspector';
import { Palette } from './palette/palette';
import { Dock } from './panels/dock';
import { languageOf, useApp } from './stores/app';

/**
 * Its parts are made anew for another language, since texts are read where they are drawn; the canvas keeps its camera. Keys of
 * neighbours differ: of two that are alike React leaves the old one in the page.
 */
export function App(): JSX.Element {
  const language = useApp(languageOf);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <Tooltip.Provider delayDuration={450} skipDelayDuration={200}>
      <div className="app">
        <ToolBar key={`toolBar ${language}`} />
        <Palette key={`palette ${language}`} />
        <div className="centre">
          <Canvas />
          <HeatLegend key={`heat ${language}`} />
          <Dock key={`dock ${language}`} />
        </div>
        <Inspector key={`inspector ${language}`} />
      </div>
      <Dialogs key={`dialogs ${language}`} />
      <DropArea />
      <Toasts key={`toasts ${language}`} />
      <Announcer />
      <Tour key={`tour ${language}`} />
    </Tooltip.Provider>
  );
}
