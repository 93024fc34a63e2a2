// Damaged pickles are judged as PyTorch judges them: refused by both, opened by both, or for one of few reasons by one alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { contiguousBytes, memorySource, MemorySink, readWeights } from '#core/formats/index';
import { readZip, type ZipArchive } from '#core/formats/zip/read';
import { ZipWriter } from '#core/formats/zip/write';

const GOLDEN = join(import.meta.dirname, '..', 'golden');
const FILE = process.env['LAZULI_MUTATIONS'] ?? join(GOLDEN, 'formats_mutations.json');

interface Case {
  readonly file: string;
  readonly pickle: string;
  /** `opens`, or the error. */
  readonly torch: string;
}

const { cases } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly cases: readonly Case[] };

/** What is refused here and opens there, by what the refusal says. Each is a rule of docs/spec/files.md. */
const STRICTER: readonly RegExp[] = [
  /leaves values on its stack|goes on after its pickle ends/,
  /does not start with a protocol number|has protocol \d+/,
  /is named with two sizes or types|a reference to a storage is malformed|the key .* twice|sets the state of one object twice/,
  /with the wrong arguments|which is no function/,
];
/** The golden has this many letters of PyTorch's words. */
const LETTERS = 100;

const archives = new Map<string, Promise<ZipArchive>>();

function archiveOf(name: string): Promise<ZipArchive> {
  const known = archives.get(name);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(readFileSync(join(GOLDEN, 'formats_wide', name)));
  const archive = readZip(memorySource(name, bytes));
  archives.set(name, archive);
  return archive;
}

/** The golden file with another pickle. */
async function fileOf({ file, pickle }: Case): Promise<Uint8Array> {
  const archive = await archiveOf(file);
  const sink = new MemorySink();
  const writer = new ZipWriter(sink, '');
  for (const { name } of archive.entries) {
    const isPickle = name.endsWith('/data.pkl');
    const bytes = isPickle ? new Uint8Array(Buffer.from(pickle, 'base64')) : await archive.readAll(name, 1e6);
    await writer.writeBytes(name, bytes);
  }
  await writer.finish();
  return sink.take();
}

/** The refusal, or how the file opens and what PyTorch is said to say to it. */
async function judged(mutation: Case): Promise<{ refusal?: string; said?: string }> {
  try {
    const file = await readWeights(memorySource('damaged.pt', await fileOf(mutation)));
    for (const entry of file.entries) for await (const chunk of contiguousBytes(entry)) void chunk;
    return file.torchRefusal === undefined ? {} : { said: file.torchRefusal };
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    return { refusal: error.message };
  }
}

function agrees(there: string, { refusal, said }: { refusal?: string; said?: string }): boolean {
  if (there === 'opens')
    return refusal === undefined ? said === undefined : STRICTER.some((reason) => reason.test(refusal));
  if (refusal !== undefined) return true;
  return said !== undefined && there.includes(said.slice(0, LETTERS));
}

it('PICKLE-4 damaged pickles open here where they open in PyTorch, or are said not to open there', async () => {
  const odd: string[] = [];
  for (const mutation of cases) {
    const here = await judged(mutation);
    if (!agrees(mutation.torch, here))
      odd.push(`${mutation.file}: PyTorch: ${mutation.torch} | here: ${JSON.stringify(here)}`);
  }
  expect(odd).toEqual([]);
  expect(cases.length).toBeGreaterThan(200);
});
