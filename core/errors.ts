// Every error Lazuli raises on purpose: one union of codes, one class, one plain form for processes and --json.

/** What kind of thing went wrong, with the exit code the command line gives it. */
export const ERROR_CODES = {
  usage: { exit: 2, meaning: 'the command was called wrongly' },
  file_not_found: { exit: 2, meaning: 'a named file does not exist' },
  file_refused: { exit: 2, meaning: 'a file is damaged, truncated, hostile or of an unsupported kind' },
  project_invalid: { exit: 2, meaning: 'a project file does not follow its schema' },
  graph_invalid: { exit: 2, meaning: 'the graph cannot run: see the problems listed' },
  shape_mismatch: { exit: 2, meaning: 'sizes that must agree do not' },
  dtype_mismatch: { exit: 2, meaning: 'element types that must agree do not' },
  parameter_invalid: { exit: 2, meaning: 'a layer or option has a value it cannot take' },
  weights_mismatch: { exit: 2, meaning: 'a weights file does not fit the model' },
  data_invalid: { exit: 2, meaning: 'a data file, column or value cannot be used' },
  uninitialized: { exit: 1, meaning: 'a parameter has no shape yet: feed a sample' },
  not_supported: { exit: 2, meaning: 'the thing asked for exists but is not available here' },
  out_of_memory: { exit: 1, meaning: 'the memory budget does not allow it' },
  write_failed: { exit: 1, meaning: 'a file could not be written; the old one is untouched' },
  read_failed: { exit: 1, meaning: 'the system failed to read a file' },
  native_missing: { exit: 1, meaning: 'the native addon is absent or does not load' },
  device_lost: { exit: 1, meaning: 'the GPU stopped working during the run' },
  native_failed: { exit: 1, meaning: 'the native backend reported an error' },
  ipc_refused: { exit: 1, meaning: 'a message from the window was refused' },
  diverged: { exit: 1, meaning: 'training produced a value that is not finite' },
  interrupted: { exit: 130, meaning: 'stopped by the user' },
  internal: { exit: 1, meaning: 'a bug in Lazuli' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where, what was expected, what was got, what to do; every part but the message may be absent. */
export interface ErrorDetails {
  /** The place: a file with its byte offset or line, a node, a parameter, an option. */
  readonly where?: string;
  readonly expected?: string;
  readonly got?: string;
  readonly hint?: string;
}

/** An error as data: what crosses a process boundary and what `--json` prints under `error`. */
export interface ErrorData extends ErrorDetails {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The one class of deliberate errors. `message` alone must already make sense to the user. */
export class LazuliError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'LazuliError';
    this.code = code;
    this.details = details;
  }

  toData(): ErrorData {
    return { code: this.code, message: this.message, ...this.details };
  }

  static fromData(data: ErrorData): LazuliError {
    const { code, message, ...details } = data;
    return new LazuliError(code, message, details);
  }
}

/** The Python exception PyTorch raises in the same situation. */
export type PythonClass =
  | 'RuntimeError'
  | 'ValueError'
  | 'TypeError'
  | 'KeyError'
  | 'AttributeError'
  | 'NotImplementedError'
  | 'IndexError'
  | 'AssertionError';

/** An error PyTorch raises too: its text, and the name of its Python class. */
export class TorchError extends LazuliError {
  readonly pythonClass: PythonClass;

  constructor(
    pythonClass: PythonClass,
    message: string,
    code: ErrorCode = 'parameter_invalid',
    details: ErrorDetails = {},
  ) {
    super(code, message, details);
    this.name = 'TorchError';
    this.pythonClass = pythonClass;
  }
}

/** Any thrown value as data; what is not ours becomes `internal` and keeps its message. */
export function errorToData(error: unknown): ErrorData {
  if (error instanceof LazuliError) return error.toData();
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

/** A broken promise inside Lazuli. For our own bugs only, never for input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new LazuliError('internal', `internal error: ${message}`);
}
