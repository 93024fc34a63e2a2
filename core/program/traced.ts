// A program before memory is planned: instructions over tensors whose temporaries are storages of their own. What trace
// makes and what simplify and fuse change.
import { LazuliError } from '../errors';
import { SIGNATURES } from '../ops/signatures';
import { elementSize, type DType } from '../tensor/dtype';
import { numel, type Shape } from '../tensor/shape';
import type { Device, Storage } from '../tensor/storage';
import type { Instruction } from './instructions';

/** A dense tensor of a program: a part of a storage, seen with a dtype and a shape. */
export interface TracedBuffer {
  readonly storage: Storage;
  /** Bytes from the storage's start. */
  readonly offset: number;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Instructions name buffers by index. Several buffers may view one storage; equal buffers are one. */
export interface TracedProgram {
  readonly buffers: readonly TracedBuffer[];
  readonly instructions: readonly Instruction[];
}

/** Memory that exists only in the program: written by exactly one instruction before anything reads it. */
export class TracedStorage implements Storage {
  readonly isDisposed = false;
  constructor(
    readonly device: Device,
    readonly bytes: number,
  ) {}
  read(): never {
    throw new LazuliError(
      'not_supported',
      'a traced step may not look at values: they exist only when it runs',
      {
        hint: 'compute with ops (where, comparisons), or read values between runs',
      },
    );
  }
  write(): never {
    throw new LazuliError(
      'not_supported',
      'a traced step may not write values: they exist only when it runs',
    );
  }
  copy(): never {
    return this.read();
  }
  assign(): never {
    return this.write();
  }
  dispose(): void {}
}

export const isTemporary = (storage: Storage): boolean => storage instanceof TracedStorage;

export const bufferBytes = ({ dtype, shape }: TracedBuffer): number => numel(shape) * elementSize(dtype);

export function bufferAt(program: TracedProgram, index: number): TracedBuffer {
  const buffer = program.buffers[index];
  if (!buffer) throw new LazuliError('internal', `buffer ${index} of ${program.buffers.length}`);
  return buffer;
}

/** Indices of the buffers an instruction reads, those it also changes included. */
export const reads = ({ inputs }: Instruction): number[] => inputs.filter((index) => index !== null);

/** Indices of the input buffers an instruction changes in place. */
export const mutates = ({ op, inputs }: Instruction): number[] =>
  (SIGNATURES[op].mutates ?? []).flatMap((position) => inputs[position] ?? []);

/** Storages that any instruction changes in place. */
export const mutatedStorages = (program: TracedProgram): Set<Storage> =>
  new Set(
    program.instructions.flatMap((instruction) =>
      mutates(instruction).map((index) => bufferAt(program, index).storage),
    ),
  );

/** Collects buffers, each only once. */
export class BufferTable {
  readonly buffers: TracedBuffer[] = [];
  readonly #ids = new Map<Storage, number>();
  readonly #indices = new Map<string, number>();

  indexOf(buffer: TracedBuffer): number {
    let id = this.#ids.get(buffer.storage);
    if (id === undefined) this.#ids.set(buffer.storage, (id = this.#ids.size));
    const key = `${id} ${buffer.offset} ${buffer.dtype} ${buffer.shape.join()}`;
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    this.#indices.set(key, this.buffers.length);
    this.buffers.push(buffer);
    return this.buffers.length - 1;
  }
}

/** The program with only `instructions`, buffers passed through `replace`, and no buffer that nothing uses. */
export function rebuild(
  program: TracedProgram,
  instructions: readonly Instruction[],
  replace: (buffer: TracedBuffer) => TracedBuffer = (buffer) => buffer,
): TracedProgram {
  const table = new BufferTable();
  const renamed = (index: number): number => table.indexOf(replace(bufferAt(program, index)));
  const result = instructions.map((instruction) => ({
    ...instruction,
    inputs: instruction.inputs.map((index) => (index === null ? null : renamed(index))),
    outputs: instruction.outputs.map(renamed),
  }));
  return { buffers: table.buffers, instructions: result };
}
