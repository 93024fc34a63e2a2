// The backend unit tests of ops run on: the slow reference kernels.
import { afterAll, beforeAll } from 'vitest';

import { useBackend } from '#core/ops/dispatch';
import type { Backend } from '#core/tensor/storage';

import { openReferenceBackend } from './reference/backend';

/** Opens the reference backend for a file's tests, and takes it back after them. */
export function useReferenceBackend(): Backend & { live(): number } {
  const backend = openReferenceBackend();
  let close = (): void => {};
  beforeAll(() => {
    close = useBackend(backend);
  });
  afterAll(() => close());
  return backend;
}
