// The calls about the application itself: what a fresh page needs, theme, unsaved work.
import { app as electron } from 'electron';
import { TEMPLATES } from '#core/document/templates';
import { devices } from '#engine/backend';

import type { App } from '../app';
import { readHistory } from '#engine/backups';

import { leftoversOf } from '../recovery';
import type { HandlersOf } from './area';

export function appHandlers(app: App): HandlersOf<'app'> {
  return {
    'app.state': async (state) => ({
      version: electron.getVersion(),
      platform: process.platform,
      locale: electron.getLocale(),
      preferences: app.settings.preferences,
      isTourOver: app.settings.isTourOver,
      recent: app.recentFor(state),
      templates: TEMPLATES.map(({ name, summary }) => ({ name, summary })),
      devices: devices(),
      opened: state.hasSession ? state.opened() : null,
      leftovers: await leftoversOf(state.backups),
      backupFault: state.autosave.fault,
      unsaved: state.unsaved,
      history: state.unsaved && readHistory(state.history, state.unsaved),
      run: state.runner.snapshot(),
      queue: state.runner.queue,
    }),
    'app.prefer': (state, change) => {
      app.prefer(change, state);
    },
    'app.newWindow': (state) => app.openWindowBeside(state),
    'app.endTour': () => {
      app.settings.isTourOver = true;
    },
    'app.setDirty': async (state, isDirty) => {
      state.isDirty = isDirty;
      state.window.setDocumentEdited(isDirty);
      if (isDirty) state.autosave.notice();
      else await state.rest();
    },
  };
}
