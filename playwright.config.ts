// How the end-to-end tests drive the real Electron. A failed start is retried by the tests' own `launch` helper;
// a failed test is a failure.
import { availableParallelism } from 'node:os';

import { defineConfig } from '@playwright/test';

import { hasVirtualDisplays } from './tests/e2e/support/display';

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results/e2e',
  // Each worker has a display of its own; windows that share the user's would take the focus from each other.
  workers: hasVirtualDisplays() ? Math.min(2, availableParallelism()) : 1,
  fullyParallel: true,
  retries: 0,
  timeout: 90_000,
  // Against what never comes: a second window may be training on the same cores.
  expect: { timeout: 15_000 },
  globalTimeout: 15 * 60_000,
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list']],
  use: { trace: 'retain-on-failure' },
});
