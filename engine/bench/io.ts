// Weights to and from the disk, beside what the disk itself gives: the same bytes plainly written or read, in turn, in the same run.
import { mkdtemp, open, rm, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { LazuliError } from '#core/errors';
import { contiguousStrides } from '#core/tensor/shape';
import type { Storage } from '#core/tensor/storage';
import type { StorageSource, TensorEntry } from '#core/formats/weights';
import { stateDictFrom } from '#core/nn/state-dict-io';
import { Tensor } from '#core/tensor/tensor';
import { forgetFile } from '#native';

import { cpuBackend } from '../backend';
import { writeWeightsFile } from '../convert';
import { withWeights } from '../inspect';
import type { BenchCase, BenchRun, BenchTiming } from './case';
import { quantile } from './measure';

/** As bench/io_peer.py: a state dict of 64 float32 tensors of 16 MiB. */
const TENSORS = 64;
const SHAPE = [4096, 1024];
const TENSOR_BYTES = 16 * 1024 * 1024;

/** Where the files go; the system's folder for temporary files may be memory, which says nothing about a disk. */
const folderOf = (): string => process.env['LAZULI_BENCH_FOLDER'] ?? tmpdir();

class Files {
  readonly weights: string;
  readonly plain: string;
  readonly #plainSeconds: number[] = [];
  readonly #ownSeconds: number[] = [];

  constructor(readonly folder: string) {
    this.weights = path.join(folder, 'weights.pt');
    this.plain = path.join(folder, 'plain.bin');
  }

  /** Our work and the plain one in turn; only ours counts as the repetition's time. */
  async compare(own: () => Promise<void>, plain: () => Promise<void>): Promise<BenchTiming> {
    const seconds = await timed(own);
    this.#ownSeconds.push(seconds);
    this.#plainSeconds.push(await timed(plain));
    return { seconds, each: new Float64Array() };
  }

  facts(): Readonly<Record<string, number | string>> {
    const median = (values: readonly number[]): number => quantile(Float64Array.from(values).sort(), 0.5);
    const [own, plain] = [median(this.#ownSeconds), median(this.#plainSeconds)];
    const bytes = TENSORS * TENSOR_BYTES;
    return {
      bytes,
      gigabytes_per_second: bytes / own / 1e9,
      disk_gigabytes_per_second: bytes / plain / 1e9,
      of_disk: plain / own,
      folder: this.folder,
    };
  }
}

async function timed(body: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1000;
}

const makeFiles = async (): Promise<Files> =>
  new Files(await mkdtemp(path.join(folderOf(), 'lazuli-bench-')));

/** The state dict in native memory, with values that no file system can store as nothing. */
function makeEntries(storages: Storage[]): TensorEntry[] {
  const noise = Uint32Array.from({ length: TENSOR_BYTES / 4 }, (_, at) => Math.imul(at + 1, 0x9e3779b1));
  const bytes = new Uint8Array(noise.buffer);
  return Array.from({ length: TENSORS }, (_, index) => {
    const memory = cpuBackend().allocate(TENSOR_BYTES);
    memory.write(0, bytes);
    storages.push(memory);
    const storage: StorageSource = {
      bytes: TENSOR_BYTES,
      memory,
      read: async (offset, length) => memory.read(offset, length),
    };
    return {
      name: `layer${index}.weight`,
      kind: 'tensor',
      dtype: 'float32',
      shape: SHAPE,
      stride: contiguousStrides(SHAPE),
      offset: 0,
      storage,
      storageKey: '',
      requiresGrad: false,
    };
  });
}

const removed = (file: string): Promise<void> => unlink(file).catch(() => undefined);

/** Sequential writes of one buffer and an fsync: what a save cannot do without. */
async function writePlainly(file: string, buffer: Uint8Array): Promise<void> {
  const handle = await open(file, 'w');
  try {
    const move: Move = async (...place) => (await handle.write(buffer, ...place)).bytesWritten;
    for (let index = 0; index < TENSORS; index++) await moveWhole(buffer.byteLength, index, move);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Sequential reads into one buffer. */
async function readPlainly(file: string, buffer: Uint8Array): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const move: Move = async (...place) => (await handle.read(buffer, ...place)).bytesRead;
    for (let index = 0; index < TENSORS; index++) await moveWhole(buffer.byteLength, index, move);
  } finally {
    await handle.close();
  }
}

type Move = (offset: number, length: number, position: number) => Promise<number>;

async function moveWhole(bytes: number, index: number, move: Move): Promise<void> {
  for (let done = 0; done < bytes;) {
    const count = await move(done, bytes - done, index * bytes + done);
    if (count === 0) throw new LazuliError('read_failed', 'the file ends too early');
    done += count;
  }
}

/** What the system keeps of a file is given up: the next read is the disk's. */
async function forget(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    forgetFile(handle.fd);
  } finally {
    await handle.close();
  }
}

async function prepareSave(): Promise<BenchRun> {
  const storages: Storage[] = [];
  const entries = makeEntries(storages);
  const files = await makeFiles();
  const buffer = new Uint8Array(TENSOR_BYTES).fill(1);
  return {
    most: 1,
    async run() {
      await removed(files.weights);
      await removed(files.plain);
      return files.compare(
        async () => void (await writeWeightsFile(files.weights, { entries })),
        () => writePlainly(files.plain, buffer),
      );
    },
    facts: () => files.facts(),
    async dispose() {
      for (const storage of storages) storage.dispose();
      await rm(files.folder, { recursive: true, force: true });
    },
  };
}

async function prepareLoad(): Promise<BenchRun> {
  const storages: Storage[] = [];
  const files = await makeFiles();
  await writeWeightsFile(files.weights, { entries: makeEntries(storages) });
  for (const storage of storages) storage.dispose();
  const buffer = new Uint8Array(TENSOR_BYTES);
  await writePlainly(files.plain, buffer.fill(1));
  const { size } = await stat(files.weights);
  let blocked = 0;
  return {
    most: 1,
    minimumBytes: size,
    async run() {
      await forget(files.weights);
      await forget(files.plain);
      const loaded: Tensor[] = [];
      const timing = await files.compare(
        async () => {
          const watch = watchBlocking();
          await withWeights(files.weights, async ({ entries }) => {
            for (const [, value] of await stateDictFrom({ entries }))
              if (value instanceof Tensor) loaded.push(value);
          });
          blocked = Math.max(blocked, watch());
        },
        () => readPlainly(files.plain, buffer),
      );
      for (const { storage } of loaded) storage.dispose();
      return timing;
    },
    facts: () => ({ ...files.facts(), longest_block_ms: blocked }),
    dispose: () => rm(files.folder, { recursive: true, force: true }),
  };
}

/** How long the event loop was held at most, in ms, until the returned function is called. */
function watchBlocking(): () => number {
  let last = performance.now();
  let longest = 0;
  const beat = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(beat, 1);
  return () => {
    clearInterval(timer);
    beat();
    return longest;
  };
}

export const IO_CASES: readonly BenchCase[] = [
  { name: 'io_save_1g', group: 'io', dtypes: ['float32'], prepare: prepareSave },
  { name: 'io_load_1g', group: 'io', dtypes: ['float32'], prepare: prepareLoad },
];
