// The backend the catalogue's tests run on: the native one, as users have it.
import { afterAll, beforeAll } from 'vitest';

import { useBackend } from '#core/ops/dispatch';
import { openCpuBackend } from '#native';

/** Opens the native CPU backend for a file's tests. What a test allocates it frees: see tests/setup/leaks.ts. */
export function useNativeBackend(): void {
  let close = (): void => {};
  beforeAll(() => {
    close = useBackend(openCpuBackend());
  });
  afterAll(() => close());
}
