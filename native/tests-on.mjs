// The native tests on another build of the addon than the ordinary one: a sanitizer's, an emulation's.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');

/** Whether the command ended well; says on stderr when it did not. */
export function run(command, args, env = {}) {
  const { status, signal } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.stderr.write(`[native] ${command} ended with ${signal ?? status}\n`);
  return status === 0;
}

/** Runs the tests in `files` (default: all of tests/native) on the addon in `folder`. */
export const testOn = (folder, files, env = {}) =>
  run(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      'native',
      ...(files.length > 0 ? files : ['tests/native']),
    ],
    {
      ...env,
      LAZULI_OTHER_ADDON: path.join(folder, 'lazuli_native.node'),
      NODE_OPTIONS: `--import ${pathToFileURL(path.join(import.meta.dirname, 'other-addon.mjs'))}`,
    },
  );
