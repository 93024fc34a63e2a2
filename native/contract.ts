// What the native addon exports, as TypeScript sees it. native/src/binding implements exactly this; native/index.ts loads it.

import type { LibmFunction } from '#core/tensor/storage';

/** One tensor of a native call: a dense view of a storage. `offset` in bytes. */
export interface NativeTensor<S = NativeStorage> {
  readonly storage: S;
  readonly offset: number;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Counted memory from mmap, zero-filled. Every method throws after dispose. */
export interface NativeStorage {
  readonly bytes: number;
  readonly isDisposed: boolean;
  /** Copies into `into` (JavaScript's own memory: external buffers are forbidden in Electron). */
  read(offset: number, into: Uint8Array): void;
  write(offset: number, from: Uint8Array): void;
  /** The same bytes as a storage of its own. Takes no memory before one of the two is written: then that one copies. */
  copy(): NativeStorage;
  /** Gives up its bytes and has those of `source`, of the same size, as a copy has them. */
  assign(source: NativeStorage): void;
  /** True while another storage reads the same memory. */
  readonly isShared: boolean;
  dispose(): void;
}

/**
 * What a run measures besides its whole: each step's time, or (a little slower) each instruction's too, or that of the
 * instructions in so few of the steps that it takes about 1 % of the time.
 */
export type NativeTiming = 'steps' | 'instructions' | 'sampled';

export interface NativeRunResult {
  readonly steps: number;
  readonly seconds: number;
  /** Seconds of every step, with `timing`. */
  readonly stepSeconds?: Float64Array;
  /** Seconds of every instruction, summed over the measured steps, with `timing` instructions or sampled. */
  readonly instructionSeconds?: Float64Array;
  readonly measuredSteps?: number;
}

/** A program whose kernels, shapes and memory bounds were checked when it was made. */
export interface NativeProgram {
  readonly arenaBytes: number;
  /**
   * Runs the instruction list `steps` times on the backend's own thread without returning to JavaScript.
   * Resolves with the number of steps completed (fewer after `cancel`); rejects with what a kernel reported.
   * `onProgress`, at most every 50 ms, gets the steps completed so far.
   */
  run(steps: number, onProgress?: (steps: number) => void, timing?: NativeTiming): Promise<NativeRunResult>;
  /** Stops after the step in progress. Has no effect when nothing runs. */
  cancel(): void;
  dispose(): void;
}

/** Of the finite values but for the counts; NaN where there is none to speak of. */
export interface NativeStatistics {
  readonly count: number;
  readonly nan: number;
  readonly positive_infinity: number;
  readonly negative_infinity: number;
  readonly zeros: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Unbiased, as torch.std's. */
  readonly std: number;
  /** Euclidean. */
  readonly norm: number;
  /** By equal steps from min to max. */
  readonly histogram: Float64Array;
  /** First axis by all others, each cell a mean; NaN where a value is not finite. */
  readonly grid: { readonly rows: number; readonly columns: number; readonly values: Float32Array };
}

export interface NativeProgramSpec<S = NativeStorage> {
  buffers: readonly ({ dtype: string; shape: readonly number[] } & (
    { kind: 'arena'; offset: number } | { kind: 'external'; storage: S; offset: number }
  ))[];
  instructions: readonly {
    op: string;
    inputs: readonly (number | null)[];
    outputs: readonly number[];
    attributes: object;
  }[];
  arenaBytes: number;
}

/** A device as Vulkan describes it. Bytes; `refusal` says why it cannot be used and is empty when it can. */
export interface NativeGpuDevice {
  readonly name: string;
  readonly type: 'discrete' | 'integrated' | 'virtual' | 'software' | 'other';
  readonly driver: string;
  readonly driver_version: string;
  readonly uuid: string;
  readonly api_version: string;
  readonly memory: number;
  readonly budget: number;
  readonly subgroup_size: number;
  readonly features: readonly string[];
  /** Bytes that a workgroup shares. */
  readonly shared_memory: number;
  /** Whether it has queues that only copy, beside whatever its kernels do. */
  readonly has_copy_queue: boolean;
  /** What its matrix units multiply at once, of each dtype: [m, k] by [k, n] as [m, n, k], summed in float32. */
  readonly matrix_units: readonly {
    readonly dtype: 'float16' | 'bfloat16';
    readonly shape: readonly [number, number, number];
  }[];
  readonly refusal: string;
}

/**
 * Where copies beside kernels go: to a queue of their own where the device has one that only copies; to one of their own in any case
 * (a second one of the kernels' kind, or submissions of their own); or among the kernels.
 */
export type CopyQueue = 'automatic' | 'apart' | 'among';

/** Memory of a GPU, which is never shared. */
export type NativeGpuStorage = Omit<NativeStorage, 'copy' | 'assign' | 'isShared'>;
export type NativeGpuTensor = NativeTensor<NativeGpuStorage>;

/** A program of a GPU: tables of take_rows may stay in the host's memory, of which each step takes its rows. */
export interface NativeGpuProgramSpec extends Omit<NativeProgramSpec<NativeGpuStorage>, 'buffers'> {
  buffers: readonly (
    | NativeProgramSpec<NativeGpuStorage>['buffers'][number]
    | { dtype: string; shape: readonly number[]; kind: 'host'; storage: NativeStorage; offset: number }
  )[];
}

/** An open GPU. Its storages and programs behave as the CPU's; they are of no use to another device. */
export interface NativeGpu {
  info(): NativeGpuDevice;
  allocate(bytes: number): NativeGpuStorage;
  execute(
    op: string,
    inputs: readonly (NativeGpuTensor | null)[],
    outputs: readonly NativeGpuTensor[],
    attributes: object,
  ): void;
  /** Kernels are compiled and recorded at the first run. */
  createProgram(spec: NativeGpuProgramSpec): NativeProgram;
  /**
   * Device memory that recording such a program takes besides its buffers, which need not exist: scratch and constants of its kernels,
   * and the rows of a step of tables in the host's memory. Nothing is compiled. Rejects with what recording would throw.
   */
  measureScratch(spec: {
    readonly buffers: readonly {
      readonly dtype: string;
      readonly shape: readonly number[];
      readonly isHost: boolean;
    }[];
    readonly instructions: NativeProgramSpec['instructions'];
  }): Promise<number>;
  /** The driver's compiled kernels, for `openGpu` of a later process. */
  pipelineCache(): Uint8Array;
  /** `limit` is what `setMemoryLimit` set. */
  live(): { storages: number; programs: number; bytes: number; limit: number };
  /** Device memory that may be taken at once; at first the budget the driver gives. */
  setMemoryLimit(bytes: number): void;
  /** True once the device was lost: nothing it held can be read, and it must be opened anew. */
  isLost(): boolean;
  /** Test hook: the next submission finds the device lost. */
  lose(): void;
  close(): void;
}

export type FileTransfer = (
  descriptor: number,
  position: number,
  storage: NativeStorage,
  offset: number,
  length: number,
) => Promise<number>;

export interface NativeOp {
  readonly name: string;
  readonly least_inputs: number;
  readonly most_inputs: number;
  readonly outputs: number;
  readonly mutates: readonly number[];
}

/** Where a fault can be injected: `entry` is any call from JavaScript, `delivery` any result or progress on its way there. */
export type FaultPlace = 'allocate' | 'kernel' | 'thread' | 'entry' | 'delivery';
export type FaultKind = 'bad_alloc' | 'length_error' | 'int';

export interface NativeAddon {
  /** `isa` is the kernel set in use: avx512, avx2, neon or portable; `available` what this machine can run. */
  info(): {
    isa: string;
    available: readonly string[];
    cores: number;
    threads: number;
    compiler: string;
    memory_limit: number;
  };
  /** The ops with their arities and the inputs they change, in the order of SIGNATURES. */
  ops(): readonly NativeOp[];
  /** Threads used by kernels, 1 to 256. Results do not depend on it. */
  setThreads(count: number): void;
  /** Niceness, 0 to 19, of native threads started after the call: an app with a window lets its window go first. Linux only. */
  setNiceness(niceness: number): void;
  /** Forces a kernel set; for tests and measurements. */
  setIsa(name: string): void;
  /** GFLOP/s of multiply-adds on registers alone with all threads, over a few milliseconds: what products are measured against. */
  measurePeak(dtype: 'float32' | 'float64'): number;
  /** Replaces each value by the C library's `log`, `log1p`, `sin` or `cos` of it. */
  libm(name: LibmFunction, values: Float64Array): void;
  /** Total bytes of storages and arenas that may live at once; an allocation past it throws with need and limit. */
  setMemoryLimit(bytes: number): void;
  /** `place` is where in a file the bytes will come from: a disk can put them into memory that lies in its page as they do in theirs. */
  allocate(bytes: number, place?: number): NativeStorage;
  /** Runs one primitive at once on the calling thread (and the pool). For small work and tests: long work goes into a program. */
  execute(
    op: string,
    inputs: readonly (NativeTensor | null)[],
    outputs: readonly NativeTensor[],
    attributes: object,
  ): void;
  /** The same on the backend's own thread. */
  executeAsync(
    op: string,
    inputs: readonly (NativeTensor | null)[],
    outputs: readonly NativeTensor[],
    attributes: object,
  ): Promise<void>;
  createProgram(spec: NativeProgramSpec): NativeProgram;
  /**
   * Scratch that a program of these instructions takes at most at once, on as many threads as are set. No operand need exist:
   * each kernel runs the first piece of its loops over memory that is only mapped.
   */
  measureScratch(spec: {
    readonly buffers: readonly { readonly dtype: string; readonly shape: readonly number[] }[];
    readonly instructions: NativeProgramSpec['instructions'];
  }): Promise<number>;
  /** Figures, distribution and picture of a tensor, on a thread of its own; at most 4,096 bins and 1,024 cells either way. */
  measureTensor(tensor: NativeTensor, bins: number, rows: number, columns: number): Promise<NativeStatistics>;
  /**
   * Moves `length` bytes between an open file (a descriptor of Node's, from byte `position`) and a storage (from byte
   * `offset`), on threads of its own; resolves with the CRC-32 of the bytes. Rejects with the system's code as message
   * (`ENOSPC`), `EOF` where the file ends too early. Absent on Windows, where descriptors are not shared.
   */
  readonly readFile?: FileTransfer;
  readonly writeFile?: FileTransfer;
  /** Copies `length` bytes between open files on the same threads; resolves and rejects the same, with `source ` before the code where reading failed. */
  readonly copyFile?: (
    descriptor: number,
    position: number,
    targetDescriptor: number,
    targetPosition: number,
    length: number,
  ) => Promise<number>;
  /**
   * Gives an open file blocks for `bytes` and that size, so that several threads may write it at once. Does nothing where its file system
   * has no such thing; rejects where there is no room (`ENOSPC`). Linux only.
   */
  makeFileRoom?(descriptor: number, bytes: number): Promise<void>;
  /** As `readFile` and `writeFile` without the checksum: what the disk gives, for measurements. Resolve with 0. */
  readonly readFilePlainly?: FileTransfer;
  readonly writeFilePlainly?: FileTransfer;
  /** Has the system forget what it keeps of a file, so that the next read comes from the disk. For measurements. */
  forgetFile?(descriptor: number): void;
  /** Storages and programs not yet disposed, which must be 0 when a suite ends, and bytes, once what was given up is free. */
  live(): { storages: number; programs: number; bytes: number };
  /** The most bytes that lived at once since `resetMemoryPeak`, scratch of kernels included. */
  memoryPeak(): number;
  resetMemoryPeak(): void;
  /** Joins every native thread; later calls throw. Called from process.on('exit'). */
  close(): void;
  /**
   * Test hook: makes an allocation, kernel, thread body, entry or delivery throw, the next one or the one that comes `after` so
   * many; `none` disarms. Returns true when the fault armed there before was never met.
   */
  injectFault(place: FaultPlace, kind: FaultKind | 'none', after?: number): boolean;
  /** `failure` says why there is no Vulkan at all. */
  gpuDevices(): { failure: string; devices: readonly NativeGpuDevice[] };
  /** The ops that have a GPU kernel, with arities and the inputs they change, in the order of SIGNATURES. */
  gpuOps(): readonly NativeOp[];
  /** What Vulkan's validation layers said since the last call, where LAZULI_GPU_VALIDATE=1 asked for them. */
  gpuMessages(): readonly string[];
  /**
   * Test hook: the tiles of a product (m, n, k, batches) on matrix units that multiply `shape`, as [m, n, m of a subgroup, n of a
   * subgroup, depth]; null where it would not run on them. Looks at no device.
   */
  gpuTiles(
    sizes: readonly number[],
    units: { name: string; shape: readonly number[]; subgroup_size: number; shared_memory: number },
  ): readonly number[] | null;
  openGpu(options: {
    index: number;
    pipelineCache: Uint8Array | null;
    mustStage: boolean;
    /** Default false. */
    isChecked?: boolean;
    /** Default automatic. */
    copyQueue?: CopyQueue;
    /** Default false. */
    isAsOnHardware?: boolean;
  }): NativeGpu;
}
