// What PyTorch warns of: texts for whoever listens. Nothing is printed, and nothing changes by it. Rules: docs/spec/parameters.md.

/** Python's class of a warning. */
export type WarningClass = 'UserWarning' | 'FutureWarning' | 'DeprecationWarning';

/** One warning, in PyTorch's words. */
export interface TorchWarning {
  readonly category: WarningClass;
  readonly message: string;
}
export type WarningListener = (warning: TorchWarning) => void;

const listeners = new Set<WarningListener>();

/** Calls `listener` with every warning from now on; gives what ends it. */
export function onWarning(listener: WarningListener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Python's `warnings.catch_warnings(record=True)`: the warnings that `body` gives, beside what it returns. */
export function catchWarnings<T>(body: () => T): { readonly result: T; readonly warnings: TorchWarning[] } {
  const warnings: TorchWarning[] = [];
  const end = onWarning((warning) => warnings.push(warning));
  try {
    return { result: body(), warnings };
  } finally {
    end();
  }
}

/** Tells all listeners. */
export function warn(category: WarningClass, message: string): void {
  for (const listener of listeners) listener({ category, message });
}
