// What the main process says about the application itself: version, devices, templates, recent files, and the user's settings.
import { create } from 'zustand';
import type { ErrorData } from '#core/errors';
import type { AppState, Leftover, RecentFile } from '#core/ipc/api';
import type { DeviceInfo } from '#core/session/devices';
import { INITIAL_PREFERENCES, type Preferences } from '#core/preferences';
import { languageFor, type Language } from '#core/text/text';

interface AppInfo {
  readonly isReady: boolean;
  readonly version: string;
  readonly platform: string;
  readonly locale: string;
  readonly preferences: Preferences;
  readonly recent: readonly RecentFile[];
  readonly templates: AppState['templates'];
  readonly devices: readonly DeviceInfo[];
  readonly leftovers: readonly Leftover[];
  /** Why unsaved work cannot be backed up now. */
  readonly backupFault: ErrorData | null;
}

export const useApp = create<AppInfo>(() => ({
  isReady: false,
  version: '',
  platform: '',
  locale: 'en',
  preferences: INITIAL_PREFERENCES,
  recent: [],
  templates: [],
  devices: [],
  leftovers: [],
  backupFault: null,
}));

export function showApp(state: AppState): void {
  const { version, platform, locale, preferences, recent, templates, devices, leftovers, backupFault } =
    state;
  useApp.setState({
    isReady: true,
    version,
    platform,
    locale,
    preferences,
    recent,
    templates,
    devices,
    leftovers,
    backupFault,
  });
}

/** The language the window speaks. */
export const languageOf = ({ preferences, locale }: Pick<AppInfo, 'preferences' | 'locale'>): Language =>
  languageFor(preferences.language, locale);

/** Changes when colours do: what is drawn from the tokens is drawn anew then. */
export const coloursOf = ({ preferences: { theme, contrast } }: Pick<AppInfo, 'preferences'>): string =>
  `${theme} ${contrast}`;
