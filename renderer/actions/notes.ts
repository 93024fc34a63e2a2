// Notes on the canvas: added, written, resized. Moving, copying and deleting them goes with the nodes.
import type { NoteChange } from '#core/graph/edits';
import { newNoteId } from '#core/graph/fragment';

import { pointerOnCanvas, showNode, viewportCentre } from '../canvas/viewport';
import { select, startRename } from '../stores/ui';
import { change, graphNow } from './graph';
import { freePlace } from './insert';
import { t } from '../text';

const SIZE = { width: 220, height: 96 };

/** Adds an empty note, selects it and opens it for writing. */
export function addNote(): void {
  const graph = graphNow();
  if (!graph) return;
  const id = newNoteId(graph);
  const { x, y } = pointerOnCanvas() ?? freePlace(graph, viewportCentre());
  const note = { id, text: '', position: { x: Math.round(x), y: Math.round(y) }, size: SIZE };
  if (!change({ kind: 'add_note', note }, t('step.addNote'))) return;
  select([id]);
  startRename(id);
  showNode(id);
}

export function changeNote(id: string, next: NoteChange, label = t('step.writeNote')): void {
  const note = graphNow()?.notes?.find((candidate) => candidate.id === id);
  if (!note || JSON.stringify({ ...note, ...next }) === JSON.stringify(note)) return;
  change({ kind: 'change_note', id, change: next }, label);
}
