// A note on the canvas: words for the reader. A double click, Enter or F2 opens it for writing; its corner resizes it.
import { NodeResizer, type NodeProps } from '@xyflow/react';
import { memo, useState, type JSX } from 'react';

import { changeNote } from '../actions/notes';
import { useNote } from '../stores/document';
import { startRename, useUi } from '../stores/ui';
import { t } from '../text';
import type { FlowNode } from './to-flow';

const SMALLEST = { width: 96, height: 40 };

export const NoteNode = memo(function NoteNode({ id, selected }: NodeProps<FlowNode>): JSX.Element | null {
  const note = useNote(id);
  const isWriting = useUi((state) => state.renaming === id);
  if (!note) return null;
  return (
    <div
      className={`note ${selected ? 'is-selected' : ''}`}
      onDoubleClick={() => {
        startRename(id);
      }}
    >
      <NodeResizer
        isVisible={selected}
        minWidth={SMALLEST.width}
        minHeight={SMALLEST.height}
        onResizeEnd={(_event, { x, y, width, height }) => {
          const round = Math.round;
          changeNote(
            id,
            { position: { x: round(x), y: round(y) }, size: { width: round(width), height: round(height) } },
            t('note.resize'),
          );
        }}
      />
      {isWriting ? (
        <NoteField id={id} text={note.text} />
      ) : (
        <p className={`note-text ${note.text === '' ? 'is-empty' : ''}`}>
          {note.text === '' ? t('note.doubleClick') : note.text}
        </p>
      )}
    </div>
  );
});

function NoteField({ id, text: before }: { readonly id: string; readonly text: string }): JSX.Element {
  const [text, setText] = useState(before);
  const close = (): void => {
    startRename(null);
  };
  return (
    <textarea
      autoFocus
      className="note-field nodrag nowheel"
      aria-label={t('noteNode.note')}
      value={text}
      maxLength={4000}
      onChange={({ target }) => {
        setText(target.value);
      }}
      onBlur={() => {
        changeNote(id, { text });
        close();
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') close();
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.blur();
      }}
    />
  );
}
