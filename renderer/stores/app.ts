// What the main process says about the application itself: version, devices, templates, recent files, theme.
import { create } from 'zustand';
import type { AppState, DeviceInfo, RecentFile } from '#core/ipc/api';

export type Theme = AppState['theme'];

interface AppInfo {
  readonly isReady: boolean;
  readonly version: string;
  readonly platform: string;
  readonly theme: Theme;
  readonly recent: readonly RecentFile[];
  readonly templates: AppState['templates'];
  readonly devices: readonly DeviceInfo[];
}

export const useApp = create<AppInfo>(() => ({
  isReady: false,
  version: '',
  platform: '',
  theme: 'system',
  recent: [],
  templates: [],
  devices: [],
}));

export function showApp({ version, platform, theme, recent, templates, devices }: AppState): void {
  useApp.setState({ isReady: true, version, platform, theme, recent, templates, devices });
}
