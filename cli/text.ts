// Text for terminals: harmless whatever a file brought, aligned in columns, coloured only where somebody looks.
import { printable } from '#core/formats/refuse';
import { showBytes } from '#core/units';

/** Text from a file on one line: control, bidirectional and unassigned characters escaped. */
export const clean = (text: string): string => printable(text);

export type Align = 'left' | 'right';

export interface Column {
  readonly title: string;
  readonly align?: Align;
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  cyan: [36, 39],
};

export type Paint = (style: Style, text: string) => string;

/** Colours for a stream that is a terminal (NO_COLOR and FORCE_COLOR as everywhere), plain text otherwise. */
export function painter(stream: { readonly isTTY?: boolean }): Paint {
  const { NO_COLOR: never, FORCE_COLOR: always, TERM: terminal } = process.env;
  const isColoured =
    (always !== undefined && always !== '' && always !== '0') ||
    (stream.isTTY === true && (never === undefined || never === '') && terminal !== 'dumb');
  return (style, text) => {
    const [on, off] = CODES[style];
    return isColoured && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
}

/** Columns a text takes: wide East Asian characters and most emoji take two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}/u.test(character)) continue;
    const code = character.codePointAt(0) ?? 0;
    const isWide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd);
    width += isWide ? 2 : 1;
  }
  return width;
}

/** Rows under titles, two spaces between columns, no trailing spaces. Cells are cleaned here. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const cells = rows.map((row) => columns.map((_, at) => clean(row[at] ?? '')));
  const widths = columns.map(({ title }, at) =>
    cells.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), widthOf(title)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => {
        const space = ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell)));
        return columns[at]?.align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return [paint('bold', line(columns.map(({ title }) => title))), ...cells.map(line)].join('\n');
}

/** `1,234,567`; `unknown` for what cannot be known yet. */
export const count = (value: number | null): string =>
  value === null ? 'unknown' : value.toLocaleString('en-US');

/** `1.2 MiB`. */
export function bytes(value: number | null): string {
  return value === null ? 'unknown' : showBytes(value);
}

/** `2:05` minutes, `1:02:05` hours. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
