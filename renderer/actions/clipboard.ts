// Cut, copy and paste of layers through the system's clipboard, as text: between projects, windows, and into any editor.
import { parseFragment, serializeFragment } from '#core/document/fragment';
import { copyNodes, pasteEdit, type Fragment } from '#core/graph/fragment';

import { boundsOf, type Point } from '../canvas/geometry';
import { cardSize } from '../canvas/card-size';
import { pointerOnCanvas, showNode, viewportCentre } from '../canvas/viewport';
import { call } from '../client';
import { useLive } from '../stores/live';
import { showNote } from '../stores/toasts';
import { select, useUi } from '../stores/ui';
import { t } from '../text';
import { change, deleteSelection, graphWithBlocks } from './graph';
import { perform } from './perform';

/** What was pasted last and how often: each further time it lies a step further, unless the pointer says where. */
let last = { text: '', times: 0 };
const STEP = 40;
/** The text pasted last and what it says: pasted again it is not read again. */
let read: { readonly text: string; readonly fragment: Fragment | null } = { text: '', fragment: null };

/** Puts the selected layers and notes on the clipboard. True when they are there. */
export async function copySelection(): Promise<boolean> {
  const graph = graphWithBlocks();
  const { nodes } = useUi.getState().selection;
  if (!graph || nodes.size === 0) return false;
  const text = serializeFragment(copyNodes(graph, nodes));
  last = { text, times: 0 };
  const isDone = await perform(t('told.nothingWasCopied'), null, async () => {
    await call('clipboard.write', text);
    return true;
  });
  return isDone === true;
}

export async function cutSelection(): Promise<void> {
  if (await copySelection()) deleteSelection(t('step.cut'));
}

/** Adds the layers on the clipboard with fresh names: where the pointer is, else beside what they were copied from. */
export async function paste(): Promise<void> {
  const text = await perform(t('told.nothingWasPasted'), null, () => call('clipboard.read'));
  if (text !== null) await pasteText(text);
}

async function pasteText(text: string): Promise<void> {
  const graph = graphWithBlocks();
  const fragment =
    text === read.text
      ? read.fragment
      : await perform(t('told.nothingWasPasted'), null, () => Promise.resolve(parseFragment(text)));
  if (fragment) read = { text, fragment };
  if (!graph) return;
  if (!fragment || fragment.nodes.length + (fragment.notes?.length ?? 0) === 0) {
    showNote(t('told.theClipboardHoldsNoLayers'));
    return;
  }
  const { edit, ids } = pasteEdit(graph, fragment, offsetFor(text, fragment));
  if (!change(edit, t('step.paste'))) return;
  select(ids);
  const [first] = ids;
  if (first !== undefined) showNode(first);
}

function offsetFor(text: string, fragment: Fragment): Point {
  const isKnown = text === last.text;
  last = { text, times: isKnown ? last.times + 1 : 1 };
  const around = boundsOf([
    ...fragment.nodes.map(({ id, position }) => ({
      ...position,
      ...cardSize(useLive.getState().views.get(id)),
    })),
    ...(fragment.notes ?? []).map(({ position, size }) => ({ ...position, ...size })),
  ]);
  const target = pointerOnCanvas();
  if (target) return { x: Math.round(target.x - around.x), y: Math.round(target.y - around.y) };
  if (isKnown) return { x: last.times * STEP, y: last.times * STEP };
  const centre = viewportCentre();
  return { x: Math.round(centre.x - around.x), y: Math.round(centre.y - around.y) };
}
