// Running other programs from the scripts: the same few ways, with the same environment.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { at, root } from './paths.mjs';

/** The script of a package in node_modules, to be run by this Node: no shell, no .cmd shim. */
export const tools = {
  oxlint: at('node_modules/oxlint/bin/oxlint'),
  prettier: at('node_modules/prettier/bin/prettier.cjs'),
  tsc: at('node_modules/typescript/bin/tsc'),
  vite: at('node_modules/vite/bin/vite.js'),
  electronVite: at('node_modules/electron-vite/bin/electron-vite.js'),
  vitest: at('node_modules/vitest/vitest.mjs'),
  playwright: at('node_modules/@playwright/test/cli.js'),
};

const isRoot = process.getuid?.() === 0;

/** The environment Electron starts in: Chromium's sandbox refuses root and kernels that forbid it its namespaces. */
export const electronEnvironment = () =>
  isRoot || isSandboxForbidden() ? { ...process.env, ELECTRON_DISABLE_SANDBOX: '1' } : { ...process.env };

// Without user namespaces the sandbox needs a set-uid helper, which a runtime in node_modules does not have.
function isSandboxForbidden() {
  const setting = (name) => {
    try {
      return fs.readFileSync(`/proc/sys/${name}`, 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  return (
    setting('kernel/apparmor_restrict_unprivileged_userns') === '1' ||
    setting('kernel/unprivileged_userns_clone') === '0' ||
    setting('user/max_user_namespaces') === '0'
  );
}

/** The Electron executable in node_modules, or undefined before setup has put it there. */
export function electronBinary() {
  const package_ = at('node_modules/electron');
  try {
    const file = path.join(package_, 'dist', fs.readFileSync(path.join(package_, 'path.txt'), 'utf8'));
    return fs.existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a window can be shown here. */
export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY);

/** The full path of a program, or undefined when PATH does not hold it. @param {string} name */
export function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (fs.existsSync(file)) return file;
    }
  }
  return undefined;
}

/**
 * Runs a program to its end in the checkout, its output going straight through.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit code; 128 + n when signal n ended it
 */
export function run(program, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
    // Ctrl-C reaches the whole group: the child decides how to end, this process waits for it.
    const wait = () => {};
    process.on('SIGINT', wait);
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(127);
    });
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/**
 * Runs a program to its end beside others and keeps what it says, so that lines do not mix.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runKept(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => resolve({ code: 127, output: `${program}: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 143, output }));
  });
}

/** Runs a script with this Node, see `run`. @param {string} script @param {...string} args */
export const runNode = (script, ...args) => run(process.execPath, [script, ...args]);

/**
 * Runs a program and keeps what it says.
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {{ isOk: boolean, output: string }}
 */
export function capture(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  const output = result.error ? result.error.message : `${result.stdout}${result.stderr}`;
  return { isOk: result.status === 0, output };
}
