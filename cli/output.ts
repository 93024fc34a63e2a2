// Where a verb's results go: one JSON document (or lines) on stdout with --json, else text for people; progress on stderr.
import { ERROR_CODES, errorToData, type ErrorData } from '#core/errors';

import { clean, duration, painter, type Paint } from './text';

/** `JSON.stringify` that keeps all digits of bigints, as Python's and other JSON readers take them, and the sign of -0. */
export function printJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0.0';
  if (Array.isArray(value)) return `[${value.map((item) => printJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${printJson(item)}`).join(',')}}`;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class Output {
  readonly paint: Paint;
  readonly #errorPaint: Paint;
  #bar: ProgressBar | null = null;

  constructor(
    readonly isJson: boolean,
    readonly stdout: Stream = process.stdout,
    readonly stderr: Stream = process.stderr,
  ) {
    this.paint = painter(stdout);
    this.#errorPaint = painter(stderr);
  }

  /** The verb's one result. `text` is only made for people. */
  result(document: unknown, text: () => string): void {
    this.endProgress();
    this.stdout.write(this.isJson ? `${printJson(document)}\n` : `${text().trimEnd()}\n`);
  }

  /** One JSON object per line; people see `text`, or nothing. */
  line(document: unknown, text: string | null): void {
    if (this.isJson) this.stdout.write(`${printJson(document)}\n`);
    else if (text !== null) {
      this.endProgress();
      this.stdout.write(`${text}\n`);
    }
  }

  /** Something worth knowing that is no error. */
  note(text: string): void {
    if (this.isJson) return;
    this.endProgress();
    this.stderr.write(`${this.#errorPaint('dim', clean(text))}\n`);
  }

  /** Shown on a terminal after the first second. */
  progress(label: string, done: number, total: number, detail = ''): void {
    if (this.isJson || this.stderr.isTTY !== true) return;
    this.#bar ??= new ProgressBar(this.stderr, this.#errorPaint);
    this.#bar.show(label, done, total, detail);
  }
  endProgress(): void {
    this.#bar?.clear();
  }

  /** Prints an error and returns the exit code it asks for. */
  error(error: unknown): number {
    this.endProgress();
    const data = errorToData(error);
    this.stderr.write(
      this.isJson
        ? `${JSON.stringify({ error: wholeError(data) })}\n`
        : `${describe(data, this.#errorPaint)}\n`,
    );
    return ERROR_CODES[data.code].exit;
  }
}

/** An error with every field of the contract, in its order: null where there is nothing to say. */
export function wholeError(data: ErrorData) {
  const { code, message, where = null, expected = null, got = null, hint = null } = data;
  return { code, message, where, expected, got, hint };
}

/** `lazuli: <message>` and, indented, where, expected, got and hint. */
function describe(data: ErrorData, paint: Paint): string {
  const message = data.message.split('\n').map(clean).join('\n  ');
  const details = (['where', 'expected', 'got', 'hint'] as const).flatMap((name) => {
    const value = data[name];
    return value === undefined || value === '' ? [] : [`  ${`${name}:`.padEnd(10)}${clean(value)}`];
  });
  return [`${paint('red', 'lazuli:')} ${message}`, ...details].join('\n');
}

class ProgressBar {
  readonly #start = performance.now();
  #isShown = false;
  #last = 0;

  constructor(
    readonly stream: Stream,
    readonly paint: Paint,
  ) {}

  show(label: string, done: number, total: number, detail: string): void {
    const now = performance.now();
    if (now - this.#start < 1000 || now - this.#last < 100) return;
    this.#last = now;
    this.#isShown = true;
    const part = total > 0 ? Math.min(done / total, 1) : 0;
    const seconds = (now - this.#start) / 1000;
    const left = part > 0 ? duration((seconds / part) * (1 - part)) : '?';
    const width = 24;
    const filled = Math.round(part * width);
    const bar = this.paint('cyan', '█'.repeat(filled)) + this.paint('dim', '░'.repeat(width - filled));
    const text = `${label} ${bar} ${String(Math.floor(part * 100)).padStart(3)}%  ${left} left  ${detail}`;
    this.stream.write(`\r\u001b[2K${text}`);
  }

  clear(): void {
    if (this.#isShown) this.stream.write('\r\u001b[2K');
    this.#isShown = false;
  }
}
