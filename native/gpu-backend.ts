// The GPU backend: core's Backend over an open device of the native addon, with programs besides single ops. What cannot
// run there is refused, by name, before anything starts.
import { LazuliError } from '#core/errors';
import { INFER } from '#core/ops/infer';
import type { AttributeValue, OpName } from '#core/ops/signatures';
import type { ProgramSpec } from '#core/program/instructions';
import { elementSize } from '#core/tensor/dtype';
import type { DType } from '#core/tensor/dtype';
import { shapesEqual } from '#core/tensor/shape';
import type { Backend, DenseTensor, Storage } from '#core/tensor/storage';

import type { CopyQueue, NativeGpu, NativeGpuDevice, NativeGpuStorage, NativeGpuTensor } from './contract';
import { CpuProgram, CpuStorage } from './cpu-backend';
import { toLazuliError, wrapErrors } from './errors';
import { loadNative } from './load';

/** Memory on a GPU. Reading and writing wait for what was asked of the device before. */
export class GpuStorage implements Storage {
  readonly device = 'gpu';
  readonly bytes: number;

  constructor(
    readonly native: NativeGpuStorage,
    readonly gpu: NativeGpu,
  ) {
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
  /** Through JavaScript's memory, piece by piece. */
  copy(): GpuStorage {
    const copy = allocateOn(this.gpu, this.bytes);
    copy.assign(this);
    return copy;
  }
  assign(source: Storage): void {
    for (let at = 0; at < this.bytes; at += PIECE)
      this.write(at, source.read(at, Math.min(PIECE, this.bytes - at)));
  }
  dispose(): void {
    this.native.dispose();
  }
}

/** Bytes copied at once. */
const PIECE = 4 << 20;

const allocateOn = (gpu: NativeGpu, bytes: number): GpuStorage =>
  new GpuStorage(
    wrapErrors(() => gpu.allocate(bytes)),
    gpu,
  );

/** Ops that only move elements or numbers beside the model, and so take float64 as well. */
const ANY_DTYPE: ReadonlySet<OpName> = new Set<OpName>([
  'strided_copy',
  'concatenate',
  'cast',
  'fill',
  'gather',
  'take_rows',
  'record',
  'advance',
]);

export class GpuBackend implements Backend {
  readonly device = 'gpu';

  constructor(readonly native: NativeGpu) {}

  allocate(bytes: number): GpuStorage {
    return allocateOn(this.native, bytes);
  }

  execute(
    op: OpName,
    inputs: readonly (DenseTensor | null)[],
    outputs: readonly DenseTensor[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): void {
    refuseShapes(op, inputs, outputs, attributes);
    refuseDtypes(op, [...inputs, ...outputs]);
    wrapErrors(() => this.native.execute(op, inputs.map(toNative), outputs.map(toNativeOutput), attributes));
  }

  /** Device memory that `createProgram` of this would take on top of its arena when it runs. Throws what that throws. */
  async measureScratch(spec: ProgramSpec): Promise<number> {
    refuseDtypesOf(spec);
    try {
      const buffers = spec.buffers.map((buffer) => ({
        dtype: buffer.dtype,
        shape: buffer.shape,
        isHost: isHost(buffer),
      }));
      return await this.native.measureScratch({ buffers, instructions: spec.instructions });
    } catch (error) {
      throw toLazuliError(error);
    }
  }

  /**
   * Checks ops, dtypes and memory bounds, and takes the arena. Tables of `take_rows` may lie on the CPU: the rows of each step are
   * then copied while the step before runs. Throws `not_supported`, `native_failed` or `out_of_memory`.
   */
  createProgram(spec: ProgramSpec): CpuProgram {
    refuseDtypesOf(spec);
    const buffers = spec.buffers.map((buffer) => {
      if (buffer.kind === 'arena') return buffer;
      const { storage } = buffer;
      if (storage instanceof CpuStorage) return { ...buffer, kind: 'host' as const, storage: storage.native };
      return { ...buffer, storage: nativeStorage(storage) };
    });
    const { instructions, arenaBytes } = spec;
    return new CpuProgram(wrapErrors(() => this.native.createProgram({ buffers, instructions, arenaBytes })));
  }

  /** Gives the device up; what it still holds goes when its owners dispose it. */
  close(): void {
    this.native.close();
  }
}

/** A table that stays in the host's memory. */
const isHost = (buffer: ProgramSpec['buffers'][number]): boolean =>
  buffer.kind === 'external' && buffer.storage.device === 'cpu';

function refuseDtypesOf({ instructions, buffers }: ProgramSpec): void {
  for (const { op, inputs, outputs } of instructions)
    refuseDtypes(
      op,
      [...inputs, ...outputs].map((index) => (index === null ? null : (buffers[index] ?? null))),
    );
}

/** A device that Vulkan lists, usable or not. */
export type GpuDevice = NativeGpuDevice & { readonly index: number };

/** Every GPU Vulkan lists, and why there is none at all where that is so. */
export function gpuDevices(): { readonly failure: string; readonly devices: readonly GpuDevice[] } {
  const { failure, devices } = loadNative().gpuDevices();
  return { failure, devices: devices.map((device, index) => ({ ...device, index })) };
}

export interface GpuOptions {
  /** What `native.pipelineCache()` gave in an earlier process with the same device and driver. */
  readonly pipelineCache?: Uint8Array | null;
  /** Copies through staging memory even where the host reaches the device's; for tests. */
  readonly mustStage?: boolean;
  /**
   * Kernels check every access to memory: one outside of an op's tensors is an error that names op, tensor and index. Slow; for tests.
   * Default: what LAZULI_GPU_CHECK=1 says.
   */
  readonly isChecked?: boolean;
  /** Where the rows of data that stays in main memory are copied. Default: what LAZULI_GPU_COPIES says, else automatic. */
  readonly copyQueue?: CopyQueue;
  /** Kernels as GPUs get them on a driver in software, too, which then compiles them for long; for tests. */
  readonly isAsOnHardware?: boolean;
}

const COPY_QUEUES: readonly CopyQueue[] = ['automatic', 'apart', 'among'];

/** What LAZULI_GPU_COPIES asks for. Throws `usage` for what is none of them. */
function wishedCopies(): CopyQueue {
  const wish = process.env['LAZULI_GPU_COPIES'] ?? '';
  const found = COPY_QUEUES.find((each) => each === wish);
  if (found !== undefined || wish === '') return found ?? 'automatic';
  const expected = `one of ${COPY_QUEUES.join(', ')}`;
  throw new LazuliError('usage', `LAZULI_GPU_COPIES: expected ${expected}, got '${wish}'`, {
    where: 'LAZULI_GPU_COPIES',
    expected,
    got: wish,
  });
}

/** Opens a device by its place in `gpuDevices`. Throws `native_failed` when it cannot be used, `usage` for a wish of the environment that is none. */
export function openGpuBackend(
  index: number,
  {
    pipelineCache = null,
    mustStage = false,
    isChecked = process.env['LAZULI_GPU_CHECK'] === '1',
    copyQueue = wishedCopies(),
    isAsOnHardware = false,
  }: GpuOptions = {},
): GpuBackend {
  return new GpuBackend(
    wrapErrors(() =>
      loadNative().openGpu({ index, pipelineCache, mustStage, isChecked, copyQueue, isAsOnHardware }),
    ),
  );
}

/** The device's kernels trust the shapes they are given. */
function refuseShapes(
  op: OpName,
  inputs: readonly (DenseTensor | null)[],
  outputs: readonly DenseTensor[],
  attributes: Readonly<Record<string, AttributeValue>>,
): void {
  const infer = INFER[op] as (
    given: readonly (DenseTensor | null)[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ) => readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
  const expected = infer(inputs, attributes);
  const fits = expected.every(({ dtype, shape }, at) => {
    const output = outputs[at];
    return output?.dtype === dtype && shapesEqual(output.shape, shape);
  });
  if (!fits || expected.length !== outputs.length)
    throw new LazuliError('internal', `${op}: the outputs are not of the shapes and dtypes it gives`);
}

function refuseDtypes(op: OpName, tensors: readonly ({ readonly dtype: DType } | null)[]): void {
  const isUpdate = op.endsWith('_step');
  if (ANY_DTYPE.has(op)) return;
  const operands = isUpdate ? tensors.slice(0, -1) : tensors;
  if (operands.every((tensor) => tensor?.dtype !== 'float64')) return;
  throw new LazuliError('not_supported', `${op}: the GPU computes in float32, not float64`, {
    where: op,
    expected: 'float32',
    got: 'float64',
    hint: 'train in float32, or use the CPU',
  });
}

function nativeStorage(storage: Storage): NativeGpuStorage {
  if (storage instanceof GpuStorage) return storage.native;
  throw new LazuliError('internal', 'a tensor of another backend was given to the GPU backend', {
    expected: 'a storage the GPU backend allocated',
    got: `${storage.constructor.name} on ${storage.device}`,
  });
}

function toNativeOutput({ storage, offset, dtype, shape }: DenseTensor): NativeGpuTensor {
  return { storage: nativeStorage(storage), offset: offset * elementSize(dtype), dtype, shape };
}

const toNative = (tensor: DenseTensor | null): NativeGpuTensor | null =>
  tensor ? toNativeOutput(tensor) : null;
