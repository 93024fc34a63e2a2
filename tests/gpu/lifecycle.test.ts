// Devices come and go without leaving memory behind, processes exit while the GPU is busy, and compiled kernels survive
// from one start to the next, unless their file is damaged.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import type { ProgramBuffer, ProgramSpec } from '#core/program/instructions';
import { readPipelineCache, writePipelineCache } from '#engine/pipeline-cache';
import { findAddon, openCpuBackend, openGpuBackend } from '#native';

import { entriesOf, quietEntries } from '../native/entries';
import { CASES } from './cases';
import { DEVICES } from './devices';
import { differences, inFloat64, runCase } from './parity';

const [device] = DEVICES;
if (!device) throw new Error('no device');

test('a hundred devices opened, used and closed leave memory as it was', { timeout: 120_000 }, () => {
  const [call] = CASES.fill;
  if (!call) throw new Error('no case');
  const once = (): void => {
    const backend = openGpuBackend(device.index);
    runCase(backend, 'fill', call);
    expect(backend.native.live()).toMatchObject({ storages: 0, programs: 0 });
    backend.close();
  };
  for (let round = 0; round < 20; round++) once();
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 100; round++) once();
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 << 20);
});

test('an exception at any entry of a GPU, its storages and programs is an error of JavaScript', () => {
  const { native } = openGpuBackend(device.index);
  const storage = native.allocate(8);
  const program = native.createProgram({ buffers: [], instructions: [], arenaBytes: 0 });
  const entries = [native, storage, program].flatMap(entriesOf);
  expect(entries.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['NativeGpu.close', 'NativeGpuStorage.bytes', 'NativeGpuProgram.run']),
  );
  expect(quietEntries(entries)).toEqual([]);
  storage.dispose();
  program.dispose();
  expect(native.live()).toMatchObject({ storages: 0, programs: 0 });
  native.close();
});

test('the scratch of a program is known before it is made, and is what it then takes', async () => {
  const backend = openGpuBackend(device.index);
  // Padded one axis after the other: what the first gives is scratch.
  const spec: ProgramSpec = {
    buffers: [
      { kind: 'arena', dtype: 'float32', shape: [1024, 1024], offset: 0 },
      { kind: 'arena', dtype: 'float32', shape: [1026, 1026], offset: 1024 * 1024 * 4 },
    ],
    instructions: [
      {
        op: 'pad',
        inputs: [0],
        outputs: [1],
        attributes: { padding: [1, 1, 1, 1], mode: 'constant', value: 0 },
      },
    ],
    arenaBytes: (1024 * 1024 + 1026 * 1026) * 4,
  };
  // Small memory of both sides comes from a block that is there.
  const small = backend.allocate(8);
  const scratch = await backend.measureScratch(spec);
  expect(scratch).toBeGreaterThan(1024 * 1024 * 4);
  const program = backend.createProgram(spec);
  const before = backend.native.live().bytes;
  await program.run(1);
  expect(Math.abs(backend.native.live().bytes - before - scratch)).toBeLessThan(256);
  program.dispose();
  small.dispose();
  await expect(
    backend.measureScratch({
      ...spec,
      buffers: spec.buffers.map((buffer) => ({ ...buffer, dtype: 'float64' })),
    }),
  ).rejects.toMatchObject({ code: 'not_supported' });
  backend.close();
});

test('copies through staging memory give the same numbers', () => {
  const backend = openGpuBackend(device.index, { mustStage: true });
  const cpu = openCpuBackend();
  for (const call of CASES.matmul)
    expect(
      differences(
        'matmul',
        runCase(backend, 'matmul', call),
        runCase(cpu, 'matmul', inFloat64('matmul', call)),
      ),
    ).toEqual([]);
  backend.close();
});

test('a process exits with code 0 while the GPU works, with and without process.exit', () => {
  const script = `
    const addon = require(${JSON.stringify(findAddon(import.meta.dirname))});
    process.on('exit', () => addon.close());
    const gpu = addon.openGpu({ index: ${device.index}, pipelineCache: null, mustStage: false });
    const shape = [256, 256];
    const storage = gpu.allocate(3 * 256 * 256 * 4);
    const at = (part) => ({ kind: 'external', storage, offset: part * 256 * 256 * 4, dtype: 'float32', shape });
    const program = gpu.createProgram({
      buffers: [at(0), at(1), at(2)],
      instructions: [{ op: 'matmul', inputs: [0, 1], outputs: [2], attributes: { transpose_a: false, transpose_b: false } }],
      arenaBytes: 0,
    });
    program.run(1e6).catch(() => {});
    setTimeout(() => (process.argv[1] === 'exit' ? process.exit(0) : addon.close()), 100);
  `;
  for (const how of ['exit', 'close']) {
    const { status, signal, stderr } = spawnSync(process.execPath, ['-e', script, how], { encoding: 'utf8' });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  }
});

test('a run that fails waits for what the device still does, before anybody frees what that uses', async () => {
  const backend = openGpuBackend(device.index);
  const [steps, size] = [20, 64];
  const [table, index, counters] = [4, 8 * steps, 3 * 8].map((bytes) => backend.allocate(bytes));
  const matrix = backend.allocate(4 * size * size);
  if (!table || !index || !counters) throw new Error('no storages');
  for (const storage of [table, index, counters, matrix]) storage.write(0, new Uint8Array(storage.bytes));
  const count = (at: number): ProgramBuffer => ({
    kind: 'external', storage: counters, dtype: 'int64', shape: [], offset: 8 * at,
  }); // prettier-ignore
  const advance = (buffer: number) =>
    ({ op: 'advance', inputs: [buffer], outputs: [], attributes: { amounts: [1] } }) as const;
  const product: ProgramBuffer = { kind: 'arena', dtype: 'float32', shape: [size, size], offset: 64 };
  const program = backend.createProgram({
    buffers: [
      { kind: 'external', storage: table, dtype: 'float32', shape: [1], offset: 0 },
      { kind: 'external', storage: index, dtype: 'int64', shape: [steps], offset: 0 },
      ...[0, 1, 2].map(count),
      { kind: 'external', storage: matrix, dtype: 'float32', shape: [size, size], offset: 0 },
      { kind: 'arena', dtype: 'float32', shape: [1], offset: 0 },
      product,
    ],
    // The second counter says how many steps the device began, the third how many it ended.
    instructions: [
      { op: 'take_rows', inputs: [0, 1, 2], outputs: [6], attributes: { batch: 1, dtype: 'float32' } },
      advance(2),
      advance(3),
      { op: 'matmul', inputs: [5, 5], outputs: [7], attributes: { transpose_a: false, transpose_b: false } },
      advance(4),
    ],
    arenaBytes: 64 + 4 * size * size,
  });
  await expect(program.run(1e6)).rejects.toThrow("cursor: expected that the batch's rows are left");
  const [, begun, ended] = new BigInt64Array(counters.read(0, counters.bytes).buffer);
  expect(begun).toBeGreaterThan(steps);
  expect(ended).toBe(begun);
  program.dispose();
  for (const storage of [table, index, counters, matrix]) storage.dispose();
  expect(backend.native.live()).toMatchObject({ storages: 0, programs: 0 });
  backend.close();
});

test('what a run used can be freed and closed at once when its device is lost', () => {
  // Storages of blocks of their own: the driver gives their memory back to the system.
  const script = `
    const addon = require(${JSON.stringify(findAddon(import.meta.dirname))});
    process.on('exit', () => addon.close());
    const gpu = addon.openGpu({ index: ${device.index}, pipelineCache: null, mustStage: false });
    const shape = [1 << 19];
    const storage = gpu.allocate(4 * shape[0]);
    const program = gpu.createProgram({
      buffers: [{ kind: 'external', storage, dtype: 'float32', shape, offset: 0 }],
      instructions: [{ op: 'fill', inputs: [], outputs: [0], attributes: { shape, dtype: 'float32', value: 1 } }],
      arenaBytes: 0,
    });
    program.run(1e6, () => gpu.lose()).catch((error) => {
      program.dispose();
      storage.dispose();
      gpu.close();
      console.log(error.message);
    });
  `;
  const { status, signal, stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect({ status, signal, stdout }).toEqual({
    status: 0, signal: null, stdout: `the GPU '${device.name}' was lost (submit)\n`,
  }); // prettier-ignore
});

test('compiled kernels are kept; an empty, cut or changed file is as good as none', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lazuli-pipelines-'));
  process.env['LAZULI_CACHE'] = folder;
  onTestFinished(() => {
    delete process.env['LAZULI_CACHE'];
    rmSync(folder, { recursive: true });
  });
  const [call] = CASES.softmax;
  if (!call) throw new Error('no case');
  const use = (pipelineCache: Uint8Array | null): Uint8Array => {
    const backend = openGpuBackend(device.index, { pipelineCache });
    runCase(backend, 'softmax', call);
    const kept = backend.native.pipelineCache();
    backend.close();
    return kept;
  };
  expect(readPipelineCache(device)).toBeNull();
  writePipelineCache(device, use(null));
  const kept = readPipelineCache(device);
  expect(kept?.byteLength).toBeGreaterThan(0);
  use(kept);
  use(new Uint8Array());
  use(new Uint8Array(1000).fill(7));
  const [name = ''] = readdirSync(folder);
  const file = path.join(folder, name);
  const whole = readFileSync(file);
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  writeFileSync(file, changed);
  expect(readPipelineCache(device)).toBeNull();
  writeFileSync(file, whole);
  truncateSync(file, whole.length - 10);
  expect(readPipelineCache(device)).toBeNull();
  truncateSync(file, 0);
  expect(readPipelineCache(device)).toBeNull();
});
