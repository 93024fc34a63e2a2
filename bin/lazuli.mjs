#!/usr/bin/env node
// The `lazuli` command: loads the bundled command line into this process. In a checkout it first brings the bundle
// and the native backend up to date, speaking on stderr only: stdout and the exit code belong to the command.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');
const bundle = path.join(root, 'out', 'cli', 'lazuli.js');
const isCheckout = fs.existsSync(path.join(root, 'cli', 'index.ts'));

const isReady = isCheckout ? await bringUpToDate() : fs.existsSync(bundle);
if (isReady) {
  await import(pathToFileURL(bundle).href);
} else {
  if (!isCheckout) process.stderr.write(`lazuli: ${bundle} is missing: install lazuli again\n`);
  process.exitCode = 1;
}

async function bringUpToDate() {
  const { at, cliSources, isStale } = await import('../scripts/paths.mjs');
  if (!fs.existsSync(at('node_modules', 'vite'))) {
    process.stderr.write('lazuli: the npm packages are missing; run: node scripts/setup.mjs\n');
    return false;
  }
  const { addonState, buildAddon } = await import('../native/build.mjs');
  const state = addonState();
  // Verbs that compute nothing work without the addon; the others say what is wrong themselves.
  if (state === 'failed')
    process.stderr.write('lazuli: the native backend does not build; run: npm run native\n');
  if (state === 'stale') await buildAddon();
  if (!isStale('out/cli/lazuli.js', cliSources)) return true;
  const { withLock } = await import('../scripts/lock.mjs');
  return withLock(at('out', '.cli.lock'), async () => {
    if (!isStale('out/cli/lazuli.js', cliSources)) return true;
    const { capture, tools } = await import('../scripts/processes.mjs');
    const built = capture(process.execPath, [tools.vite, 'build', '--config', 'vite.cli.config.ts']);
    if (!built.isOk) process.stderr.write(`${built.output}\nlazuli: the command line does not build\n`);
    return built.isOk;
  });
}
