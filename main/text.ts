// The texts of native dialogs and notifications, in the user's language.
import { app as electron, type FileFilter } from 'electron';
import { saidIn } from '#core/text/said';
import { languageFor, textIn, type Language, type TextKey, type TextValues } from '#core/text/text';

import type { Settings } from './settings';

export const languageOf = ({ preferences }: Settings): Language =>
  languageFor(preferences.language, electron.getLocale());

/** The text of a key as a window's user reads it. */
export const say = <Key extends TextKey>(
  { settings }: { readonly settings: Settings },
  key: Key,
  ...values: TextValues<Key>
): string => textIn(languageOf(settings), key, ...values);

/** What is said in English where it is found out, as a window's user reads it. */
export const saidTo = ({ settings }: { readonly settings: Settings }, english: string): string =>
  saidIn(languageOf(settings), english);

/** The last choice of every dialog for files. */
export const allFiles = (of: { readonly settings: Settings }): FileFilter => ({
  name: say(of, 'ask.allFiles'),
  extensions: ['*'],
});
