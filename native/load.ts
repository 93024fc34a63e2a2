// Finds and loads the compiled addon. The same code serves the app, the command line, tests and plain Node.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LazuliError } from '#core/errors';

import type { NativeAddon } from './contract';

const FILE = join('native', 'build', 'Release', 'lazuli_native.node');
const BUILD = 'build it with: npm run native';

/** What the addon must export, so that one built from another version is recognized at once. */
const FUNCTIONS: readonly (keyof NativeAddon)[] = [
  'info',
  'ops',
  'setThreads',
  'setNiceness',
  'setIsa',
  'measurePeak',
  'libm',
  'setMemoryLimit',
  'allocate',
  'execute',
  'executeAsync',
  'createProgram',
  'live',
  'close',
  'injectFault',
  'gpuDevices',
  'gpuOps',
  'gpuMessages',
  'gpuTiles',
  'openGpu',
];

let loaded: NativeAddon | null = null;

/** The addon if something in this process has loaded it, else null. */
export const loadedNative = (): NativeAddon | null => loaded;

/**
 * The native addon, loaded once per process; its threads are joined when the process exits.
 * Throws `native_missing`, saying where it was looked for and how to build it.
 */
export function loadNative(): NativeAddon {
  if (loaded) return loaded;
  const file = findAddon(dirname(fileURLToPath(import.meta.url)));
  const addon = openAddon(file);
  // process.exit() skips the addon's own clean-up; a thread still running then would crash the process.
  process.on('exit', () => addon.close());
  loaded = addon;
  return addon;
}

/**
 * The addon's file, looked for from `start` upwards: this module lies in native/ in development and in out/ in a build.
 * Throws `native_missing`.
 */
export function findAddon(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, FILE);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) break;
  }
  throw new LazuliError(
    'native_missing',
    `The native backend is not built: no ${FILE} above ${start}. Run: npm run native`,
    {
      where: start,
      expected: FILE,
      got: 'no such file',
      hint: BUILD,
    },
  );
}

/** Loads an addon and checks that it is ours. Throws `native_missing` with the system's reason. */
export function openAddon(file: string): NativeAddon {
  return parseAddon(requireAddon(file), file);
}

function requireAddon(file: string): unknown {
  try {
    return createRequire(import.meta.url)(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LazuliError(
      'native_missing',
      `The native backend does not load: ${reason}. Run: npm run native`,
      {
        where: file,
        expected: `an addon for ${process.platform} ${process.arch}, Node-API 9`,
        got: reason,
        hint: BUILD,
      },
    );
  }
}

function parseAddon(value: unknown, file: string): NativeAddon {
  const missing = FUNCTIONS.filter(
    (name) => typeof value !== 'object' || value === null || typeof Reflect.get(value, name) !== 'function',
  );
  if (missing.length === 0) return value as NativeAddon;
  throw new LazuliError(
    'native_missing',
    `The native backend was built from another version: it has no ${missing.join(', ')}. Run: npm run native`,
    { where: file, expected: FUNCTIONS.join(', '), got: `no ${missing.join(', ')}`, hint: BUILD },
  );
}
