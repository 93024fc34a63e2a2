// The type of one area's handlers (`model.*`): each file under handlers/ implements some areas, main/handlers/index.ts joins them.
import type { CallName } from '#core/ipc/api';

import type { Handlers } from '../ipc';
import type { WindowState } from '../window-state';

type NamesOf<Area extends string> = Extract<CallName, `${Area}.${string}`>;
export type HandlersOf<Area extends string> = Pick<Handlers<WindowState>, NamesOf<Area>>;
