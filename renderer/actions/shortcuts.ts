// Keys the window handles itself: those of commands that text fields must keep (undo, delete ...). The native menu sends the others.
import { COMMANDS, type Command } from '#core/commands/commands';

/** What of a keyboard event decides. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'> &
  Partial<Pick<KeyboardEvent, 'code'>>;

const SAME_KEY: Readonly<Record<string, readonly string[]>> = {
  delete: ['delete', 'backspace'],
  return: ['enter'],
};

/** The key's name. With Alt the keyboard writes other signs (`¬` for L on a Mac): there the place of the letter counts. */
const keyOf = ({ key, altKey, code }: KeyPress): string =>
  ((altKey ? /^Key([A-Z])$/.exec(code ?? '')?.[1] : undefined) ?? key).toLowerCase();

/** True when the press is the accelerator (`CmdOrCtrl+Shift+Z`), by the key's name and not its place on the keyboard. */
export function matches(accelerator: string, press: KeyPress, isMac: boolean): boolean {
  const parts = accelerator.toLowerCase().split('+');
  const key = parts.at(-1) ?? '';
  const wants = (name: string): boolean => parts.includes(name);
  const command = isMac ? press.metaKey : press.ctrlKey;
  const other = isMac ? press.ctrlKey : press.metaKey;
  return (
    (SAME_KEY[key] ?? [key]).includes(keyOf(press)) &&
    command === wants('cmdorctrl') &&
    press.shiftKey === wants('shift') &&
    press.altKey === wants('alt') &&
    !other
  );
}

/** The command a key press means outside text fields, or null. Ctrl+Y is redo where it is the custom. */
export function commandFor(press: KeyPress, isMac: boolean): Command | null {
  if (!isMac && matches('CmdOrCtrl+Y', press, isMac))
    return COMMANDS.find(({ id }) => id === 'edit.redo') ?? null;
  return (
    COMMANDS.find(
      ({ shortcut, yieldsToText }) =>
        yieldsToText === true && shortcut !== undefined && matches(shortcut, press, isMac),
    ) ?? null
  );
}

/** `⌘⇧Z` on a Mac, `Ctrl+Shift+Z` elsewhere. */
export function shortcutText(accelerator: string, isMac: boolean): string {
  const words: Readonly<Record<string, string>> = isMac
    ? { CmdOrCtrl: '⌘', Shift: '⇧', Alt: '⌥', Return: '↩', Delete: '⌫' }
    : { CmdOrCtrl: 'Ctrl', Return: 'Enter' };
  return accelerator
    .split('+')
    .map((part) => words[part] ?? part)
    .join(isMac ? '' : '+');
}

/** True while what is typed belongs to a text field. */
export const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest('input, textarea, select, [role="combobox"]') !== null);
