// What the operating system must supply (compiler, libraries of the window, a virtual display), how to tell what is
// missing, and how Debian and its relatives install it.
import fs from 'node:fs';

import { capture, findProgram } from './processes.mjs';

/**
 * @typedef {object} SystemPackage
 * @property {string[]} names the package in Debian's releases, newest naming first
 * @property {string} what what it supplies, for the message
 * @property {'build' | 'window' | 'display' | 'layers'} use
 * @property {true} [isOptional] the tests check less without it
 * @property {() => boolean} isPresent
 */

const hasProgram = (...names) => names.some((name) => findProgram(name) !== undefined);
const compiler = () => process.env.CXX !== undefined || hasProgram('g++', 'clang++', 'c++');

/** @type {SystemPackage[]} */
const packages = [
  { names: ['g++'], what: 'a C++20 compiler', use: 'build', isPresent: compiler },
  { names: ['make'], what: 'make', use: 'build', isPresent: () => hasProgram('make', 'gmake') },
  { names: ['python3'], what: 'Python 3', use: 'build', isPresent: () => hasProgram('python3', 'python') },
  library(['libgtk-3-0t64', 'libgtk-3-0'], 'libgtk-3.so.0'),
  library(['libnss3'], 'libnss3.so'),
  library(['libasound2t64', 'libasound2'], 'libasound.so.2'),
  library(['libgbm1'], 'libgbm.so.1'),
  { names: ['xvfb'], what: 'a virtual display', use: 'display', isPresent: () => hasProgram('Xvfb') },
  { names: ['xauth'], what: 'xauth', use: 'display', isPresent: () => hasProgram('xauth') },
  {
    names: ['vulkan-validationlayers'],
    what: "Vulkan's validation layers",
    use: 'layers',
    isOptional: true,
    isPresent: hasValidationLayers,
  },
];

/** Whether Vulkan's own layer that checks how it is used is installed; tests of the GPU then run under it. */
export function hasValidationLayers() {
  return ['/usr/share', '/usr/local/share', '/etc']
    .map((folder) => `${folder}/vulkan/explicit_layer.d/VkLayer_khronos_validation.json`)
    .some((file) => fs.existsSync(file));
}

function library(names, soname) {
  return { names, what: soname, use: 'window', isPresent: () => libraries().includes(`${soname} `) };
}

let listed;
function libraries() {
  const program = ['/sbin/ldconfig', '/usr/sbin/ldconfig'].find((file) => fs.existsSync(file)) ?? 'ldconfig';
  listed ??= capture(program, ['-p']).output;
  return listed;
}

/** What the window needs of the system, as the `Depends` of a Debian package. */
export const windowPackages = () =>
  packages.filter(({ use }) => use === 'window').map(({ names }) => names.join(' | '));

/**
 * @param {{ needsWindow: boolean, isTest: boolean }} needs tests want a virtual display, and the layers
 * @returns {SystemPackage[]}
 */
export function missingSystemPackages({ needsWindow, isTest }) {
  listed = undefined;
  // Windows and macOS bring the libraries; node-gyp itself explains how to get a compiler there.
  if (process.platform === 'win32') return [];
  const isLinux = process.platform === 'linux';
  const isNeeded = {
    build: true,
    window: isLinux && needsWindow,
    display: isLinux && isTest,
    layers: isLinux && isTest,
  };
  return packages.filter(({ use, isPresent }) => isNeeded[use] && !isPresent());
}

/**
 * Installs them where apt-get exists and this is root; else names them and the line to run.
 * @param {SystemPackage[]} missing
 * @param {(line: string) => void} say
 * @returns {boolean} whether they are there now
 */
export function installSystemPackages(missing, say) {
  const lacks = missing.map(({ what }) => what).join(', ');
  if (process.platform === 'darwin') {
    say(`missing: ${lacks}. Run: xcode-select --install`);
    return false;
  }
  if (!hasProgram('apt-get')) {
    say(`missing: ${lacks}. Supply that with this system's package manager, then try again`);
    return false;
  }
  const isRoot = process.getuid?.() === 0 && process.env.LAZULI_SETUP_NO_APT !== '1';
  if (isRoot && !isPackageListPresent()) {
    say('reading the list of Debian packages (apt-get update)');
    apt(['update']);
  }
  const names = missing.map((entry) => entry.names.find(isKnown) ?? entry.names.at(-1));
  const line = `apt-get install --no-install-recommends -y ${names.join(' ')}`;
  if (!isRoot) {
    say(`missing: ${lacks}. Run this, then try again:`);
    console.log(`\n    ${process.getuid?.() === 0 ? '' : 'sudo '}${line}\n`);
    return false;
  }
  say(`installing ${names.join(' ')} (apt-get)`);
  const install = ['install', '--no-install-recommends', '-y', ...names];
  const isDone = apt(install) || (apt(['update']) && apt(install));
  listed = undefined;
  const still = missing.filter(({ isPresent }) => !isPresent());
  if (isDone && still.length === 0) return true;
  say(`still missing: ${still.map(({ what }) => what).join(', ') || lacks}. The line that failed: ${line}`);
  return false;
}

function isPackageListPresent() {
  const folder = '/var/lib/apt/lists';
  return (
    fs.existsSync(folder) &&
    fs.readdirSync(folder).some((name) => name.endsWith('_Packages') || name.endsWith('_Packages.lz4'))
  );
}

const isKnown = (name) =>
  /^Package: /m.test(capture('apt-cache', ['show', '--no-all-versions', name]).output);

// What apt-get says is shown only when it fails.
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { isOk, output } = capture('apt-get', ['-qq', ...args], { env });
  if (!isOk) process.stderr.write(output);
  return isOk;
}
