// How the unit, catalogue, coverage and architecture tests run; e2e belongs to Playwright (playwright.config.ts).
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
      {
        test: {
          name: 'unit',
          environment: 'node',
          pool: 'forks',
          include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'],
          exclude: ['tests/e2e/**', 'tests/bench/**'],
          setupFiles: existsSync(leaks) ? [leaks] : [],
          testTimeout: 20_000,
        },
      },
    ],
  },
});
