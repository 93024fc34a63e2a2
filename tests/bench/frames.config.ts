// How the frame benchmark drives the real Electron: `npx playwright test --config tests/bench/frames.config.ts`, after a build, under Xvfb.
import { defineConfig } from '@playwright/test';

export default defineConfig({ testDir: '.', testMatch: 'frames.bench.ts', workers: 1, reporter: [['list']] });
