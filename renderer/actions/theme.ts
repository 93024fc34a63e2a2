// Light, dark, and with more contrast, as chosen or as the system has it: the attributes every colour token hangs on.
import { useApp } from '../stores/app';

const DARK = '(prefers-color-scheme: dark)';
const CONTRAST = '(prefers-contrast: more)';

/** Follows what the user and the system want; returns the end. */
export function startTheme(): () => void {
  const systems = [window.matchMedia(DARK), window.matchMedia(CONTRAST)] as const;
  const [dark, contrasts] = systems;
  const apply = (): void => {
    const { theme, contrast } = useApp.getState().preferences;
    const { dataset } = document.documentElement;
    dataset['theme'] = theme === 'dark' || (theme === 'system' && dark.matches) ? 'dark' : 'light';
    dataset['contrast'] =
      contrast === 'more' || (contrast === 'system' && contrasts.matches) ? 'more' : 'normal';
  };
  apply();
  for (const system of systems) system.addEventListener('change', apply);
  const unsubscribe = useApp.subscribe(apply);
  return () => {
    for (const system of systems) system.removeEventListener('change', apply);
    unsubscribe();
  };
}
