// What the main process says about the application itself: version, devices, templates, recent files, theme.
import { create } from 'zustand';
import type { ErrorData } from '#core/errors';
import type { AppState, DeviceInfo, Leftover, RecentFile } from '#core/ipc/api';

export type Theme = AppState['theme'];

interface AppInfo {
  readonly isReady: boolean;
  readonly version: string;
  readonly platform: string;
  readonly theme: Theme;
  readonly tensorboard: boolean;
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
  theme: 'system',
  tensorboard: false,
  recent: [],
  templates: [],
  devices: [],
  leftovers: [],
  backupFault: null,
}));

export function showApp(state: AppState): void {
  const { version, platform, theme, tensorboard, recent, templates, devices, leftovers, backupFault } = state;
  useApp.setState({
    isReady: true,
    version,
    platform,
    theme,
    tensorboard,
    recent,
    templates,
    devices,
    leftovers,
    backupFault,
  });
}
