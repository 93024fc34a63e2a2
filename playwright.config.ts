// How the end-to-end tests drive the real Electron. A failed start is retried by the tests' own `launch` helper;
// a failed test is a failure.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results/e2e',
  workers: 1,
  retries: 0,
  timeout: 90_000,
  globalTimeout: 10 * 60_000,
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list']],
  use: { trace: 'retain-on-failure' },
});
