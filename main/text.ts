// The texts of native dialogs and notifications, in the user's language.
import { app as electron } from 'electron';
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
