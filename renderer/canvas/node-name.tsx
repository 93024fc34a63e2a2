// A node's name on its card; a double click or F2 turns it into a field. What Python or PyTorch cannot take is refused with the reason.
import { useLayoutEffect, useRef, useState, type JSX, type KeyboardEvent } from 'react';

import { rename, renameFault } from '../actions/graph';
import { startRename } from '../stores/ui';
import { t } from '../text';

interface NodeNameProps {
  readonly id: string;
  readonly name: string;
  readonly isEditing: boolean;
  readonly onDone: () => void;
}

export function NodeName({ id, name, isEditing, onDone }: NodeNameProps): JSX.Element {
  if (isEditing) return <NameField id={id} name={name} onDone={onDone} />;
  return (
    <span
      className="card-name"
      title={name}
      onDoubleClick={(event) => {
        event.stopPropagation();
        startRename(id);
      }}
    >
      {name}
    </span>
  );
}

function NameField({ id, name, onDone }: Omit<NodeNameProps, 'isEditing'>): JSX.Element {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    let frame = 0;
    // At once, so that no key is lost; and again, since the card of a new node stays hidden, and takes no focus, until it is measured.
    function focus(): void {
      if (!field.current || document.activeElement === field.current) return;
      field.current.focus();
      frame = requestAnimationFrame(focus);
    }
    focus();
    return () => {
      cancelAnimationFrame(frame);
    };
  }, []);
  const fault = renameFault(id, text);
  const isOver = useRef(false);
  const end = (isKept: boolean): void => {
    if (isOver.current) return;
    isOver.current = true;
    if (isKept && fault === null) rename(id, text);
    onDone();
  };
  /** The keys go on at the card whose name it was. */
  const endByKey = (isKept: boolean): void => {
    const card = field.current?.closest<HTMLElement>('.react-flow__node');
    end(isKept);
    card?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Enter' && fault === null) endByKey(true);
    if (event.key === 'Escape') endByKey(false);
  };
  return (
    <span className="card-rename nodrag">
      <input
        ref={field}
        className="field-input"
        aria-label={t('nodeName.nodeName')}
        aria-invalid={fault !== null}
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
        onFocus={(event) => {
          event.target.select();
        }}
        onBlur={() => end(true)}
        onKeyDown={onKeyDown}
      />
      {fault === null ? null : (
        <span className="card-rename-fault" role="alert">
          {t('name.fault', { fault })}
        </span>
      )}
    </span>
  );
}
