// A wide set of what people save with PyTorch opens with equal content and values, and is saved again to equal bytes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  contiguousBytes,
  memorySource,
  MemorySink,
  readTorchTree,
  readWeights,
  writeSafetensors,
  writeTorchTree,
} from '#core/formats/index';
import type { ByteSource, TensorEntry } from '#core/formats/weights';
import { toJson, type JsonValue } from '#engine/json';

const GOLDEN = join(import.meta.dirname, '..', 'golden');
/**
 * Of several versions: everything of 2.13, of the others what differs, and random content; or folders somebody made with
 * scripts/golden/formats_wide.py or formats_random.py.
 */
const FOLDERS = process.env['LAZULI_WIDE']?.split(':') ?? [
  join(GOLDEN, 'formats_wide'),
  join(GOLDEN, 'formats_random'),
  join(GOLDEN, 'formats_1_13'),
  join(GOLDEN, 'formats_2_6'),
  join(GOLDEN, 'formats_2_14'),
];

interface WideFile {
  readonly format: string;
  readonly entries: Readonly<Record<string, object>>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly resave: boolean;
  /** What torch writes by default for the same content, in the manifest's folder. */
  readonly resaved?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly ignore_values?: boolean;
  readonly ignore_entries?: boolean;
  readonly globals_include?: readonly string[];
}

const files = FOLDERS.flatMap((folder) => {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    readonly files: Readonly<Record<string, WideFile>>;
  };
  return Object.entries(manifest.files).map(([name, golden]) => [join(folder, name), golden] as const);
});

const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(file));
const open = (file: string): ByteSource => memorySource(file, bytesOf(file));

async function hash(entry: TensorEntry): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of contiguousBytes(entry)) digest.update(chunk);
  return digest.digest('hex');
}

/** Integers past 2^53 are compared as the nearest doubles, which is what `JSON.parse` makes of the manifest's. */
function comparable(value: JsonValue): JsonValue {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(comparable);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item)]));
}

describe('TORCH-1 everything torch.save takes opens with its content', () => {
  it.each(files)('%s', async (name, golden) => {
    const file = await readWeights(open(name));
    expect(file.format).toBe(golden.format);
    const entries: Record<string, object> = {};
    for (const entry of file.entries)
      entries[entry.name] = {
        kind: entry.kind,
        dtype: entry.dtype,
        shape: entry.shape,
        requires_grad: entry.requiresGrad,
        ...(entry.shape === null ? {} : { sha256: await hash(entry) }),
      };
    if (golden.ignore_entries !== true) expect(entries).toEqual(golden.entries);
    if (golden.ignore_values !== true) {
      const values = comparable(toJson(file.values));
      if (Object.keys(golden.entries).length > 0) expect(values).toMatchObject(golden.values);
      else expect(values).toEqual(golden.values);
    }
    expect(file.globals).toEqual(expect.arrayContaining([...(golden.globals_include ?? [])]));
  });
});

describe('ZIP-1 everything torch.save takes is saved again to the same bytes', () => {
  const saved = files.filter(([, golden]) => golden.resave);
  it.each(saved.filter(([, { format }]) => format === 'torch'))('%s', async (name) => {
    const sink = new MemorySink();
    await writeTorchTree(sink, await readTorchTree(open(name)), { directory: basename(name, '.pt') });
    expect(Buffer.compare(sink.take(), bytesOf(name))).toBe(0);
  });

  const resaved = files.filter(([, golden]) => golden.resaved !== undefined);
  it.each(resaved)('PICKLE-1 %s in the present form', async (name, { resaved: expected = '' }) => {
    const sink = new MemorySink();
    await writeTorchTree(sink, await readTorchTree(open(name)), { directory: basename(name, '.pt') });
    expect(Buffer.compare(sink.take(), bytesOf(join(dirname(name), expected)))).toBe(0);
  });

  it.each(saved.filter(([, { format }]) => format === 'safetensors'))('SAFE-1 %s', async (name, golden) => {
    const sink = new MemorySink();
    const { entries, metadata } = await readWeights(open(name));
    expect(metadata).toEqual(golden.metadata);
    // The library writes several metadata keys in any order: the file's own is kept.
    await writeSafetensors(sink, { entries }, metadata as Record<string, string>);
    expect(Buffer.compare(sink.take(), bytesOf(name))).toBe(0);
  });
});
