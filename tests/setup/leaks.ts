// Fails every test file that ends with native storages or programs it has not disposed. A setup file of vitest.
import { afterAll, expect } from 'vitest';

import { loadedNative } from '#native';

// Hooks of a setup file are registered first and run last, after the file's own.
afterAll(() => {
  const native = loadedNative();
  if (native) expect(native.live()).toEqual({ storages: 0, programs: 0, bytes: 0 });
});
