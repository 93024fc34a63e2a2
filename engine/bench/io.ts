// Weights to and from the disk, beside what the disk itself gives: the same bytes plainly written or read natively, in turn, in one run.
import { mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { contiguousStrides } from '#core/tensor/shape';
import type { Storage } from '#core/tensor/storage';
import type { StorageSource, TensorEntry } from '#core/formats/weights';
import { stateDictFrom } from '#core/nn/state-dict-io';
import { Tensor } from '#core/tensor/tensor';

import { cpuBackend } from '../backend';
import { writeWeightsFile } from '../convert';
import { withWeights } from '../inspect';
import type { BenchCase, BenchRun, BenchTiming } from './case';
import { forget, MODES, readPlainly, refusedDirectly, remember, writePlainly, type PlainMode } from './disk';
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
  readonly #ownSeconds: number[] = [];
  readonly #plainSeconds = new Map<PlainMode, number[]>();

  constructor(
    readonly folder: string,
    readonly modes: readonly PlainMode[],
  ) {
    this.weights = path.join(folder, 'weights.pt');
    this.plain = path.join(folder, 'plain.bin');
  }

  /** Our work and the plain ones in turn; only ours counts as the repetition's time. `plain` prepares, then moves the bytes. */
  async compare(
    own: () => Promise<void>,
    plain: (mode: PlainMode) => Promise<() => Promise<void>>,
  ): Promise<BenchTiming> {
    const seconds = await timed(own);
    this.#ownSeconds.push(seconds);
    for (const mode of this.modes) {
      if (mode.isElse === true && this.#plainSeconds.size > 0) continue;
      const taken = await plain(mode).then(timed, refusedDirectly);
      if (taken !== null) this.#plainSeconds.set(mode, [...(this.#plainSeconds.get(mode) ?? []), taken]);
    }
    return { seconds, each: new Float64Array() };
  }

  facts(): Readonly<Record<string, number | string>> {
    const bytes = TENSORS * TENSOR_BYTES;
    const own = median(this.#ownSeconds);
    const plain = [...this.#plainSeconds].map(([mode, seconds]) => ({ ...mode, seconds: median(seconds) }));
    const fastest = (modes: typeof plain): (typeof plain)[number] | null =>
      modes.reduce<(typeof plain)[number] | null>((a, b) => (a && a.seconds < b.seconds ? a : b), null);
    const best = fastest(plain.filter(({ isFresh = false }) => !isFresh));
    const fresh = fastest(plain.filter(({ isFresh = false }) => isFresh));
    return {
      bytes,
      gigabytes_per_second: bytes / own / 1e9,
      ...Object.fromEntries(
        plain.map(({ name, seconds }) => [`${name}_gigabytes_per_second`, bytes / seconds / 1e9]),
      ),
      ...(best && {
        disk_gigabytes_per_second: bytes / best.seconds / 1e9,
        disk: best.name,
        of_disk: best.seconds / own,
      }),
      ...(fresh && { of_fresh: fresh.seconds / own }),
      folder: this.folder,
    };
  }
}

const median = (values: readonly number[]): number => quantile(Float64Array.from(values).sort(), 0.5);

async function timed(body: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1000;
}

const makeFiles = async (modes: readonly PlainMode[]): Promise<Files> =>
  new Files(await mkdtemp(path.join(folderOf(), 'lazuli-bench-')), modes);

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

async function prepareSave(): Promise<BenchRun> {
  const storages: Storage[] = [];
  const entries = makeEntries(storages);
  const files = await makeFiles(MODES.write);
  return {
    most: 1,
    async run() {
      await removed(files.weights);
      return files.compare(
        async () => void (await writeWeightsFile(files.weights, { entries })),
        async (mode) => {
          await removed(files.plain);
          return writePlainly(files.plain, mode, storages);
        },
      );
    },
    facts: () => files.facts(),
    async dispose() {
      for (const storage of storages) storage.dispose();
      await rm(files.folder, { recursive: true, force: true });
    },
  };
}

/** Loads a file that the system has in its cache, or has been told to forget. */
async function prepareLoad(isCold: boolean): Promise<BenchRun> {
  const storages: Storage[] = [];
  const files = await makeFiles(isCold ? MODES.readCold : MODES.readWarm);
  await writeWeightsFile(files.weights, { entries: makeEntries(storages) });
  await (
    await writePlainly(files.plain, { name: 'plain', flags: 0, hasRoom: true }, storages)
  )();
  const { size } = await stat(files.weights);
  let blocked = 0;
  let resident = 0;
  return {
    most: 1,
    minimumBytes: size,
    async run() {
      await (isCold ? forget : remember)(files.weights);
      const loaded: Tensor[] = [];
      const load = async (): Promise<void> => {
        const watch = watchBlocking();
        await withWeights(files.weights, async ({ entries }) => {
          for (const [, value] of await stateDictFrom({ entries }))
            if (value instanceof Tensor) loaded.push(value);
        });
        blocked = Math.max(blocked, watch());
      };
      const before = await resetPeakResident();
      try {
        return await files.compare(
          async () => {
            await load();
            resident = Math.max(resident, (await peakResident()) - before);
          },
          async (mode) => {
            await (isCold ? forget : remember)(files.plain);
            return readPlainly(files.plain, mode, storages);
          },
        );
      } finally {
        for (const { storage } of loaded) storage.dispose();
      }
    },
    facts: () => ({
      ...files.facts(),
      longest_block_ms: blocked,
      ...(resident > 0 ? { resident_of_tensors: resident / (TENSORS * TENSOR_BYTES) } : {}),
    }),
    async dispose() {
      for (const storage of storages) storage.dispose();
      await rm(files.folder, { recursive: true, force: true });
    },
  };
}

/** Forgets how much memory this process held at most; resolves with what it holds now, in bytes. 0 where Linux is not there to ask. */
async function resetPeakResident(): Promise<number> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
  return peakResident();
}

/** The most memory this process held since, in bytes. Source: proc(5), VmHWM. */
async function peakResident(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
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
  { name: 'io_load_1g', group: 'io', dtypes: ['float32'], prepare: () => prepareLoad(true) },
  { name: 'io_load_warm_1g', group: 'io', dtypes: ['float32'], prepare: () => prepareLoad(false) },
];
