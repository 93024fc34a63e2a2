// Makes a fresh clone ready: checks the tools, then installs or builds only what is missing, saying what it does.
// Plain Node with no dependency; everything it calls may be absent when it starts.
//
//   node scripts/setup.mjs [--for=start|test]
//
//   LAZULI_SETUP_NO_APT=1   never call apt-get; print the line to run instead
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { at } from './paths.mjs';
import { electronBinary, hasDisplay, run, runNode } from './processes.mjs';
import { installSystemPackages, missingSystemPackages } from './system-packages.mjs';

const say = (line) => console.log(`[setup] ${line}`);

/**
 * Everything but the native build.
 * @param {'start' | 'test'} purpose `test` also needs Electron and a virtual display; `start` needs Electron only
 *   where a window can be shown
 * @returns {Promise<boolean>} false when something is missing that cannot be supplied here; it has been named
 */
export async function prepare(purpose) {
  const needsWindow = purpose === 'test' || hasDisplay();
  return (
    checkNode() &&
    supplySystemPackages(needsWindow, purpose === 'test') &&
    (await supplyNpmPackages()) &&
    (!needsWindow || (await supplyElectron()))
  );
}

/** `prepare`, then the native build. @param {'start' | 'test'} purpose @returns {Promise<boolean>} */
export const setup = async (purpose) => (await prepare(purpose)) && (await buildNative());

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return true;
  say(`Node ${process.versions.node} is too old: Lazuli needs 20.19 or newer (nodejs.org)`);
  return false;
}

function supplySystemPackages(needsWindow, isTest) {
  const needs = { needsWindow, isTest };
  const missing = missingSystemPackages(needs);
  if (missing.length === 0 || installSystemPackages(missing, say)) return true;
  return missingSystemPackages(needs).every(({ isOptional }) => isOptional === true);
}

/** Compares package-lock.json with npm's own record of what stands in node_modules. */
function areNpmPackagesCurrent() {
  const read = (file) => JSON.parse(fs.readFileSync(at(file), 'utf8')).packages;
  try {
    const installed = read('node_modules/.package-lock.json');
    return Object.entries(read('package-lock.json')).every(([place, wanted]) => {
      const isOptional = wanted.optional === true || wanted.devOptional === true;
      const found = installed[place];
      return place === '' || (found === undefined ? isOptional : found.version === wanted.version);
    });
  } catch {
    return false;
  }
}

async function supplyNpmPackages() {
  if (!areNpmPackagesCurrent()) {
    say('installing the npm packages (npm ci)');
    const npm = findNpm();
    const isVerbose = process.env.LAZULI_SETUP_VERBOSE === '1';
    const args = [
      'ci',
      '--no-audit',
      '--no-fund',
      ...(isVerbose ? [] : ['--loglevel=error', '--no-progress']),
    ];
    const code = npm.script === undefined ? await run('npm', args) : await runNode(npm.script, ...args);
    if (code !== 0) {
      say('npm ci failed: its words are above');
      return false;
    }
  }
  linkOwnCommand();
  return true;
}

// npm's own script when npm started us or stands beside Node; PATH's npm otherwise.
function findNpm() {
  const beside = path.join(
    path.dirname(fs.realpathSync(process.execPath)),
    'node_modules/npm/bin/npm-cli.js',
  );
  const given = process.env.npm_execpath;
  const candidates = [given?.endsWith('npm-cli.js') ? given : undefined, beside];
  return { script: candidates.find((file) => file !== undefined && fs.existsSync(file)) };
}

// `npx lazuli` finds the command without npx's own cache and its second of work.
function linkOwnCommand() {
  const link = at('node_modules/.bin/lazuli');
  if (process.platform === 'win32' || fs.existsSync(link)) return;
  fs.rmSync(link, { force: true });
  fs.symlinkSync('../../bin/lazuli.mjs', link);
}

async function supplyElectron() {
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH) return true;
  const script = at('scripts/electron-runtime.mjs');
  if (electronBinary() === undefined) say('fetching the Electron runtime');
  if ((await runNode(script)) === 0) return true;
  say('the Electron runtime could not be fetched; see the lines above (npm run setup tries again)');
  return false;
}

/** @returns {Promise<boolean>} false when the native backend does not compile; the reason has been shown */
export async function buildNative() {
  const { buildAddon } = await import(pathToFileURL(at('native/build.mjs')).href);
  if (await buildAddon()) return true;
  say('the native backend does not build; the reason is above (npm run native -- --verbose shows all of it)');
  return false;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === at('scripts/setup.mjs')) {
  const purpose = /^--for=(start|test)$/.exec(process.argv[2] ?? '--for=start')?.[1];
  if (purpose === undefined || process.argv.length > 3) {
    console.error('usage: node scripts/setup.mjs [--for=start|test]');
    process.exit(2);
  }
  const isReady = await setup(purpose);
  if (isReady) say('ready');
  process.exitCode = isReady ? 0 : 1;
}
