// Light, dark or as the system has it: the attribute every colour token hangs on.
import { call } from '../client';
import { useApp, type Theme } from '../stores/app';
import { perform } from './perform';

const DARK = '(prefers-color-scheme: dark)';

export async function chooseTheme(theme: Theme): Promise<void> {
  useApp.setState({ theme });
  await perform('The theme was not remembered', null, () => call('app.setTheme', theme));
}

/** Follows the chosen theme and the system's; returns the end. */
export function startTheme(): () => void {
  const system = window.matchMedia(DARK);
  const apply = (): void => {
    const { theme } = useApp.getState();
    const isDark = theme === 'dark' || (theme === 'system' && system.matches);
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
  };
  apply();
  system.addEventListener('change', apply);
  const unsubscribe = useApp.subscribe(apply);
  return () => {
    system.removeEventListener('change', apply);
    unsubscribe();
  };
}
