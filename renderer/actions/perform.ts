// Runs what the user asked for: marks it busy meanwhile, and shows what it throws instead of losing it.
import { showError } from '../stores/toasts';
import { useUi } from '../stores/ui';

export type Busy = NonNullable<ReturnType<typeof useUi.getState>['busy']>;

/** Runs `work`; resolves with its value, or null when it failed and the error is on the screen. One busy action at a time. */
export async function perform<T>(
  title: string,
  busy: Busy | null,
  work: () => Promise<T>,
): Promise<T | null> {
  if (busy !== null) {
    if (useUi.getState().busy !== null) return null;
    useUi.setState({ busy });
  }
  try {
    return await work();
  } catch (error) {
    showError(title, error);
    return null;
  } finally {
    if (busy !== null) useUi.setState({ busy: null });
  }
}

/** Runs it once nothing is under way: at once, or when what is has ended. */
export function whenFree(run: () => void): void {
  if (useUi.getState().busy === null) {
    run();
    return;
  }
  const stopListening = useUi.subscribe(({ busy }) => {
    if (busy !== null) return;
    stopListening();
    run();
  });
}
