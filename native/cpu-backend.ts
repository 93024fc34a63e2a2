// The CPU backend: core's Backend over the native addon, with programs besides single ops.
import { LazuliError } from '#core/errors';
import type { AttributeValue, OpName } from '#core/ops/signatures';
import type { ProgramSpec } from '#core/program/instructions';
import { elementSize } from '#core/tensor/dtype';
import type { Backend, DenseTensor, LibmFunction, Storage } from '#core/tensor/storage';

import type {
  NativeAddon,
  NativeProgram,
  NativeRunResult,
  NativeTiming,
  NativeStatistics,
  NativeStorage,
  NativeTensor,
} from './contract';
import { toLazuliError, wrapErrors } from './errors';
import { loadNative } from './load';

/** Native memory. What a program or a queued op holds stays in memory after dispose until those have ended. */
export class CpuStorage implements Storage {
  readonly device = 'cpu';
  readonly bytes: number;

  constructor(readonly native: NativeStorage) {
    this.bytes = native.bytes;
  }
  get isDisposed(): boolean {
    return this.native.isDisposed;
  }
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    wrapErrors(() => this.native.read(offset, bytes));
    return bytes;
  }
  write(offset: number, bytes: Uint8Array): void {
    wrapErrors(() => this.native.write(offset, bytes));
  }
  /** True while another storage reads the same memory. */
  get isShared(): boolean {
    return this.native.isShared;
  }
  copy(): CpuStorage {
    return new CpuStorage(wrapErrors(() => this.native.copy()));
  }
  assign(source: Storage): void {
    wrapErrors(() => this.native.assign(nativeStorage(source)));
  }
  dispose(): void {
    this.native.dispose();
  }
}

export interface RunOptions {
  /** Gets the steps completed so far, at most every 50 ms. What it throws ends the run and is what the run rejects with. */
  readonly onProgress?: (steps: number) => void;
  /** Stops the run after the step in progress; the run then resolves with fewer steps. */
  readonly signal?: AbortSignal;
  /** Also measures each step, or each instruction; costs some clock readings. */
  readonly timing?: NativeTiming;
}

/** A program in native memory. Dispose it; during a run that cancels the run. */
export class CpuProgram {
  readonly arenaBytes: number;

  constructor(private readonly native: NativeProgram) {
    this.arenaBytes = native.arenaBytes;
  }

  /**
   * Runs all instructions `steps` times off the JavaScript thread; resolves with the steps completed and the seconds they
   * took. Runs of one backend follow each other in the order of the calls. Rejects with `native_failed` or `out_of_memory`.
   */
  async run(steps: number, { onProgress, signal, timing }: RunOptions = {}): Promise<NativeRunResult> {
    if (signal?.aborted === true) return { steps: 0, seconds: 0 };
    const cancel = (): void => this.native.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.native.run(steps, onProgress, timing);
    } catch (error) {
      throw toLazuliError(error);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Stops the runs asked for so far after the step in progress. */
  cancel(): void {
    this.native.cancel();
  }
  dispose(): void {
    this.native.dispose();
  }
}

export class CpuBackend implements Backend {
  readonly device = 'cpu';

  constructor(readonly native: NativeAddon) {}

  allocate(bytes: number, place = 0): CpuStorage {
    return new CpuStorage(wrapErrors(() => this.native.allocate(bytes, place)));
  }

  execute(
    op: OpName,
    inputs: readonly (DenseTensor | null)[],
    outputs: readonly DenseTensor[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): void {
    wrapErrors(() => this.native.execute(op, inputs.map(toNative), outputs.map(toNativeOutput), attributes));
  }

  /** The same on the backend's own thread, after what was asked of it before. */
  async executeAsync(
    op: OpName,
    inputs: readonly (DenseTensor | null)[],
    outputs: readonly DenseTensor[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): Promise<void> {
    try {
      await this.native.executeAsync(op, inputs.map(toNative), outputs.map(toNativeOutput), attributes);
    } catch (error) {
      throw toLazuliError(error);
    }
  }

  /** Figures of a tensor, its histogram of `bins` steps and a picture of at most `rows` by `columns` cells. */
  async measure(
    tensor: DenseTensor,
    { bins, rows, columns }: { readonly bins: number; readonly rows: number; readonly columns: number },
  ): Promise<NativeStatistics> {
    try {
      return await this.native.measureTensor(toNativeOutput(tensor), bins, rows, columns);
    } catch (error) {
      throw toLazuliError(error);
    }
  }

  /** Scratch that `createProgram` of this would take on top of its arena when it runs. */
  async measureScratch({ buffers, instructions }: ProgramSpec): Promise<number> {
    try {
      const shapes = buffers.map(({ dtype, shape }) => ({ dtype, shape }));
      return await this.native.measureScratch({ buffers: shapes, instructions });
    } catch (error) {
      throw toLazuliError(error);
    }
  }

  libm(name: LibmFunction, values: Float64Array): void {
    wrapErrors(() => this.native.libm(name, values));
  }

  /** Checks ops, arities and memory bounds, and takes the arena. Throws `native_failed` or `out_of_memory`. */
  createProgram(spec: ProgramSpec): CpuProgram {
    const buffers = spec.buffers.map((buffer) =>
      buffer.kind === 'external' ? { ...buffer, storage: nativeStorage(buffer.storage) } : buffer,
    );
    const { instructions, arenaBytes } = spec;
    return new CpuProgram(wrapErrors(() => this.native.createProgram({ buffers, instructions, arenaBytes })));
  }
}

/** The CPU backend of this process. Throws `native_missing` where the addon is not built. */
export function openCpuBackend(): CpuBackend {
  return new CpuBackend(loadNative());
}

function nativeStorage(storage: Storage): NativeStorage {
  if (storage instanceof CpuStorage) return storage.native;
  throw new LazuliError('internal', 'a tensor of another backend was given to the CPU backend', {
    expected: 'a storage the CPU backend allocated',
    got: `${storage.constructor.name} on ${storage.device}`,
  });
}

function toNativeOutput({ storage, offset, dtype, shape }: DenseTensor): NativeTensor {
  return { storage: nativeStorage(storage), offset: offset * elementSize(dtype), dtype, shape };
}

const toNative = (tensor: DenseTensor | null): NativeTensor | null =>
  tensor ? toNativeOutput(tensor) : null;
