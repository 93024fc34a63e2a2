// Choosing the data a network learns from, in a dialog or by dropping a file.
import type { DataSource } from '#core/document/project';

import { call } from '../client';
import { changeSettings } from '../stores/document';
import { showNote } from '../stores/toasts';
import { showDock } from '../stores/ui';
import { t } from '../text';
import { perform } from './perform';

/** The data chosen anew, with what the old data said of further inputs and targets where the files are alike. */
export function withFurther(chosen: DataSource, before: DataSource | null): DataSource {
  if (before?.format !== chosen.format) return chosen;
  const { feeds, targets } = before;
  return { ...chosen, ...(feeds ? { feeds } : {}), ...(targets ? { targets } : {}) };
}

async function choose(ask: () => Promise<DataSource | null>): Promise<DataSource | null> {
  const source = await perform(t('told.theDataCannotBeUsed'), 'open', ask);
  if (source)
    changeSettings(t('step.chooseData'), (project) => ({
      ...project,
      data: withFurther(source, project.data),
    }));
  return source;
}

export async function chooseData(): Promise<void> {
  await choose(() => call('data.choose'));
}

/** The data of a file that was dropped, in the panel that shows it. */
export async function takeData(token: string, name: string): Promise<void> {
  const source = await choose(() => call('data.use', token));
  if (!source) return;
  showDock('sample');
  showNote(t('drop.isData', { name }));
}
