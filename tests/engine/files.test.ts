// Saves happen whole or not at all: whatever fails, the old file is as it was and no temporary one stays. RELIABILITY 49 to 51.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { MemorySink, writeWeights } from '#core/formats/index';
import type { TensorEntry } from '#core/formats/weights';
import { cpuBackend } from '#engine/backend';
import { loadNative } from '#native';
import { checkWritable, openFile, readText, writeFileAtomically, writeTextAtomically } from '#engine/files';
import { temporaryFolder } from './support';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('writes all bytes and replaces the old file', async () => {
  const file = path.join(temporaryFolder(), 'a.txt');
  writeFileSync(file, 'old');
  const written = await writeFileAtomically(file, async (sink) => {
    await sink.write(text('new '));
    await sink.write(text('content'));
  });
  expect([written, readFileSync(file, 'utf8')]).toEqual([11, 'new content']);
  expect(readdirSync(path.dirname(file))).toEqual(['a.txt']);
});

test('keeps the mode and writes through symbolic links, dangling ones too', async () => {
  const folder = temporaryFolder();
  const real = path.join(folder, 'real.txt');
  writeFileSync(real, 'old');
  chmodSync(real, 0o640);
  symlinkSync('real.txt', path.join(folder, 'link'));
  symlinkSync('later.txt', path.join(folder, 'dangling'));
  await writeTextAtomically(path.join(folder, 'link'), 'new');
  await writeTextAtomically(path.join(folder, 'dangling'), 'made');
  expect(readlinkSync(path.join(folder, 'link'))).toBe('real.txt');
  expect(readFileSync(real, 'utf8')).toBe('new');
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(readFileSync(path.join(folder, 'later.txt'), 'utf8')).toBe('made');
});

test.each(['torch', 'safetensors'] as const)(
  'large and small tensors written side by side are the %s file that is written in order',
  async (format) => {
    const sizes = [5_000_003, 100, 700_001, 9_000_000, 70_000, 0, 4_200_000];
    const memories = sizes.map((size) => cpuBackend().allocate(size));
    onTestFinished(() => {
      for (const memory of memories) memory.dispose();
    });
    const entries = memories.map((memory, index): TensorEntry => {
      memory.write(
        0,
        Uint8Array.from({ length: memory.bytes }, (_, at) => at * (index + 3) + (at >> 9)),
      );
      const read = async (offset: number, length: number): Promise<Uint8Array> => memory.read(offset, length);
      return {
        name: `t${index}`,
        kind: 'tensor',
        dtype: 'uint8',
        shape: [memory.bytes],
        stride: [1],
        offset: 0,
        storage: { bytes: memory.bytes, memory, read },
        storageKey: '',
        requiresGrad: false,
      };
    });
    const inOrder = new MemorySink();
    await writeWeights(format, inOrder, { entries }, { directory: 'a' });
    const file = path.join(temporaryFolder(), 'a');
    await writeFileAtomically(file, async (sink) => {
      await writeWeights(format, sink, { entries }, { directory: 'a' });
    });
    expect(Buffer.compare(readFileSync(file), inOrder.take())).toBe(0);
  },
);

test('a write that fails while others are under way fails the save', async () => {
  const file = path.join(temporaryFolder(), 'a.txt');
  writeFileSync(file, 'old');
  const memory = cpuBackend().allocate(6_000_000);
  onTestFinished(() => memory.dispose());
  const failing = writeFileAtomically(file, async (sink) => {
    await sink.expect?.(12_000_000);
    const late = sink.later?.(8);
    const run = sink.writeFrom?.(memory, 0, 6_000_000) ?? null;
    loadNative().injectFault('thread', 'int');
    const broken = sink.writeFrom?.(memory, 0, 6_000_000) ?? null;
    await Promise.allSettled([run, broken]);
    await late?.(text('12345678'));
  });
  await expect(failing).rejects.toThrow();
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(path.dirname(file))).toEqual(['a.txt']);
});

test('a body that fails leaves everything as it was', async () => {
  const file = path.join(temporaryFolder(), 'a.txt');
  writeFileSync(file, 'old');
  const failing = writeFileAtomically(file, async (sink) => {
    await sink.write(text('half'));
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(path.dirname(file))).toEqual(['a.txt']);
});

test.each([
  [
    'a folder that is not there',
    (folder: string) => path.join(folder, 'no', 'a.txt'),
    'the folder does not exist',
  ],
  ['a file as folder', (folder: string) => path.join(folder, 'file', 'a.txt'), 'not a folder'],
  ['a folder as file', (folder: string) => path.join(folder, 'dir'), 'it is a folder'],
  ['a name too long', (folder: string) => path.join(folder, 'x'.repeat(300)), 'too long'],
])('%s is refused by name', async (_title, make, reason) => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'file'), '');
  mkdirSync(path.join(folder, 'dir'));
  const file = make(folder);
  await expect(writeTextAtomically(file, 'x')).rejects.toMatchObject({
    code: 'write_failed',
    message: expect.stringContaining(reason) as string,
    details: { where: file },
  });
  expect(readdirSync(folder).sort()).toEqual(['dir', 'file']);
});

test('a circle of links is refused', async () => {
  const folder = temporaryFolder();
  symlinkSync('b', path.join(folder, 'a'));
  symlinkSync('a', path.join(folder, 'b'));
  await expect(writeTextAtomically(path.join(folder, 'a'), 'x')).rejects.toMatchObject({
    code: 'write_failed',
  });
});

const isRoot = process.getuid?.() === 0;

test.skipIf(isRoot || process.platform === 'win32')('a folder without permission is refused', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o555);
  onTestFinished(() => chmodSync(folder, 0o755));
  const file = path.join(folder, 'a.txt');
  await expect(checkWritable(file)).rejects.toMatchObject({
    code: 'write_failed',
    message: expect.stringContaining('permission denied') as string,
  });
  await expect(writeTextAtomically(file, 'x')).rejects.toMatchObject({ code: 'write_failed' });
});

/** A file system of one megabyte, where the machine allows one. */
function tinyDisk(): string | null {
  if (!isRoot || process.platform !== 'linux') return null;
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', [folder]));
  return folder;
}

test('a full disk keeps the old file', async ({ skip }) => {
  const folder = tinyDisk();
  if (folder === null) return skip();
  const file = path.join(folder, 'a.bin');
  writeFileSync(file, 'old');
  await expect(
    writeFileAtomically(file, (sink) => sink.write(new Uint8Array(2 * 1024 * 1024))),
  ).rejects.toMatchObject({
    code: 'write_failed',
    message: expect.stringContaining('the disk is full') as string,
    details: { where: file },
  });
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['a.bin']);
});

test('a read-only disk is refused before hours of work', async ({ skip }) => {
  const folder = tinyDisk();
  if (folder === null) return skip();
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  const file = path.join(folder, 'a.bin');
  await expect(checkWritable(file)).rejects.toMatchObject({
    code: 'write_failed',
    message: expect.stringContaining('read-only') as string,
  });
  await expect(writeTextAtomically(file, 'x')).rejects.toMatchObject({ code: 'write_failed' });
});

test('reads say what is missing, cut off or no file', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'a.txt');
  writeFileSync(file, 'abc');
  const source = await openFile(file);
  onTestFinished(() => source.close());
  expect(Buffer.from(await source.read(1, 2)).toString()).toBe('bc');
  await expect(source.read(2, 2)).rejects.toMatchObject({
    code: 'file_refused',
    message: expect.stringContaining('ends too early') as string,
  });
  await expect(openFile(path.join(folder, 'no'))).rejects.toMatchObject({ code: 'file_not_found' });
  await expect(openFile(folder)).rejects.toMatchObject({ code: 'read_failed', details: { got: 'a folder' } });
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]));
  await expect(readText(file)).rejects.toMatchObject({
    code: 'file_refused',
    message: expect.stringContaining('UTF-8') as string,
  });
  await expect(readText(file, 2)).rejects.toMatchObject({ code: 'file_refused' });
  expect(existsSync(file)).toBe(true);
});

test.each([
  [[0x7b, 0xff, 0x7d], 1],
  [[0x7b, 0x7d, 0xc3], 3],
  [[0xc3, 0xbc, 0xed, 0xa0, 0x80], 3],
])('RELIABILITY 46: text that is not UTF-8 is refused with its place: %j', async (bytes, at) => {
  const file = path.join(temporaryFolder(), 'p.lazuli');
  writeFileSync(file, Uint8Array.from(bytes));
  await expect(readText(file)).rejects.toMatchObject({
    code: 'file_refused',
    message: `${file}: it is not UTF-8 text: byte ${at}`,
  });
});
