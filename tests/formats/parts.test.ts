// The small parts the formats are made of: CRC, the serialization id, 16-bit floats, UTF-8, index files, conversions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { decodeSurrogateText, encodeText } from '#core/formats/bytes';
import {
  fromBFloat16Bits,
  fromFloat16Bits,
  toBFloat16Bits,
  toFloat16Bits,
} from '#core/tensor/half-precision';
import {
  contiguousBytes,
  convertFloats,
  memorySource,
  MemorySink,
  readContiguous,
  readSafetensorsIndex,
  readWeights,
  writeNumpy,
  writeTorch,
  writeWeights,
} from '#core/formats/index';
import type { StateDictContent, StorageSource, TensorEntry } from '#core/formats/weights';
import { crc32, portableCrc32, useCrc32 } from '#core/formats/zip/crc32';
import { serializationId } from '#core/formats/zip/identifier';
import { readZip } from '#core/formats/zip/read';

const GOLDEN = join(import.meta.dirname, '..', 'golden', 'formats');
const storageOf = (bytes: Uint8Array): StorageSource => ({
  bytes: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
});
const entryOf = (bytes: Uint8Array): TensorEntry => ({
  name: '',
  kind: 'tensor',
  dtype: 'uint8',
  shape: [bytes.length],
  stride: [1],
  offset: 0,
  storage: storageOf(bytes),
  storageKey: '',
  requiresGrad: false,
});
const open = (name: string): ReturnType<typeof memorySource> =>
  memorySource(name, new Uint8Array(readFileSync(join(GOLDEN, name))));

describe('checksums', () => {
  it('ZIP-9 CRC-32 of 123456789 is CBF43926, also when taken in two parts', () => {
    const bytes = encodeText('123456789');
    expect(crc32(bytes).toString(16)).toBe('cbf43926');
    expect(crc32(bytes.subarray(3), crc32(bytes.subarray(0, 3))).toString(16)).toBe('cbf43926');
  });

  it('ZIP-3 the record names of torch 2.6 and 2.14 hash to their known halves of the serialization id', () => {
    const names = (more: readonly string[]): Uint8Array[] =>
      ['data.pkl', ...more, 'byteorder', 'data/0', 'data/1', 'version'].map(encodeText);
    expect(serializationId(names([]), []).slice(0, 20)).toBe('13263068698938530805');
    expect(serializationId(names(['.format_version', '.storage_alignment']), []).slice(0, 20)).toBe(
      '05611085236196705294',
    );
  });
});

describe('files beyond 4 GiB', () => {
  const golden = JSON.parse(readFileSync(join(GOLDEN, 'zip64.json'), 'utf8')) as {
    readonly directory: string;
    readonly size: number;
    readonly crc: number;
    readonly head: string;
    readonly tail: string;
  };
  const entry = (name: string, values: Float32Array): TensorEntry => ({
    name,
    kind: 'tensor',
    dtype: 'float32',
    shape: [values.length],
    stride: [1],
    offset: 0,
    storage: storageOf(new Uint8Array(values.buffer)),
    storageKey: '',
    requiresGrad: false,
  });

  it('ZIP-4 have the headers torch writes, and open', async () => {
    const zeros = new Uint8Array(4 * 1024 * 1024);
    const isZeros = (bytes: Uint8Array): boolean => bytes.buffer === zeros.buffer;
    useCrc32((bytes, previous) => (isZeros(bytes) ? golden.crc : portableCrc32(bytes, previous)));
    onTestFinished(() => {
      useCrc32(portableCrc32);
    });
    const kept: Uint8Array[] = [];
    const large: TensorEntry = {
      ...entry('a', new Float32Array(0)),
      dtype: 'uint8',
      shape: [golden.size],
      storage: { bytes: golden.size, read: (_, length) => Promise.resolve(zeros.subarray(0, length)) },
    };
    const entries = [large, entry('b', Float32Array.of(0, 1, 2, 3, 4)), entry('c', Float32Array.of(1, 1, 1))];
    const write = (bytes: Uint8Array): Promise<void> => {
      if (!isZeros(bytes)) kept.push(bytes);
      return Promise.resolve();
    };
    await writeTorch({ write }, { entries }, { directory: golden.directory });
    expect(Buffer.concat(kept).toString('hex')).toBe(golden.head + golden.tail);

    const head = Buffer.from(golden.head, 'hex');
    const tail = Buffer.from(golden.tail, 'hex');
    const dataEnd = head.length + golden.size;
    const file = await readWeights({
      name: 'large.pt',
      size: dataEnd + tail.length,
      read: (offset, length) => {
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; at++) {
          const place = offset + at;
          bytes[at] = (place < head.length ? head[place] : tail[place - dataEnd]) ?? 0;
        }
        return Promise.resolve(bytes);
      },
    });
    expect(file.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ['a', [golden.size]],
      ['b', [5]],
      ['c', [3]],
    ]);
    const [, second] = file.entries;
    if (second === undefined) throw new Error('missing');
    expect(new Float32Array((await readContiguous(second)).slice().buffer)).toEqual(
      Float32Array.of(0, 1, 2, 3, 4),
    );
  });
});

describe('16-bit floats', () => {
  it('TORCH-14 round as PyTorch rounds', async () => {
    const { entries } = await readWeights(open('halves.pt'));
    const [float32, float16, bfloat16] = await Promise.all(entries.map(readContiguous));
    if (float32 === undefined || float16 === undefined || bfloat16 === undefined) throw new Error('missing');
    expect(convertFloats(float32, 'float32', 'float16')).toEqual(float16);
    expect(convertFloats(float32, 'float32', 'bfloat16')).toEqual(bfloat16);
  });

  it('TORCH-14 all 65,536 patterns survive the way to float32 and back', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const half = fromFloat16Bits(bits);
      const brain = fromBFloat16Bits(bits);
      if (Number.isNaN(half)) expect(toFloat16Bits(half) & 0x7c00).toBe(0x7c00);
      else if (toFloat16Bits(half) !== bits) expect.unreachable(`float16 ${String(bits)}`);
      if (Number.isNaN(brain)) expect(toBFloat16Bits(brain) & 0x7f80).toBe(0x7f80);
      else if (toBFloat16Bits(brain) !== bits) expect.unreachable(`bfloat16 ${String(bits)}`);
    }
  });
});

describe('text', () => {
  it('PICKLE-6 keeps lone surrogates as Python does', () => {
    for (const text of ['', 'a', 'grüße', '😀', 'a\ud800b', '\udfff\ud800', '\ufeffx']) {
      expect(decodeSurrogateText(encodeText(text))).toBe(text);
    }
    expect(decodeSurrogateText(Uint8Array.of(0xff))).toBeNull();
  });
});

describe('reading by reference', () => {
  it('TORCH-15 lists a file without reading its tensors', async () => {
    const source = open('many.pt');
    const ranges: [number, number][] = [];
    const watched = {
      ...source,
      read: (offset: number, length: number) => {
        ranges.push([offset, length]);
        return source.read(offset, length);
      },
    };
    const file = await readWeights(watched);
    const before = ranges.length;
    const last = file.entries.at(-1);
    if (last === undefined) throw new Error('empty');
    for await (const chunk of contiguousBytes(last)) expect(chunk.length).toBe(4);
    expect(ranges.length - before).toBe(1);
  });

  it('ZIP-7 finds a changed byte of a tensor when it is read', async () => {
    const source = open('linear.pt');
    const bytes = (await source.read(0, source.size)).slice();
    const archive = await readZip(source);
    const at = archive.dataOffset('linear/data/0');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const file = await readWeights(memorySource('changed.pt', bytes));
    const [first, second] = file.entries;
    if (first === undefined || second === undefined) throw new Error('missing');
    await expect(readContiguous(first)).rejects.toThrow(/damaged/);
    expect((await readContiguous(second)).length).toBe(8);
  });

  it('ZIP-8 inflates large entries piece by piece, forwards and from the start again', async () => {
    const { zipSync } = await import('fflate');
    const values = new Uint8Array(17_000_000);
    for (let at = 0; at < values.length; at += 1024) values.fill(at >>> 10, at, at + 1024);
    const array = new MemorySink();
    await writeNumpy(array, { ...entryOf(values), name: 'a' });
    const zipped = zipSync({ 'a.npy': [array.take(), { level: 1 }] });
    const [entry] = (await readWeights(memorySource('large.npz', zipped))).entries;
    if (!entry?.storage) throw new Error('missing');
    expect(Buffer.compare(await readContiguous(entry), values)).toBe(0);
    for (const at of [16_999_990, 12_345_678]) {
      expect(await entry.storage.read(at, 10)).toEqual(values.slice(at, at + 10));
    }
  });

  it('TORCH-3 shares one storage object between tied tensors', async () => {
    const { entries } = await readWeights(open('tied.pt'));
    const storages = new Map(entries.map((entry) => [entry.name, entry.storage]));
    expect(storages.get('encoder.weight')).toBe(storages.get('decoder.weight'));
    expect(storages.get('encoder.weight')).not.toBe(storages.get('scale'));
  });
});

describe('writing', () => {
  const content = async (name: string): Promise<StateDictContent> => ({
    entries: (await readWeights(open(name))).entries,
  });

  it('TORCH-12 leaves uninitialized entries out when asked', async () => {
    const sink = new MemorySink();
    await writeTorch(sink, await content('partly.pt'), { uninitialized: 'skip' });
    const file = await readWeights(memorySource('file', sink.take()));
    expect(file.entries.map((entry) => entry.name)).toEqual(['0.weight', '0.bias']);
  });

  it('ZIP-2 writes the records of torch 2.6 when asked', async () => {
    const sink = new MemorySink();
    await writeTorch(sink, await content('linear.pt'), {
      records: { version: '2.6', alignment: 64, hasChecksums: true, order: 'number' },
    });
    const { entries } = await readZip(memorySource('file', sink.take()));
    expect(entries.map((entry) => entry.name)).toEqual(
      ['data.pkl', 'byteorder', 'data/0', 'data/1', 'version', '.data/serialization_id'].map(
        (name) => `archive/${name}`,
      ),
    );
  });

  it('SAFE-4 says what safetensors could not keep', async () => {
    const lazy = await writeWeights('safetensors', new MemorySink(), await content('lazy.pt'));
    expect(lazy.join('\n')).toContain("'0.weight' is uninitialized and was left out");
    const tied = await writeWeights('safetensors', new MemorySink(), await content('tied.pt'));
    expect(tied.join('\n')).toContain('separate copies');
  });

  it('NPY-5 says what NumPy could not keep and refuses what it cannot hold', async () => {
    const halves = await writeWeights('npz', new MemorySink(), await content('halves.pt'));
    expect(halves.join('\n')).toContain("'bfloat16' was bfloat16");
    const dtypes = await content('dtypes.pt');
    await expect(writeWeights('npz', new MemorySink(), dtypes)).rejects.toThrow('NumPy has no type for');
    await expect(writeWeights('npy', new MemorySink(), dtypes)).rejects.toThrow('exactly one array');
  });

  it('SAFE-3 refuses a name that is no UTF-8, which no reader would take', async () => {
    const entries = [{ ...entryOf(Uint8Array.of(1)), name: 'a\ud800' }];
    await expect(writeWeights('safetensors', new MemorySink(), { entries })).rejects.toThrow(
      'cannot hold the name',
    );
  });

  it('SAFE-3 refuses a dtype that safetensors has no name for', async () => {
    const dtypes = await content('dtypes.pt');
    await expect(writeWeights('safetensors', new MemorySink(), dtypes)).rejects.toThrow('no dtype for');
  });

  it('TORCH-13 refuses one storage under two dtypes', async () => {
    const [entry] = (await content('dtypes.pt')).entries;
    if (entry === undefined) throw new Error('empty');
    const clash = { entries: [entry, { ...entry, name: 'other', dtype: 'int32' as const }] };
    await expect(writeTorch(new MemorySink(), clash)).rejects.toThrow(
      'view the same data as different types',
    );
  });

  it('ZIP-5 aligns every record and pads with a field that is always there', async () => {
    const sizes = [0, 1, 63, 64, 100];
    const entries = sizes.map((size) => ({ ...entryOf(new Uint8Array(size)), name: `size${size}` }));
    const sink = new MemorySink();
    await writeTorch(sink, { entries });
    const bytes = Buffer.from(sink.take());
    const archive = await readZip(memorySource('file', bytes));
    let at = 0;
    for (const { name, size } of archive.entries) {
      const data = archive.dataOffset(name);
      expect(data % 64).toBe(0);
      const nameEnd = at + 30 + Buffer.byteLength(name);
      expect(bytes.readUInt32LE(at)).toBe(0x04034b50);
      expect(bytes.readUInt16LE(at + 4)).toBe(0);
      expect(bytes.readUInt16LE(at + 6)).toBe(size === 0 ? 0x0800 : 0x0808);
      expect(bytes.subarray(at + 10, at + 26).every((byte) => byte === 0)).toBe(true);
      expect(bytes.subarray(nameEnd, nameEnd + 2).toString()).toBe('FB');
      expect(bytes.readUInt16LE(nameEnd + 2)).toBe(data - nameEnd - 4);
      expect(bytes.subarray(nameEnd + 4, data).every((byte) => byte === 0x5a)).toBe(true);
      at = data + size + (size === 0 ? 0 : 16);
    }
    expect(archive.entries.length).toBe(11);
  });
});

describe('a safetensors index', () => {
  const index = (map: Readonly<Record<string, string>>): ReturnType<typeof memorySource> =>
    memorySource(
      'model.safetensors.index.json',
      encodeText(JSON.stringify({ metadata: {}, weight_map: map })),
    );

  it('SAFE-5 joins its shards', async () => {
    const file = await readWeights(index({ w: 'plain.safetensors', a: 'all.safetensors' }), {
      openSibling: (name) => Promise.resolve(open(name)),
    });
    expect(file.entries.map((entry) => entry.name)).toEqual(['w', 'a']);
    expect(file.warnings.join('\n')).toContain('which the index does not list there');
  });

  it.each(['../secret.safetensors', '/etc/passwd', 'a\\b.safetensors', '.hidden.safetensors', 'x.pt'])(
    'SAFE-6 refuses the shard name %s',
    async (name) => {
      const opened: string[] = [];
      const openSibling = (shard: string): Promise<never> => {
        opened.push(shard);
        return Promise.reject(new Error('opened'));
      };
      await expect(readSafetensorsIndex(index({ w: name }), openSibling)).rejects.toThrow(
        'not a plain file name',
      );
      expect(opened).toEqual([]);
    },
  );

  it('SAFE-5 refuses a tensor that is not in its shard', async () => {
    const openSibling = (name: string): Promise<ReturnType<typeof memorySource>> =>
      Promise.resolve(open(name));
    await expect(readSafetensorsIndex(index({ nothing: 'plain.safetensors' }), openSibling)).rejects.toThrow(
      "'nothing' is not in its shard",
    );
  });
});
