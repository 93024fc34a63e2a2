// All handlers of the contract, joined from the areas.
import type { App } from '../app';
import type { Handlers } from '../ipc';
import type { WindowState } from '../window-state';
import { appHandlers } from './app';
import { clipboardHandlers } from './clipboard';
import { dataHandlers } from './data';
import { filesHandlers } from './files';
import { modelHandlers } from './model';
import { parametersHandlers } from './parameters';
import { projectHandlers } from './project';
import { recoveryHandlers } from './recovery';
import { runsHandlers } from './runs';
import { trainHandlers } from './train';

export const allHandlers = (app: App): Handlers<WindowState> => ({
  ...appHandlers(app),
  ...projectHandlers(app),
  ...clipboardHandlers,
  ...filesHandlers,
  ...recoveryHandlers,
  ...modelHandlers,
  ...parametersHandlers,
  ...dataHandlers,
  ...trainHandlers,
  ...runsHandlers,
});
