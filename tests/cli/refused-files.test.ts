// A hostile file is refused by every verb that opens one, in the same form, and nothing is left behind. RELIABILITY 28, 33, 46 and 47.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { build, errorOf, example, lazuli, root, temporaryFolder } from './support';

const slow = { timeout: 120_000 };
const digits = example('digits');
const hostile = (name: string): string => path.join(root, 'tests/fixtures/hostile', name);
beforeAll(build, 300_000);

const VERBS: readonly (readonly [string, (file: string, out: string) => string[]])[] = [
  ['inspect', (file) => ['inspect', file]],
  ['convert', (file, out) => ['convert', file, out]],
  ['diff', (file) => ['diff', file, file]],
  ['summary', (file) => ['summary', digits, '--weights', file]],
  [
    'materialize',
    (file, out) => ['materialize', digits, '--weights', file, '--shape', '4x1x8x8', '--out', out],
  ],
  ['evaluate', (file) => ['evaluate', digits, '--weights', file]],
];

test.each(VERBS)('PICKLE-3 %s refuses a file that would run code', slow, async (_verb, args) => {
  const file = hostile('pt/exec_os_system.pt');
  const folder = temporaryFolder();
  const before = readFileSync(file);
  const ended = await lazuli([...args(file, path.join(folder, 'out.safetensors')), '--json'], {
    cwd: folder,
  });
  expect(ended.code).toBe(2);
  expect(ended.stdout).toBe('');
  const error = errorOf(ended);
  expect(error['code']).toBe('file_refused');
  expect(error['message']).toContain(
    "the pickle names 'os.system', which runs code (PyTorch: Trying to load unsupported GLOBAL os.system whose module os is blocked.): data.pkl, byte ",
  );
  expect(JSON.stringify(error)).not.toMatch(/undefined|\bat .*\.[jt]s:/);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['zip/slip_dotdot.pt', 'unsafe name'],
  ['zip/slip_absolute.pt', 'unsafe name'],
  ['zip/bomb_4gib.pt', 'impossible size'],
  ['safetensors/hole.safetensors', 'hole'],
  ['npy/object_pickle.npy', 'Python objects'],
  ['other/git_lfs.pt', 'git-lfs pointer'],
])('ZIP-6 SAFE-2 NPY-3 TORCH-16 convert of %s writes no file anywhere', slow, async (name, part) => {
  const folder = temporaryFolder();
  const ended = await lazuli(['convert', hostile(name), path.join(folder, 'out.npz')], { cwd: folder });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(part);
  expect(ended.stderr).not.toMatch(/undefined|\n\s+at /);
  expect(readdirSync(folder)).toEqual([]);
  expect(existsSync('/tmp/lazuli-slip')).toBe(false);
});
