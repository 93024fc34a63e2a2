// What becomes of a file dropped on the window: a project opens, weights are compared with the model, data is chosen.
import { LazuliError } from '#core/errors';
import type { Dropped } from '#core/ipc/api';

import { showError } from '../stores/toasts';
import { useUi } from '../stores/ui';
import { t } from '../text';
import { takeData } from './data';
import { compareWeights } from './model';
import { whenFree } from './perform';
import { openRecent } from './project';

/** The main process looked at what was dropped, or chosen to be opened. */
export function acceptDropped(dropped: Dropped): void {
  whenFree(() => {
    take(dropped);
  });
}

function take(dropped: Dropped): void {
  if (dropped.kind === 'refused') {
    showError(t('drop.refused'), LazuliError.fromData(dropped.error));
    return;
  }
  const { kind, token, name } = dropped;
  if (kind === 'project') void openRecent(token);
  else if (kind === 'weights') void compareWeights(token, name);
  else void takeData(token, name);
}

/** Marks the window while files are dragged over it; returns the end. The drop itself is the preload's. */
export function listenToDrags(): () => void {
  const mark = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes(t('drop.files')) !== true) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    if (!useUi.getState().isFileOver) useUi.setState({ isFileOver: true });
  };
  // What is left for another element of the page goes on over the window.
  const leave = (event: DragEvent): void => {
    if (event.type !== 'dragleave' || event.relatedTarget === null) useUi.setState({ isFileOver: false });
  };
  window.addEventListener('dragenter', mark);
  window.addEventListener('dragover', mark);
  window.addEventListener('dragleave', leave);
  window.addEventListener('drop', leave);
  return () => {
    window.removeEventListener('dragenter', mark);
    window.removeEventListener('dragover', mark);
    window.removeEventListener('dragleave', leave);
    window.removeEventListener('drop', leave);
  };
}
