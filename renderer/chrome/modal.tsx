// A modal dialog on the platform's own <dialog>: it keeps the focus, closes on Escape and gives the focus back.
import { X } from 'lucide-react';
import { useEffect, useRef, type JSX, type ReactNode } from 'react';

import { t } from '../text';

interface ModalProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly className?: string;
  /** Without its own title line, as the command palette. */
  readonly isBare?: boolean;
  readonly children: ReactNode;
}

export function Modal({ title, onClose, className = '', isBare = false, children }: ModalProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    const first = dialog?.querySelector<HTMLElement>('[data-autofocus]') ?? dialog;
    first?.focus();
    return () => {
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      tabIndex={-1}
      className={`modal ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      {isBare ? null : (
        <header className="modal-header">
          <h2>{title}</h2>
          <button type="button" className="icon-button" aria-label={t('modal.close')} onClick={onClose}>
            <X size={16} aria-hidden />
          </button>
        </header>
      )}
      {children}
    </dialog>
  );
}
