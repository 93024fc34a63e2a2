// Saves under a system that fails: every call a save makes is made to fail in turn, and the process is killed at each. RELIABILITY 49 and 50.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { temporaryFolder } from './support';

const root = path.resolve(import.meta.dirname, '../..');
const bundle = path.join(root, 'out/cli/lazuli.js');
const golden = path.join(root, 'tests/golden/formats/checkpoint_adam.pt');
const written = readFileSync(golden);
const old = 'what was there before';
/** Only with it a system call can be made to fail from outside. */
const hasTracer = process.platform === 'linux' && existsSync('/usr/bin/strace');

beforeAll(() => {
  execFileSync(process.execPath, [path.join(root, 'bin/lazuli.mjs'), '--version'], { stdio: 'ignore' });
}, 300_000);

interface Outcome {
  readonly code: number | null;
  readonly error: string;
  /** What stands under the file's name. */
  readonly content: 'old' | 'new' | 'none' | 'broken';
  readonly others: readonly string[];
}

/** `lazuli convert` over an old file (or none), a system call of it tampered with as strace's `inject` says. */
function save(inject: string, hasOld = true): Outcome {
  const folder = temporaryFolder();
  const [source, target] = [path.join(folder, 'in.pt'), path.join(folder, 'checkpoint_adam.pt')];
  copyFileSync(golden, source);
  if (hasOld) writeFileSync(target, old);
  const { status, stderr } = spawnSync(
    'strace',
    [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${inject.slice(0, inject.indexOf(':'))}`,
      '-e',
      `inject=${inject}`,
    ].concat(process.execPath, bundle, ['convert', source, target, '--json']),
    // One thread makes all file calls: strace counts them per thread.
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  );
  const found = existsSync(target) ? readFileSync(target) : null;
  const content =
    found === null ? 'none' : found.equals(written) ? 'new' : found.toString() === old ? 'old' : 'broken';
  const others = readdirSync(folder).filter((name) => !['in.pt', path.basename(target)].includes(name));
  return { code: status, error: stderr, content, others };
}

const messageOf = ({ error }: Outcome): string =>
  (JSON.parse(error) as { error: { code: string; message: string } }).error.message;

test.runIf(hasTracer).each([
  ['the fsync of the file', 'fsync:error=EIO:when=1', 'the disk reports an error'],
  ['the fsync of the folder', 'fsync:error=EIO:when=2', 'the disk reports an error'],
  ['a write', 'pwrite64:error=ENOSPC:when=1', 'the disk is full'],
  ['the rename', 'rename:error=EROFS:when=1', 'the file system is read-only'],
  ['the change of mode', 'fchmod:error=EPERM:when=1', 'the system does not permit it'],
])('%s that fails keeps the old file and leaves no other', { timeout: 60_000 }, (_title, inject, reason) => {
  const outcome = save(inject);
  expect(outcome.code).toBe(1);
  expect(messageOf(outcome)).toContain(reason);
  expect(outcome.content).toBe('old');
  expect(outcome.others).toEqual([]);
});

test.runIf(hasTracer)('a save that is not certain leaves no new file either', { timeout: 60_000 }, () => {
  const outcome = save('fsync:error=EIO:when=2', false);
  expect([outcome.code, outcome.content, outcome.others]).toEqual([1, 'none', []]);
});

test.runIf(hasTracer).each([
  ['pwrite64:signal=KILL:when=1', 'old'],
  ['fsync:signal=KILL:when=1', 'old'],
  ['rename:signal=KILL:when=1', 'old|new'],
  ['fsync:signal=KILL:when=2', 'new'],
  ['unlink:signal=KILL:when=1', 'new'],
])('killed at %s the file is whole: %s', { timeout: 60_000 }, (inject, expected) => {
  const { code, content } = save(inject);
  expect(code).not.toBe(0);
  expect(expected.split('|')).toContain(content);
});
