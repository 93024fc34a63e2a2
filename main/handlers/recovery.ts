// The calls about unsaved work of an earlier start.
import { restoreLeftover } from '../recovery';
import type { HandlersOf } from './area';

export const recoveryHandlers: HandlersOf<'recovery'> = {
  'recovery.restore': (state, key) => restoreLeftover(state, key),
  'recovery.discard': (state, key) => state.backups.discard(key),
};
