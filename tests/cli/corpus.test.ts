// The hostile files that ask for the most: each ends in time, within memory, with its refusal or its list, and leaves nothing behind.
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { checkFile, writeReport } from '../../scripts/check-corpus.mjs';
import { build, root, temporaryFolder } from './support';

beforeAll(build, 300_000);

test.each([
  'zip/bomb_4gib.pt',
  'zip/bomb_ratio.pt',
  'pt/billion_laughs.pt',
  'pt/deep_dict.pt',
  'pt/tensor_expanded_bomb.pt',
  'npy/npz_bomb.npz',
  'npy/header_4gib.npy',
  'safetensors/length_100_mb.safetensors',
])('RELIABILITY 32, 46, 47: %s', { timeout: 60_000 }, async (name) => {
  const file = path.join(root, 'tests/fixtures/hostile', name);
  const { problems, bytes } = await checkFile(
    file,
    'inspect',
    temporaryFolder(),
    writeReport(temporaryFolder()),
  );
  expect(problems).toEqual([]);
  expect(bytes).toBeGreaterThan(0);
});

test('RELIABILITY 33: probe says what is wrong with a file and where', { timeout: 60_000 }, async () => {
  const file = path.join(root, 'tests/fixtures/hostile/other/elf.pt');
  const { problems, code } = await checkFile(
    file,
    'probe',
    temporaryFolder(),
    writeReport(temporaryFolder()),
  );
  expect({ problems, code }).toEqual({ problems: [], code: 2 });
});
