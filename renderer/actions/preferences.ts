// The user's settings: changed at once here, kept by the main process.
import type { Preferences } from '#core/preferences';

import { call } from '../client';
import { useApp } from '../stores/app';
import { t } from '../text';
import { perform } from './perform';

export async function prefer(change: Partial<Preferences>): Promise<void> {
  useApp.setState(({ preferences }) => ({ preferences: { ...preferences, ...change } }));
  await perform(t('settings.notKept'), null, () => call('app.prefer', change));
}
