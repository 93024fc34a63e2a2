// Data that stays in main memory: the batches of data that lies on the device, in their order, bit for bit; in shuffled and in
// sequential order, from run to run, with the errors of the other; and a run whose data does not fit chooses it by itself.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { Project } from '#core/document/project';
import type { ProgramBuffer, ProgramSpec } from '#core/program/instructions';
import type { RunEvent } from '#core/session/session';
import { refuseTooLarge, streamingNote } from '#core/session/training-memory';
import type { Storage } from '#core/tensor/storage';
import { gpuBackend } from '#engine/backend';
import { openCpuBackend, openGpuBackend, type GpuBackend } from '#native';

import { openSession, projectOf, temporaryFolder } from '../engine/support';
import { DEVICES } from './devices';

const [device] = DEVICES;
if (!device) throw new Error('no device');
const cpu = openCpuBackend();

const bytesOf = (numbers: BigInt64Array | Float32Array | Uint8Array): Uint8Array =>
  new Uint8Array(numbers.buffer);
const integers = (values: readonly number[]): Uint8Array =>
  bytesOf(BigInt64Array.from(values, (value) => BigInt(value)));

const ROWS = 7;
const WIDTH = 3;
const BATCH = 2;

/** Takes two batches from a table in each step and moves on. */
class Taker {
  readonly index: Storage;
  readonly cursor: Storage;
  readonly taken: Storage;
  readonly #program: ReturnType<GpuBackend['createProgram']>;

  constructor(gpu: GpuBackend, table: Storage, order: readonly number[]) {
    this.index = gpu.allocate(8 * order.length);
    this.cursor = gpu.allocate(8);
    this.taken = gpu.allocate(2 * BATCH * WIDTH * 4);
    this.index.write(0, integers(order));
    const external = (
      storage: Storage,
      dtype: ProgramBuffer['dtype'],
      shape: readonly number[],
      offset = 0,
    ): ProgramBuffer => ({ kind: 'external', storage, dtype, shape, offset });
    const take = (output: number): ProgramSpec['instructions'][number] => ({
      op: 'take_rows',
      inputs: [0, 1, 2],
      outputs: [output],
      attributes: { batch: BATCH, dtype: 'float32' },
    });
    const advance = { op: 'advance', inputs: [2], outputs: [], attributes: { amounts: [BATCH] } } as const;
    this.#program = gpu.createProgram({
      buffers: [
        external(table, 'uint8', [ROWS, WIDTH]),
        external(this.index, 'int64', [order.length]),
        external(this.cursor, 'int64', []),
        external(this.taken, 'float32', [BATCH, WIDTH]),
        external(this.taken, 'float32', [BATCH, WIDTH], BATCH * WIDTH * 4),
      ],
      instructions: [take(3), advance, take(4), advance],
      arenaBytes: 0,
    });
  }
  /** What the last of so many steps took. */
  async run(steps: number, timing?: 'instructions'): Promise<readonly number[]> {
    await this.#program.run(steps, timing ? { timing } : {});
    return [...new Float32Array(this.taken.read(0, this.taken.bytes).buffer)];
  }
  seek(row: number): void {
    this.cursor.write(0, integers([row]));
  }
  dispose(): void {
    this.#program.dispose();
    for (const storage of [this.index, this.cursor, this.taken]) storage.dispose();
  }
}

describe.each([
  { mustStage: false, copyQueue: 'among' },
  { mustStage: true, copyQueue: 'among' },
  { mustStage: false, copyQueue: 'apart' },
  { mustStage: true, copyQueue: 'apart' },
] as const)('rows taken from main memory, %o', (options) => {
  const SHUFFLED = [5, 0, 6, 2, 1, 1, 3, 4, 6, 0, 2, 5];
  const SEQUENTIAL = Array.from({ length: 12 }, (_, at) => at % ROWS);
  const value = (row: number, column: number): number => (row * 31 + column * 7) % 256;
  const expected = (order: readonly number[], step: number): readonly number[] =>
    order
      .slice(step * 2 * BATCH, (step + 1) * 2 * BATCH)
      .flatMap((row) => Array.from({ length: WIDTH }, (_, column) => value(row, column)));

  const opened = (order: readonly number[]): { readonly table: Storage; readonly taker: Taker } => {
    const gpu = openGpuBackend(device.index, options);
    const table = cpu.allocate(ROWS * WIDTH);
    table.write(
      0,
      Uint8Array.from({ length: ROWS * WIDTH }, (_, at) => value(Math.floor(at / WIDTH), at % WIDTH)),
    );
    const taker = new Taker(gpu, table, order);
    onTestFinished(() => {
      taker.dispose();
      table.dispose();
      expect(gpu.native.live()).toMatchObject({ storages: 0, programs: 0 });
      gpu.close();
    });
    return { table, taker };
  };

  test.each([
    ['shuffled', SHUFFLED],
    ['sequential', SEQUENTIAL],
  ])('%s: one step at a time, several, measured, and back again', async (_, order) => {
    const { taker } = opened(order);
    for (const step of [0, 1, 2]) expect(await taker.run(1)).toEqual(expected(order, step));
    taker.seek(0);
    expect(await taker.run(3)).toEqual(expected(order, 2));
    taker.seek(4);
    expect(await taker.run(1)).toEqual(expected(order, 1));
    // The samples of the step before, as an optimizer of closures wants them.
    taker.seek(4);
    expect(await taker.run(1)).toEqual(expected(order, 1));
    taker.seek(0);
    expect(await taker.run(2, 'instructions')).toEqual(expected(order, 1));
    expect(await taker.run(1)).toEqual(expected(order, 2));
  });

  test('an order or a table that changed between two runs is the one that counts', async () => {
    const { table, taker } = opened(SHUFFLED);
    expect(await taker.run(1)).toEqual(expected(SHUFFLED, 0));
    taker.index.write(0, integers(SEQUENTIAL));
    expect(await taker.run(1)).toEqual(expected(SEQUENTIAL, 1));
    table.write(0, new Uint8Array(ROWS * WIDTH).fill(9));
    expect(await taker.run(1)).toEqual(Array<number>(2 * BATCH * WIDTH).fill(9));
  });

  test('what is wrong with cursor or index is told when its step comes, after the steps before', async () => {
    const { taker } = opened([0, 1, 2, 3, 4, 5, 6, ROWS]);
    await expect(taker.run(3)).rejects.toThrow(
      'instruction 2, take_rows: index[7]: expected a row of the table, got 7',
    );
    expect([...new BigInt64Array(taker.cursor.read(0, 8).buffer)]).toEqual([4n]);
    taker.index.write(0, integers([0, 1, 2, 3, 4, 5, 6, 0]));
    expect(await taker.run(1)).toEqual(expected([0, 1, 2, 3, 4, 5, 6, 0], 1));
    await expect(taker.run(1)).rejects.toThrow(
      "instruction 0, take_rows: cursor: expected that the batch's rows are left, got 8",
    );
  });
});

test('only take_rows reads from main memory', () => {
  const gpu = openGpuBackend(device.index);
  const table = cpu.allocate(64);
  const storage = gpu.allocate(64);
  const buffer = (each: Storage): ProgramBuffer => ({
    kind: 'external', storage: each, dtype: 'float32', shape: [16], offset: 0,
  }); // prettier-ignore
  const instruction = { op: 'cast', inputs: [0], outputs: [1], attributes: { dtype: 'float32' } } as const;
  expect(() =>
    gpu.createProgram({
      buffers: [buffer(table), buffer(storage)],
      instructions: [instruction],
      arenaBytes: 0,
    }),
  ).toThrow("cast: input 0 lies in the host's memory, which only take_rows reads");
  storage.dispose();
  table.dispose();
  gpu.close();
});

describe('a run whose data does not fit', () => {
  const SAMPLES = 512;
  const FEATURES = 16;
  /** Numbers of a sample that no loss asks for: they make the data large, and a software driver has nothing to compute. */
  const SPARE = 8192;
  const CLASSES = 4;

  beforeAll(() => {
    process.env['LAZULI_SOFTWARE_GPU'] = '1';
  });
  afterAll(() => {
    delete process.env['LAZULI_SOFTWARE_GPU'];
  });

  /** Source: numpy.lib.format, version 1.0. */
  function writeArray(file: string, type: string, shape: readonly number[], data: Uint8Array): void {
    const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
    const head = Buffer.from(`\x93NUMPY\x01\x00  ${text}`.padEnd(127) + '\n', 'latin1');
    head.writeUInt16LE(128 - 10, 8);
    writeFileSync(file, Buffer.concat([head, data]));
  }

  function projectIn(folder: string): Project {
    let state = 1;
    const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
    const inputs = Uint8Array.from({ length: SAMPLES * FEATURES }, () => next() >>> 24);
    const targets = BigInt64Array.from({ length: SAMPLES }, () => BigInt((next() >>> 16) % CLASSES));
    writeArray(path.join(folder, 'x.npy'), '|u1', [SAMPLES, FEATURES], inputs);
    writeArray(path.join(folder, 'y.npy'), '<i8', [SAMPLES], bytesOf(targets));
    const spare = new Float32Array(SAMPLES * SPARE);
    writeArray(path.join(folder, 'spare.npy'), '<f4', [SAMPLES, SPARE], bytesOf(spare));
    const node = (id: string, layer: string, params = {}) => ({
      id,
      name: id,
      layer,
      params,
      position: { x: 0, y: 0 },
    });
    const edge = (from: string, to: string) => ({
      id: `${from}-${to}`,
      from: { node: from, port: 'output' },
      to: { node: to, port: 'input' },
    });
    const project = projectOf(
      {
        nodes: [
          node('input', 'input'),
          node('dense', 'linear', { out_features: CLASSES }),
          node('output', 'output'),
        ],
        edges: [edge('input', 'dense'), edge('dense', 'output')],
      },
      {
        file: 'x.npy',
        format: 'npy',
        targetFile: 'y.npy',
        targetKind: 'class',
        normalization: { kind: 'standardize' },
        targets: { spare: { kind: 'number', file: 'spare.npy' } },
      },
    );
    const training = {
      ...project.training, device: 'gpu', epochs: 2, batchSize: 50, validationSplit: 0.2, metrics: ['accuracy'],
    } as const; // prettier-ignore
    return { ...project, training };
  }

  test('is trained and evaluated with the numbers of one whose data fits', async () => {
    const folder = temporaryFolder();
    const project = projectIn(folder);
    const { native } = gpuBackend();
    const { limit } = native.live();
    onTestFinished(() => {
      native.setMemoryLimit(limit);
    });
    const results: unknown[] = [];
    for (const isTight of [false, true]) {
      const session = await openSession(project, folder);
      await session.feedSample();
      const data = SAMPLES * (FEATURES + 8 + 4 * SPARE);
      const need = await session.trainingNeed();
      expect(need.memory).toMatchObject({ data, streamed: 0 });
      expect(streamingNote(need)).toBeNull();
      if (isTight) {
        native.setMemoryLimit(need.memory.total - 1);
        const streamed = await session.trainingNeed();
        expect(streamed.memory).toMatchObject({ data: 0, streamed: data });
        expect(streamed.memory.total).toBeLessThan(need.memory.total - 0.7 * data);
        expect(() => refuseTooLarge(streamed)).not.toThrow();
        expect(streamingNote(streamed)).toContain('stays in main memory');
      }
      const events: RunEvent[] = [];
      const run = await session.train();
      expect(run.parts.placement?.dataPlace).toBe(isTight ? 'host' : 'device');
      run.onEvents((some) => events.push(...some));
      expect((await run.finished).error).toBeNull();
      const told = events.flatMap(({ event, step, loss, metrics }) =>
        event === 'step' || event === 'epoch' ? [{ event, step, loss, metrics }] : [],
      );
      expect(told.filter(({ event }) => event === 'epoch')).toHaveLength(2);
      const evaluated = await session.evaluate();
      const [prediction] = await session.predict();
      results.push({
        told,
        evaluated,
        predicted: Buffer.from(prediction?.bytes ?? []).toString('base64'),
        weights: Buffer.from(await session.exportState()).toString('base64'),
      });
    }
    expect(results[1]).toEqual(results[0]);
  });
});

test('LAZULI_GPU_COPIES that names no place to copy is told when a device is opened', () => {
  process.env['LAZULI_GPU_COPIES'] = 'aside';
  onTestFinished(() => {
    delete process.env['LAZULI_GPU_COPIES'];
  });
  expect(() => openGpuBackend(device.index)).toThrow(
    "LAZULI_GPU_COPIES: expected one of automatic, apart, among, got 'aside'",
  );
});
