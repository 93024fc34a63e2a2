// Builds native/build/Release/lazuli_native.node with node-gyp, only when its inputs have changed, and compiles
// only what changed. Downloads nothing: the headers are the running Node's, else those of node-api-headers.
//
//   node native/build.mjs [--force] [--verbose]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { withLock } from '../scripts/lock.mjs';

const require = createRequire(import.meta.url);
const native = import.meta.dirname;
const build = path.join(native, 'build');
const addon = path.join(build, 'Release', 'lazuli_native.node');
const stampFile = path.join(build, 'stamp.json');

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** Every input of the build by its path in native/, with its content's hash. */
function hashInputs() {
  const inputs = {};
  const gyp = path.join(native, 'binding.gyp');
  if (fs.existsSync(gyp)) inputs['binding.gyp'] = sha256(fs.readFileSync(gyp));
  const source = path.join(native, 'src');
  const entries = fs.existsSync(source)
    ? fs.readdirSync(source, { recursive: true, withFileTypes: true })
    : [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    inputs[path.relative(native, file).split(path.sep).join('/')] = sha256(fs.readFileSync(file));
  }
  return inputs;
}

/** What decides the makefiles: the gyp file, the list of sources, the headers and this Node. */
function configurationOf(inputs, nodedir) {
  const facts = [
    inputs['binding.gyp'] ?? 'missing',
    Object.keys(inputs).sort(),
    require('node-addon-api/package.json').version,
    require('node-gyp/package.json').version,
    process.version,
    process.platform,
    process.arch,
    nodedir ?? 'default',
    native,
    process.env.CC ?? '',
    process.env.CXX ?? '',
  ];
  return sha256(JSON.stringify(facts));
}

function readStamp() {
  try {
    return JSON.parse(fs.readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

const same = (a, b) =>
  JSON.stringify(Object.entries(a ?? {}).sort()) === JSON.stringify(Object.entries(b).sort());

/** @returns {'built' | 'stale' | 'failed'} `failed`: exactly these inputs have been tried and do not compile. */
export function addonState() {
  const stamp = readStamp();
  const inputs = hashInputs();
  if (same(stamp.failed, inputs)) return 'failed';
  return fs.existsSync(addon) && same(stamp.inputs, inputs) ? 'built' : 'stale';
}

/** A directory holding include/node/{node_api.h, common.gypi}, or undefined to let node-gyp look for itself. */
function findHeaders() {
  const isComplete = (dir) =>
    ['node_api.h', 'common.gypi'].every((file) => fs.existsSync(path.join(dir, 'include/node', file)));
  const prefix = path.resolve(path.dirname(fs.realpathSync(process.execPath)), '..');
  const given = [process.env.npm_config_nodedir, process.env.npm_package_config_node_gyp_nodedir, prefix];
  const found = given.find((dir) => dir !== undefined && dir !== '' && isComplete(dir));
  if (found !== undefined || process.platform === 'win32') return found;
  return writeApiHeaders();
}

// The addon uses Node-API alone, so the pinned package's four headers and a common.gypi without settings suffice.
function writeApiHeaders() {
  const nodedir = path.join(build, 'headers');
  const include = path.join(nodedir, 'include', 'node');
  fs.mkdirSync(include, { recursive: true });
  fs.cpSync(require('node-api-headers').include_dir, include, { recursive: true });
  fs.writeFileSync(path.join(include, 'common.gypi'), API_COMMON_GYPI);
  fs.writeFileSync(path.join(include, 'config.gypi'), "{ 'target_defaults': {}, 'variables': {} }\n");
  return nodedir;
}

const API_COMMON_GYPI = `{
  'target_defaults': {
    'default_configuration': 'Release',
    'configurations': { 'Release': { 'cflags': [ '-O3' ] }, 'Debug': { 'cflags': [ '-g', '-O0' ] } },
    'conditions': [
      [ 'OS=="linux" or OS=="freebsd"', { 'cflags': [ '-fPIC', '-pthread' ], 'ldflags': [ '-pthread' ] } ],
      [ 'OS=="mac"', { 'xcode_settings': { 'GCC_ENABLE_CPP_EXCEPTIONS': 'YES' } } ]
    ]
  }
}
`;

// make compares times; content whose hash changed but whose time is old (a restored copy) would be skipped.
// Objects may date from the last build that succeeded or from the one that failed after it: both are compared.
function touchChanged({ inputs, failed = inputs }, current) {
  const now = new Date();
  for (const [file, hash] of Object.entries(current)) {
    const isKnown = inputs?.[file] === hash && failed?.[file] === hash;
    if (!isKnown) fs.utimesSync(path.join(native, file), now, now);
  }
}

function nodeGyp(args, isVerbose, env = {}) {
  const gyp = require.resolve('node-gyp/bin/node-gyp.js');
  const result = spawnSync(process.execPath, [gyp, ...args, ...(isVerbose ? [] : ['--loglevel=error'])], {
    cwd: native,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // npm's own settings (a nodedir of another Node, a device directory) must not reach node-gyp twice.
    env: { ...process.env, ...env, npm_config_nodedir: undefined },
    stdio: isVerbose ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
  });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    return false;
  }
  return true;
}

/**
 * Makes the addon current. What the compiler says is shown only when it fails.
 * @returns {Promise<boolean>} false when it does not compile; the reason is then on stderr
 */
export async function buildAddon({ isForced = false, isVerbose = false } = {}) {
  const say = (line) => process.stderr.write(`[native] ${line}\n`);
  if (!isForced && addonState() === 'built') return true;
  return withLock(
    path.join(build, '.lock'),
    () => {
      if (!isForced && addonState() === 'built') return true;
      const start = performance.now();
      const stamp = isForced ? {} : readStamp();
      const inputs = hashInputs();
      const nodedir = findHeaders();
      const configuration = configurationOf(inputs, nodedir);
      const flags = nodedir === undefined ? [] : [`--nodedir=${nodedir}`];
      const compile = ['build', '-j', String(os.availableParallelism()), ...flags];
      fs.rmSync(stampFile, { force: true });
      if (isForced) fs.rmSync(path.join(build, 'Release'), { recursive: true, force: true });
      touchChanged(stamp, inputs);
      say(
        stamp.inputs === undefined
          ? 'building the native backend'
          : 'rebuilding what changed in the native backend',
      );
      const isConfigured =
        stamp.configuration === configuration || nodeGyp(['configure', ...flags], isVerbose);
      const isBuilt = isConfigured && nodeGyp(compile, isVerbose) && fs.existsSync(addon);
      const next = isBuilt
        ? { configuration, inputs }
        : { configuration: isConfigured ? configuration : undefined, inputs: stamp.inputs, failed: inputs };
      fs.writeFileSync(stampFile, JSON.stringify(next, null, 1));
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      say(
        isBuilt ? `built in ${seconds} s` : `does not build (${seconds} s); the compiler's words are above`,
      );
      return isBuilt;
    },
    (holder) => say(`waiting for the build of process ${holder}`),
  );
}

/**
 * Builds the addon once more in native/build/<name>, with more compiler and linker flags from `env` (CXXFLAGS, LDFLAGS); the
 * ordinary build beside it stays as it is. Needs make, so not on Windows.
 * @returns {Promise<string | null>} the folder of lazuli_native.node; null when it does not compile
 */
export async function buildApart(name, env) {
  if (!(await buildAddon())) return null;
  const nodedir = findHeaders();
  const flags = nodedir === undefined ? [] : [`--nodedir=${nodedir}`];
  const compile = ['build', '-j', String(os.availableParallelism()), ...flags];
  const isBuilt = await withLock(
    path.join(build, '.lock'),
    () => nodeGyp(compile, false, { ...env, builddir_name: name }),
    (holder) => process.stderr.write(`[native] waiting for the build of process ${holder}\n`),
  );
  return isBuilt ? path.join(build, name, 'Release') : null;
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const isForced = process.argv.includes('--force');
  const isVerbose = process.argv.includes('--verbose');
  process.exitCode = (await buildAddon({ isForced, isVerbose })) ? 0 : 1;
}
