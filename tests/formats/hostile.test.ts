// Every file of the hostile corpus is refused with the message its maker expected, or opens as harmless data.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { describe, expect, it } from 'vitest';

import { contiguousBytes, memorySource, readWeights } from '#core/formats/index';
import type { WeightFile } from '#core/formats/weights';
import { LazuliError } from '#core/errors';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'hostile');

/** A part of the refusal (alternatives separated by `|`), or what must open. */
type Expected =
  | string
  | { readonly opens: readonly string[]; readonly globals?: readonly string[]; readonly warning?: string };

const expectations = Object.entries(
  JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, Expected>,
);

/** Lists a file and reads every byte of it, as `inspect` does. */
async function readEverything(name: string): Promise<WeightFile> {
  const file = await readWeights(memorySource(name, new Uint8Array(readFileSync(join(FOLDER, name)))));
  for (const entry of file.entries) {
    for await (const chunk of contiguousBytes(entry)) void chunk;
  }
  return file;
}

async function refusalOf(name: string): Promise<LazuliError> {
  try {
    await readEverything(name);
  } catch (error) {
    if (error instanceof LazuliError) return error;
    throw error;
  }
  throw new Error(`${name} was opened`);
}

/** The rule that refuses a file; the first that matches. */
const REFUSED_BY: readonly (readonly [string, RegExp])[] = [
  ['ZIP-7 a record that is not what its CRC says', /^zip\/(crc|deflate_crc|deflate_garbage)\./],
  ['ZIP-8 deflate streams that are not what they claim', /^zip\/(bomb|deflate)_/],
  ['TORCH-16 files of other kinds', /^(other\/|zip\/(docx|keras|inner_zip|empty_zip))/],
  ['ZIP-6 zip headers that lie', /^zip\//],
  ['PICKLE-2 opcodes and protocols', /^pt\/(opcode|proto)_/],
  ['PICKLE-3 names that run code', /^(pt|legacy)\/exec/],
  [
    'TORCH-9 storages and tensors that do not fit',
    /^pt\/(storage|tensor|parameter|qtensor|subclass|persid)_/,
  ],
  ['TORCH-10 the records beside the pickle', /^pt\/(version|byteorder|no_directory|two_directories)/],
  ['PICKLE-7 known names called with other arguments', /^pt\/call_/],
  ['TORCH-6 parts of sparse, nested and meta tensors that do not fit', /^pt\/(sparse|meta)_/],
  ['PICKLE-5 the wrong stack, memo, target or length', /^pt\//],
  ['TORCH-7 legacy files', /^legacy\//],
  ['SAFE-2 safetensors headers', /^safetensors\//],
  ['NPY-4 archives of arrays', /\.npz$/],
  ['NPY-3 array headers', /^npy\//],
];
const ruleOf = (name: string): string => REFUSED_BY.find(([, names]) => names.test(name))?.[0] ?? '';

describe('hostile files', () => {
  it('has at least 150 files, each with an expectation', () => {
    const names = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && file.name !== 'expected.json')
      .map((file) => relative(FOLDER, join(file.parentPath, file.name)).replaceAll('\\', '/'));
    expect(names.sort()).toEqual(expectations.map(([name]) => name).sort());
    expect(names.length).toBeGreaterThanOrEqual(150);
    expect(names.filter((name) => ruleOf(name) === '')).toEqual([]);
  });
});

const refused = expectations.filter((pair): pair is [string, string] => typeof pair[1] === 'string');
describe.each(REFUSED_BY)('%s', (rule) => {
  it.each(refused.filter(([name]) => ruleOf(name) === rule))('%s is refused', async (name, part) => {
    const error = await refusalOf(name);
    expect(error.code).toBe('file_refused');
    expect(part.split('|').some((option) => error.message.includes(option)) || error.message).toBe(true);
    expect(error.message.startsWith(`${name}: `)).toBe(true);
    const everything = JSON.stringify(error.toData());
    expect(everything).not.toMatch(/undefined|NaN|\[object|\bat .*\.ts:/);
    expect(everything).not.toMatch(/\\u00[01]|\p{Cc}|\p{Cf}/u);
    expect(error.details.where).toContain(name);
  });
});

describe('hostile files that are harmless', () => {
  const opened = expectations.filter(
    (pair): pair is [string, Exclude<Expected, string>] => typeof pair[1] !== 'string',
  );
  it.each(opened)('PICKLE-4 %s opens as data', async (name, expected) => {
    const file = await readEverything(name);
    expect(file.entries.map((entry) => entry.name)).toEqual(expected.opens);
    expect(file.globals).toEqual(expected.globals ?? []);
    if (expected.warning !== undefined) expect(file.warnings.join('\n')).toContain(expected.warning);
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
  });
});
