// Where things stand in a checkout, and whether something built is older than its sources.
import fs from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

/** A path inside the checkout. @param {...string} parts */
export const at = (...parts) => path.join(root, ...parts);

/** What the command line is bundled from. */
export const cliSources = ['core', 'engine', 'native', 'cli', 'vite.cli.config.ts', 'package.json'];

/** What the window is built from. */
export const windowSources = [
  'core',
  'engine',
  'native',
  'main',
  'preload',
  'renderer',
  'electron.vite.config.ts',
  'package.json',
];

/**
 * Whether `output` is missing or older than any source; a folder's own time tells of files removed from it.
 * @param {string} output path from the root
 * @param {string[]} sources files and folders, from the root
 */
export function isStale(output, sources) {
  const built = fs.statSync(at(output), { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return true;
  const isNewer = (file) => {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    if (stat.mtimeMs > built) return true;
    if (!stat.isDirectory()) return false;
    return fs.readdirSync(file).some((name) => !isSkipped(file, name) && isNewer(path.join(file, name)));
  };
  return sources.some((source) => isNewer(at(source)));
}

// native/src is C++ and native/build its output: node-gyp's business, not the bundler's.
function isSkipped(folder, name) {
  return folder === at('native') && (name === 'src' || name === 'build');
}
