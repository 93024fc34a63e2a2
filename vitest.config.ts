// How the tests run that need no window: `native` are the addon's own, which CI runs in Electron's Node; e2e belongs to Playwright (playwright.config.ts).
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import { defineConfig } from 'vitest/config';

const at = (path: string): string => resolve(import.meta.dirname, path);
// Fails a suite that leaves native tensors alive.
const leaks = at('tests/setup/leaks.ts');

export default defineConfig({
  test: {
    // One file per core: on a machine with two vitest would leave one idle.
    maxWorkers: availableParallelism(),
    projects: [
      project('unit', 'tests/!(e2e|bench|native)/**/*.test.{ts,tsx}'),
      project('native', 'tests/native/**/*.test.ts'),
    ],
  },
});

function project(name: string, include: string) {
  return {
    test: {
      name,
      environment: 'node' as const,
      pool: 'forks' as const,
      include: [include],
      setupFiles: existsSync(leaks) ? [leaks] : [],
      // Only against tests that hang: a software GPU on a slow machine takes its time.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  };
}
