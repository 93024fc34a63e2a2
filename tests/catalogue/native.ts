// The backend the catalogue's tests run on: the native one, as users have it.
import { afterAll, beforeAll } from 'vitest';

import { useBackend } from '#core/ops/dispatch';
import type { Storage } from '#core/tensor/storage';
import { openCpuBackend } from '#native';

/**
 * Opens the native CPU backend for a file's tests. What a test allocates it frees (tests/setup/leaks.ts), but for storages of
 * no bytes: an uninitialized tensor keeps one, which nobody can reach to free it.
 */
export function useNativeBackend(): void {
  const empty: Storage[] = [];
  let close = (): void => {};
  beforeAll(() => {
    const backend = openCpuBackend();
    close = useBackend({
      device: 'cpu',
      allocate(bytes) {
        const storage = backend.allocate(bytes);
        if (bytes === 0) empty.push(storage);
        return storage;
      },
      execute: (...call) => backend.execute(...call),
    });
  });
  afterAll(() => {
    close();
    for (const storage of empty) storage.dispose();
  });
}
