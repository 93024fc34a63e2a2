// Damaged and odd safetensors, .npy and .npz files, judged by the reference packages (scripts/golden/formats_strict.py) and here: both
// open them, both refuse them, or one of few reasons lies between.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { contiguousBytes, memorySource, readWeights } from '#core/formats/index';

type Case = readonly [format: string, bytes: string, refused: string | null];

const FILE = process.env['LAZULI_STRICT'] ?? join(import.meta.dirname, '..', 'golden', 'formats_strict.json');
const { cases } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly cases: readonly Case[] };

/** What is refused here and opens there, by what the refusal says. Each has its line in docs/spec/audit-files.md. */
const STRICTER: readonly RegExp[] = [
  /unknown field|does not start with '\{'|the key .* twice/,
  /data has the wrong size|has the key .* twice or without meaning/,
  /holds (raw records|records with fields|texts|byte strings|dates|durations|long doubles)|describes records with fields/,
  /uses compression method|bytes after its end record|two different entry counts|split over several disks|of another kind/,
  /does not end where the end record begins|has two entries named|has two sizes|reserved bits set|impossible size|the zip is empty|a zip entry|which is not an array/,
];
/** What opens here and is refused there, by what the reference says. */
const LAXER: readonly RegExp[] = [/^KeyError: '(F8_E8M0|F4)'/];

async function judged(format: string, bytes: string): Promise<string | null> {
  try {
    const file = await readWeights(
      memorySource(`odd.${format}`, new Uint8Array(Buffer.from(bytes, 'base64'))),
    );
    for (const entry of file.entries) for await (const chunk of contiguousBytes(entry)) void chunk;
    return null;
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    return error.message;
  }
}

const isKnown = (there: string | null, here: string | null): boolean =>
  (there === null) === (here === null) ||
  (here === null
    ? LAXER.some((reason) => reason.test(there ?? ''))
    : STRICTER.some((reason) => reason.test(here)));

it('SAFE-2, NPY-3, NPY-4 what the reference packages refuse is refused here, and the other way round', async () => {
  const odd: { format: string; bytes: string; there: string | null; here: string | null }[] = [];
  for (const [format, bytes, there] of cases) {
    const here = await judged(format, bytes);
    if (!isKnown(there, here)) odd.push({ format, bytes, there, here });
  }
  const told = process.env['LAZULI_STRICT_TOLD'];
  if (told !== undefined) writeFileSync(told, JSON.stringify(odd));
  expect(odd).toEqual([]);
});
