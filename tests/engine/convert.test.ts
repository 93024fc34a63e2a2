// Conversions between weight files: whole objects between torch files, shards with an index, and what each format keeps.
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

import { readWeights, writeWeights, type WriteFormat } from '#core/formats/index';
import type { ByteSource } from '#core/formats/weights';
import { archiveName, convertWeights } from '#engine/convert';
import { withFile, writeFileAtomically } from '#engine/files';
import { inspectFile } from '#engine/inspect';
import { temporaryFolder } from './support';

const golden = (name: string): string => path.resolve(import.meta.dirname, '../golden/formats', name);
const wide = (name: string): string => path.resolve(import.meta.dirname, '../golden/formats_wide', name);

const hashes = async (file: string): Promise<Record<string, string | null>> =>
  Object.fromEntries((await inspectFile(file)).entries.map(({ name, sha256 }) => [name, sha256]));

test.each(['checkpoint_adam.pt', 'python.pt', 'lazy.pt', 'quantized.pt', 'sparse.pt', 'views.pt'])(
  'TORCH-18 %s converted to a torch file is the same bytes, its values too',
  async (name) => {
    const out = path.join(temporaryFolder(), name);
    await convertWeights(golden(name), out);
    expect(readFileSync(out).equals(readFileSync(golden(name)))).toBe(true);
  },
);

test.each(['no_crc.pt', 'alignment_4096.pt'])(
  'ZIP-11 %s is written again as its writer was set',
  async (name) => {
    const out = path.join(temporaryFolder(), name);
    const { warnings } = await convertWeights(wide(name), out);
    expect(readFileSync(out).equals(readFileSync(wide(name)))).toBe(true);
    expect(warnings.some((warning) => warning.includes('no checksums'))).toBe(name === 'no_crc.pt');
  },
);

test('TORCH-18 a legacy file becomes a zip with the same tensors, sharing and values', async () => {
  const out = path.join(temporaryFolder(), 'legacy_checkpoint.pt');
  await convertWeights(wide('legacy_checkpoint.pt'), out);
  const [before, after] = [await inspectFile(wide('legacy_checkpoint.pt')), await inspectFile(out)];
  expect(after.format).toBe('torch');
  expect(after.values).toEqual(before.values);
  expect(after.entries.map(({ name, sha256 }) => [name, sha256])).toEqual(
    before.entries.map(({ name, sha256 }) => [name, sha256]),
  );
  expect(after.entries.map(({ storage }) => storage)).toEqual(['0', '1']);
});

test('TORCH-18 of a file that names unknown things only the tensors are written, and no such name', async () => {
  const out = path.join(temporaryFolder(), 'out.pt');
  const { warnings } = await convertWeights(wide('unknown_beside.pt'), out);
  expect(warnings).toEqual([expect.stringContaining('values beside the tensors are not kept') as string]);
  const after = await inspectFile(out);
  expect(after.globals).toEqual([]);
  expect(await hashes(out)).toEqual(await hashes(wide('unknown_beside.pt')));
});

test('TORCH-12 leaving uninitialized entries out keeps everything else of a checkpoint', async () => {
  const out = path.join(temporaryFolder(), 'partly.pt');
  const { entries } = await convertWeights(golden('partly.pt'), out, { uninitialized: 'skip' });
  const after = await inspectFile(out);
  expect(entries).toBe(2);
  expect(after.entries.map(({ name }) => name)).toEqual(['0.weight', '0.bias']);
  expect(after.metadata).toEqual((await inspectFile(golden('partly.pt'))).metadata);
});

test('SAFE-7 shards of at most a size and their index are written and opened again', async () => {
  const folder = temporaryFolder();
  const index = path.join(folder, 'model.safetensors.index.json');
  const source = wide('state_transformer.pt');
  const { files, entries } = await convertWeights(source, index, { shardBytes: 400 });
  const whole = await inspectFile(source);
  expect(entries).toBe(whole.entries.length);
  expect(readdirSync(folder).sort()).toEqual(files.map((file) => path.basename(file)).sort());
  expect(files.length).toBeGreaterThan(2);
  expect(path.basename(files[1] ?? '')).toBe(`model-00001-of-0000${String(files.length - 1)}.safetensors`);
  const { metadata, weight_map: map } = JSON.parse(readFileSync(index, 'utf8')) as {
    metadata: { total_size: number };
    weight_map: Record<string, string>;
  };
  expect(metadata.total_size).toBe(whole.entries.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(Object.keys(map)).toEqual(whole.entries.map(({ name }) => name));
  for (const file of files.slice(1)) {
    const { entries: part } = await inspectFile(file);
    const size = part.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(part.length === 1 || size <= 400).toBe(true);
  }
  expect(await hashes(index)).toEqual(await hashes(source));
  const back = path.join(folder, 'back.safetensors');
  await convertWeights(index, back);
  expect(await hashes(back)).toEqual(await hashes(source));
});

test('SAFE-7 shards are refused for other formats, and a shard that is gone is named', async () => {
  const folder = temporaryFolder();
  await expect(
    convertWeights(golden('cnn.pt'), path.join(folder, 'a.pt'), { shardBytes: 100 }),
  ).rejects.toMatchObject({ code: 'usage' });
  const index = path.join(folder, 'm.safetensors.index.json');
  writeFileSync(index, '{"weight_map": {"a": "gone.safetensors"}}');
  await expect(inspectFile(index)).rejects.toMatchObject({
    code: 'file_not_found',
    message: expect.stringContaining('gone.safetensors') as string,
  });
});

test('SAFE-4 tied tensors become copies, NPY-5 bfloat16 becomes float32, each with a warning', async () => {
  const folder = temporaryFolder();
  const tied = await convertWeights(wide('state_tied.pt'), path.join(folder, 'tied.safetensors'));
  expect(tied.warnings).toEqual(['tensors that share memory were written as separate copies']);
  const half = await convertWeights(wide('state_bf16.pt'), path.join(folder, 'half.npz'));
  expect(half.warnings[0]).toContain('was bfloat16, which NumPy lacks: it was written as float32');
  const kept = await convertWeights(wide('state_bf16.pt'), path.join(folder, 'half.safetensors'));
  expect(kept.warnings).toEqual([]);
});

/** A .npy of 20 MiB of counted floats, as large as what is moved natively. */
function largeArray(folder: string): string {
  const file = path.join(folder, 'large.npy');
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (5242880,), }".padEnd(117) + '\n';
  const values = Float32Array.from({ length: 5_242_880 }, (_, index) => index);
  const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0);
  writeFileSync(file, Buffer.concat([magic, Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]));
  return file;
}

test.skipIf(process.platform === 'win32')(
  'ZIP-12 what lies dense in a file is converted without passing through JavaScript, whatever the format',
  async () => {
    const folder = temporaryFolder();
    const array = largeArray(folder);
    const [, hash] = Object.entries(await hashes(array))[0] ?? [];
    let from = array;
    const steps: readonly (readonly [WriteFormat, string])[] = [
      ['npz', 'a.npz'],
      ['torch', 'b.pt'],
      ['safetensors', 'c.safetensors'],
      ['npz', 'd.npz'],
      ['npy', 'e.npy'],
    ];
    for (const [format, name] of steps) {
      const to = path.join(folder, name);
      let seen = 0;
      await withFile(from, async (file) => {
        const counted: ByteSource = {
          ...file,
          read: (offset, length) => {
            seen += length;
            return file.read(offset, length);
          },
        };
        const weights = await readWeights(counted);
        await writeFileAtomically(
          to,
          async (sink) => void (await writeWeights(format, sink, { entries: weights.entries })),
        );
      });
      expect(seen, `${from} to ${name}`).toBeLessThan(1024 * 1024);
      expect(Object.values(await hashes(to)), name).toEqual([hash]);
      from = to;
    }
    expect(readFileSync(from).equals(readFileSync(array))).toBe(true);
  },
);

test('ZIP-7 a damaged or shrinking file is refused while it is copied, and nothing is written', async () => {
  const folder = temporaryFolder();
  const whole = path.join(folder, 'whole.npz');
  const out = path.join(folder, 'out.safetensors');
  await convertWeights(largeArray(folder), whole);
  const handle = await open(whole, 'r+');
  await handle.write(Uint8Array.of(1), 0, 1, 10_000_000);
  await handle.close();
  await expect(convertWeights(whole, out)).rejects.toThrow(/the bytes of 'arr_0.npy' are damaged/);
  const shrinking = withFile(path.join(folder, 'large.npy'), async (source) => {
    const weights = await readWeights(source);
    truncateSync(source.name, 10_000_000);
    await writeFileAtomically(
      out,
      async (sink) => void (await writeWeights('npz', sink, { entries: weights.entries })),
    );
  });
  await expect(shrinking).rejects.toMatchObject({ code: 'file_refused' });
  expect(existsSync(out)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['large.npy', 'whole.npz']);
});

test.each([
  ['/tmp/x.pt', 'x'],
  ['a.b.pt', 'a.b'],
  ['x.tar.gz', 'x.tar'],
  ['a b.pt', 'a b'],
  ['noext', 'noext'],
  ['/tmp/a.b/x', 'x'],
  ['a\\b.pt', 'b'],
  ['gr\u00fc\u00dfe.pt', 'archive'],
  ['/tmp/Gr\u00fc\u00dfe/x.pt', 'archive'],
  // torch has names here that no reader of zips should take.
  ['..pt', 'archive'],
  ['a\tb.pt', 'archive'],
])('ZIP-2 the archive of %j is called %s', (file, name) => {
  expect(archiveName(file)).toBe(name);
});

test('TORCH-20 inspect says what torch.load says to a file it refuses by default', async () => {
  const { warnings } = await inspectFile(wide('lazy_state.pt'));
  expect(warnings).toEqual([
    expect.stringMatching(
      /^torch\.load refuses this file by default: Unsupported global: GLOBAL torch\.nn\.parameter\.Uninitialized/,
    ),
  ]);
  expect((await inspectFile(wide('parameter.pt'))).warnings).toEqual([]);
});
