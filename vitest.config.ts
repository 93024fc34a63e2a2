// How the tests run that need no window: `native` are the addon's own, which CI runs in Electron's Node; e2e belongs to Playwright (playwright.config.ts).
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import { defineConfig } from 'vitest/config';

const at = (path: string): string => resolve(import.meta.dirname, path);
// Fails a suite that leaves native tensors alive.
const leaks = at('tests/setup/leaks.ts');

/** Files here leave nothing behind, no mock and no setting, and share the modules of their worker: loading the tables takes most of a second. */
const SHARED = 'tests/{catalogue,core,document,formats,graph,nn,ops,optim,program,tensor}/**/*.test.{ts,tsx}';

export default defineConfig({
  test: {
    // One file per core: on a machine with two vitest would leave one idle.
    maxWorkers: availableParallelism(),
    projects: [
      project('unit', { include: SHARED, isolate: false }),
      project('apart', { include: 'tests/!(e2e|bench|native)/**/*.test.{ts,tsx}', exclude: SHARED }),
      project('native', { include: 'tests/native/**/*.test.ts' }),
    ],
  },
});

interface Files {
  readonly include: string;
  readonly exclude?: string;
  readonly isolate?: boolean;
}

function project(name: string, { include, exclude, isolate = true }: Files) {
  return {
    test: {
      name,
      environment: 'node' as const,
      pool: 'forks' as const,
      include: [include],
      exclude: exclude === undefined ? [] : [exclude],
      isolate,
      setupFiles: existsSync(leaks) ? [leaks] : [],
      // Only against tests that hang: a software GPU on a slow machine takes its time.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  };
}
