// Files written by real PyTorch, NumPy and safetensors open with equal content, and are saved again to equal bytes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  contiguousBytes,
  memorySource,
  MemorySink,
  readTorchTree,
  readWeights,
  writeNumpy,
  writeSafetensors,
  writeTorch,
  writeTorchTree,
} from '#core/formats/index';
import type { ByteSource, TensorEntry, WeightFile } from '#core/formats/weights';

const FOLDER = join(import.meta.dirname, '..', 'golden', 'formats');

interface GoldenEntry {
  readonly kind: string;
  readonly dtype: string;
  readonly shape: readonly number[] | null;
  readonly requires_grad: boolean;
  readonly sha256?: string;
}

interface GoldenFile {
  readonly entries: Readonly<Record<string, GoldenEntry>>;
  readonly format: string;
  /** True when the file saved again must equal the file. */
  readonly resave?: boolean;
  readonly state_dict?: boolean;
  readonly numpy?: boolean;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly globals?: readonly string[];
}

const manifest = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as {
  readonly files: Readonly<Record<string, GoldenFile>>;
};
const files = Object.entries(manifest.files);

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, name)));
const open = (name: string): ByteSource => memorySource(name, bytesOf(name));
/** The directory torch derives from a path. */
const directoryOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));

async function hash(entry: TensorEntry): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of contiguousBytes(entry)) digest.update(chunk);
  return digest.digest('hex');
}

async function describeEntries(file: WeightFile): Promise<Record<string, GoldenEntry>> {
  const described: Record<string, GoldenEntry> = {};
  for (const entry of file.entries) {
    described[entry.name] = {
      kind: entry.kind,
      dtype: entry.dtype,
      shape: entry.shape,
      requires_grad: entry.requiresGrad,
      ...(entry.shape === null ? {} : { sha256: await hash(entry) }),
    };
  }
  return described;
}

/** The rule that a golden file opens by; the first that matches. */
const OPENED_BY: readonly (readonly [string, RegExp])[] = [
  ['ZIP-8 deflated', /^deflated\.pt$/],
  ['ZIP-10 neither aligned nor described', /^unaligned\.pt$/],
  ['TORCH-2 every dtype', /^(dtypes|halves|scalars|empties)\.pt$/],
  ['TORCH-3 views and shared storages', /^(views|tied|same_twice)\.pt$/],
  ['TORCH-4 parameters and uninitialized entries', /^(parameters?|lazy|partly)\.pt$/],
  ['TORCH-5 bytes swapped, conjugated or negated', /^(swap|big_endian|conjugate|negative)\.pt$/],
  ['TORCH-6 quantized and sparse', /^(quantized|sparse)\.pt$/],
  ['TORCH-7 legacy', /^legacy/],
  ['TORCH-8 programs and modules', /^(script|whole_module)\.pt$/],
  ['TORCH-1 values of every kind', /\.pt$/],
  ['SAFE-1 safetensors', /\.safetensors$/],
  ['NPY-1 arrays', /\.npy$/],
  ['NPY-4 archives of arrays', /\.npz$/],
];
const ruleOf = (name: string): string => OPENED_BY.find(([, names]) => names.test(name))?.[0] ?? '';

it('every golden file is opened by a rule', () => {
  expect(files.filter(([name]) => ruleOf(name) === '')).toEqual([]);
});

describe.each(OPENED_BY)('%s: golden files open with the content their writers had', (rule) => {
  it.each(files.filter(([name]) => ruleOf(name) === rule))('%s', async (name, golden) => {
    const file = await readWeights(open(name));
    expect(file.format).toBe(golden.format);
    expect(await describeEntries(file)).toEqual(golden.entries);
    expect(file.entries.map((entry) => entry.name).sort()).toEqual(Object.keys(golden.entries).sort());
    if (golden.values !== undefined) expect(file.values).toMatchObject(golden.values);
    if (golden.metadata !== undefined) expect(file.metadata).toEqual(golden.metadata);
    expect(file.globals).toEqual(golden.globals ?? []);
  });
});

describe('golden files are saved again to the bytes PyTorch, NumPy and safetensors wrote', () => {
  const torchFiles = files.filter(([, golden]) => golden.format === 'torch' && golden.resave === true);
  it.each(torchFiles)('ZIP-1 %s as the same object', async (name) => {
    const sink = new MemorySink();
    await writeTorchTree(sink, await readTorchTree(open(name)), { directory: directoryOf(name) });
    expect(Buffer.compare(sink.take(), bytesOf(name))).toBe(0);
  });

  const stateDicts = files.filter(([, golden]) => golden.state_dict === true);
  it.each(stateDicts)('TORCH-11 %s as a state dict', async (name) => {
    const file = await readWeights(open(name));
    const sink = new MemorySink();
    const metadata = file.stateDictMetadata;
    await writeTorch(
      sink,
      { entries: file.entries, ...(metadata === undefined ? {} : { metadata }) },
      { directory: directoryOf(name) },
    );
    expect(Buffer.compare(sink.take(), bytesOf(name))).toBe(0);
  });

  const safetensors = files.filter(([, golden]) => golden.format === 'safetensors');
  it.each(safetensors)('SAFE-1 %s', async (name, golden) => {
    const sink = new MemorySink();
    const { entries } = await readWeights(open(name));
    await writeSafetensors(sink, { entries }, golden.metadata);
    expect(Buffer.compare(sink.take(), bytesOf(name))).toBe(0);
  });

  const arrays = files.filter(([, golden]) => golden.numpy === true);
  it.each(arrays)('NPY-2 %s', async (name) => {
    const sink = new MemorySink();
    const [entry] = (await readWeights(open(name))).entries;
    if (entry === undefined) throw new Error('no array');
    await writeNumpy(sink, entry);
    expect(Buffer.compare(sink.take(), bytesOf(name))).toBe(0);
  });
});
