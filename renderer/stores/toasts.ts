// Messages that lie over the window: errors stay until they are dismissed, notes go by themselves.
import { create } from 'zustand';
import { errorToData, type ErrorData } from '#core/errors';

export interface Toast {
  readonly id: number;
  readonly tone: 'error' | 'note';
  readonly title: string;
  readonly error: ErrorData | null;
}

export const useToasts = create<{ readonly toasts: readonly Toast[] }>(() => ({ toasts: [] }));

const NOTE_MS = 5_000;
const LIMIT = 5;
let nextId = 1;

function push(toast: Omit<Toast, 'id'>): number {
  const id = nextId++;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { ...toast, id }].slice(-LIMIT) }));
  return id;
}

export function dismissToast(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

/** Shows any thrown value. The same message twice in a row is shown once. */
export function showError(title: string, thrown: unknown): void {
  const error = errorToData(thrown);
  const last = useToasts.getState().toasts.at(-1);
  if (last?.error?.message === error.message && last.title === title) return;
  push({ tone: 'error', title, error });
}

/** Shows a line that goes away by itself. */
export function showNote(title: string): void {
  const id = push({ tone: 'note', title, error: null });
  setTimeout(() => {
    dismissToast(id);
  }, NOTE_MS);
}
