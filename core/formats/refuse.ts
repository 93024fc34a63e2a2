// How a reader says no: one sentence shape for every refused file, with text from the file made harmless first.
import { LazuliError, type ErrorCode } from '../errors';

/** What a refusal adds to its sentence. */
export interface RefusalDetails {
  readonly expected?: string;
  readonly got?: string;
  readonly hint?: string;
  /** PyTorch's words for the same, which people search for: they stand behind ours. */
  readonly torch?: string;
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
const LONGEST_QUOTE = 80;

/** Text from a file with control, bidirectional and unassigned characters written as `\u{..}`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** `printable`, in quotes and cut to 80 characters: how messages show names taken from a file. */
export function quote(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return `'${printable(shown)}'`;
}

/** The error for a file that is damaged, hostile or unsupported: `file: what: where`. Source: RELIABILITY line 46. */
export function refusal(
  file: string,
  what: string,
  where: string,
  { torch, ...details }: RefusalDetails = {},
  code: ErrorCode = 'file_refused',
): LazuliError {
  const name = printable(file);
  const said = torch === undefined ? what : `${what} (PyTorch: ${printable(torch)})`;
  return new LazuliError(code, `${name}: ${said}: ${where}`, {
    where: `${name}, ${where}`,
    ...details,
  });
}
