// PyTorch's own verdict on every hostile file: where its words stand behind ours it says them, and what opens here opens there or is said not to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { contiguousBytes, memorySource, readWeights } from '#core/formats/index';
import { KNOWN_NAMES, refusedGlobal } from '#core/formats/pickle/globals';
import { PickleGlobal } from '#core/formats/pickle/values';

const TESTS = join(import.meta.dirname, '..');
const { files: verdicts, allowed } = JSON.parse(
  readFileSync(join(TESTS, 'golden', 'formats_verdicts.json'), 'utf8'),
) as {
  readonly files: Readonly<Record<string, string>>;
  readonly allowed: readonly string[];
};

/** Loads elsewhere too, but for what the machine lacks or what is said in another way. */
const OTHERWISE = new Map([
  ['pt/storage_location_cuda.pt', 'CUDA device'],
  ['pt/torchscript.pt', 'TorchScript archives'],
  ['zip/deflate_too_short.pt', 'unexpected decompressed size'],
]);
/** Their refusal takes its time, and PyTorch has no words for it. */
const BOMB = /bomb|laughs/;
/** The golden has this many letters of each. */
const LETTERS = 200;

/** What PyTorch is said to say: about the refusal here, or about a file that opens; undefined for nothing. */
async function wordsAbout(name: string): Promise<{ words: string | undefined; isOpen: boolean }> {
  const bytes = new Uint8Array(readFileSync(join(TESTS, 'fixtures', 'hostile', name)));
  try {
    const { entries, torchRefusal } = await readWeights(memorySource(name, bytes));
    for (const entry of entries) for await (const chunk of contiguousBytes(entry)) void chunk;
    return { words: torchRefusal, isOpen: true };
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    return { words: /\(PyTorch: (.*)\)/s.exec(error.message)?.[1], isOpen: false };
  }
}

it('TORCH-20 what PyTorch is said to say it says, of every hostile file', async () => {
  const wrong: string[] = [];
  let said = 0;
  for (const [name, verdict] of Object.entries(verdicts)) {
    if (BOMB.test(name)) continue;
    const { words, isOpen } = await wordsAbout(name);
    if (words !== undefined) said++;
    const other = OTHERWISE.get(name);
    const agrees =
      other !== undefined
        ? verdict.includes(other)
        : words === undefined
          ? !isOpen || verdict === 'opens'
          : verdict.includes(words.slice(0, LETTERS).trim());
    if (!agrees) wrong.push(`${name}: ${words ?? 'opens'}, but PyTorch: ${verdict}`);
  }
  expect(wrong).toEqual([]);
  expect(said).toBeGreaterThan(80);
});

/** A dtype of 2.14. */
const LATER = new Set(['torch.bcomplex32']);

it('PICKLE-4 the names that torch.load allows by default are known here, exactly they, and the few others are said to be refused', () => {
  const global = (path: string): PickleGlobal => {
    const at = path.lastIndexOf('.');
    return new PickleGlobal(path.slice(0, at), path.slice(at + 1));
  };
  const isAllowed = (path: string): boolean => refusedGlobal(global(path)) === null;
  expect(allowed.filter((path) => !isAllowed(path))).toEqual([]);
  const known = [...KNOWN_NAMES].filter((path) => isAllowed(path) && !LATER.has(path));
  expect(known.sort()).toEqual([...allowed].sort());
});
