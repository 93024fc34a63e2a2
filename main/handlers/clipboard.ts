// The calls about the system's clipboard: the page itself has no permission to read it.
import { clipboard } from 'electron';
import { JSON_LIMITS } from '#core/document/json';

import type { HandlersOf } from './area';

export const clipboardHandlers: HandlersOf<'clipboard'> = {
  'clipboard.read': () => {
    const text = clipboard.readText();
    // What is longer than any project is none.
    return text.length > JSON_LIMITS.length ? '' : text;
  },
  'clipboard.write': (_state, text) => {
    clipboard.writeText(text);
  },
};
