// Runs one op in plain TypeScript and natively under every instruction set and thread count, and demands the same bits of
// all native runs and the reference's values: the support of the tests of ops that promise as much.
import { INFER, type Infer, type TensorType } from '#core/ops/infer';
import type { OpAttributes, OpName } from '#core/ops/signatures';
import { elementSize, type DType } from '#core/tensor/dtype';
import { HostStorage } from '#core/tensor/host-storage';
import { numel, type Shape } from '#core/tensor/shape';
import type { DenseTensor, Storage } from '#core/tensor/storage';
import { loadNative, openCpuBackend } from '#native';

import { read, write } from '../support/reference/arrays';
import { executeReference } from '../support/reference/backend';

/** What tensors of the CPU backend may hold. */
export const DTYPES = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
] as const;

export interface Given {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly values: readonly number[];
}
export interface Result {
  readonly outputs: readonly number[][];
  /** What the inputs hold afterwards; null for absent ones. */
  readonly inputs: readonly (number[] | null)[];
}

/** Values by position, or repeatable random ones: multiples of 2⁻⁷ in [-4, 4), small integers for integer dtypes. */
export function given(dtype: DType, shape: Shape, value: ((index: number) => number) | number = 1): Given {
  if (typeof value === 'function')
    return { dtype, shape, values: Array.from({ length: numel(shape) }, (_, index) => value(index)) };
  let state = (value * 2654435761 + 97) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 22;
  };
  const draw = {
    float: () => (next() - 512) / 128,
    int: () => (next() % 200) - 100,
    uint: () => next() % 200,
    bool: () => next() % 2,
  };
  const kind = dtype.startsWith('float') || dtype === 'bfloat16' ? 'float' : dtype === 'bool' ? 'bool' : null;
  const random = draw[kind ?? (dtype.startsWith('uint') ? 'uint' : 'int')];
  return { dtype, shape, values: Array.from({ length: numel(shape) }, random) };
}

/** The little-endian bytes of a tensor. */
function encode(tensor: Given): Uint8Array {
  const { dtype, shape } = tensor;
  const storage = new HostStorage(numel(shape) * elementSize(dtype));
  write({ storage, dtype, shape, offset: 0 }, tensor.values);
  return storage.read(0, storage.bytes);
}

function decode({ dtype, shape }: TensorType, bytes: Uint8Array): number[] {
  return read({ storage: new HostStorage(bytes), dtype, shape, offset: 0 });
}

/** One call to prepare once and run on several backends. */
class Call<N extends OpName> {
  readonly types: readonly TensorType[];
  readonly #inputs: readonly (Uint8Array | null)[];

  constructor(
    readonly op: N,
    readonly inputs: readonly (Given | null)[],
    readonly attributes: OpAttributes[N],
  ) {
    const infer: Infer<N> = INFER[op];
    this.types = infer(inputs, attributes);
    this.#inputs = inputs.map((input) => (input ? encode(input) : null));
  }

  /** The bytes of the outputs, then those of the inputs, afterwards. */
  run(
    allocate: (bytes: number) => Storage,
    execute: (inputs: (DenseTensor | null)[], outputs: DenseTensor[]) => void,
  ): Uint8Array[] {
    const taken: Storage[] = [];
    const put = ({ dtype, shape }: TensorType, bytes: Uint8Array): DenseTensor => {
      const storage = allocate(bytes.length);
      taken.push(storage);
      storage.write(0, bytes);
      return { storage, dtype, shape, offset: 0 };
    };
    try {
      // Written over first, so that an element nobody writes is noticed.
      const outputs = this.types.map((type) =>
        put(type, new Uint8Array(numel(type.shape) * elementSize(type.dtype)).fill(0x5a)),
      );
      const inputs = this.inputs.map((input, index) => {
        const bytes = this.#inputs[index];
        return input && bytes ? put(input, bytes) : null;
      });
      execute(inputs, outputs);
      return taken.map((storage) => storage.read(0, storage.bytes));
    } finally {
      for (const storage of taken) storage.dispose();
    }
  }

  result(bytes: readonly Uint8Array[]): Result {
    const outputs = this.types.map((type, index) => decode(type, bytes[index] ?? new Uint8Array()));
    let at = outputs.length;
    const inputs = this.inputs.map((input) =>
      input ? decode(input, bytes[at++] ?? new Uint8Array()) : null,
    );
    return { outputs, inputs };
  }

  reference(): Result {
    return this.result(
      this.run(
        (bytes) => new HostStorage(bytes),
        (inputs, outputs) => executeReference(this.op, inputs, outputs, { ...this.attributes }),
      ),
    );
  }

  /** With 1, 2 and 3 threads and every instruction set; throws unless all give the same bits. */
  native(): Result {
    const native = loadNative();
    const backend = openCpuBackend();
    const { available, threads } = native.info();
    let first: Uint8Array[] | null = null;
    try {
      for (const isa of available)
        for (const count of [1, 2, 3]) {
          native.setIsa(isa);
          native.setThreads(count);
          const bytes = this.run(
            (size) => backend.allocate(size),
            (inputs, outputs) => backend.execute(this.op, inputs, outputs, { ...this.attributes }),
          );
          first ??= bytes;
          const differs = first.findIndex(
            (tensor, index) => Buffer.compare(tensor, bytes[index] ?? tensor) !== 0,
          );
          if (differs >= 0)
            throw new Error(`${this.op}: tensor ${differs} has other bits with ${isa} and ${count} threads`);
        }
    } finally {
      native.setIsa(available[0] ?? 'portable');
      native.setThreads(threads);
    }
    return this.result(first ?? []);
  }
}

/** What the reference gives. */
export const runReference = <N extends OpName>(
  op: N,
  inputs: readonly (Given | null)[],
  attributes: OpAttributes[N],
): Result => new Call(op, inputs, attributes).reference();

/** What the addon gives, the same bits with every instruction set and thread count. */
export const runNative = <N extends OpName>(
  op: N,
  inputs: readonly (Given | null)[],
  attributes: OpAttributes[N],
): Result => new Call(op, inputs, attributes).native();

/** The last unit of a float32 or float64 near `value`; 0 for other dtypes. */
export function unitOf(dtype: DType, value: number): number {
  if (dtype !== 'float32' && dtype !== 'float64') return 0;
  const [bits, least] = dtype === 'float32' ? [23, -149] : [52, -1074];
  const size = Math.abs(value);
  const exponent = size === 0 || !Number.isFinite(size) ? least + bits : Math.floor(Math.log2(size));
  return 2 ** Math.max(exponent - bits, least);
}

/** How close native and reference values must be: `units` last units of the value, or of `scale` where that is larger. */
interface Tolerance {
  readonly units?: number;
  readonly scale?: number;
}

function check(
  what: string,
  dtype: DType,
  got: readonly number[],
  expected: readonly number[],
  { units = 0, scale = 0 }: Tolerance,
): void {
  if (got.length !== expected.length)
    throw new Error(`${what}: ${got.length} elements, expected ${expected.length}`);
  expected.forEach((value, index) => {
    const actual = got[index] ?? 0;
    const isEqual = Object.is(actual, value) || actual === value;
    const most = units * unitOf(dtype, Math.max(Math.abs(value), scale));
    if (!isEqual && !(Math.abs(actual - value) <= most))
      throw new Error(`${what}: element ${index} is ${actual}, expected ${value}`);
  });
}

/** Native against reference: the outputs and what the inputs hold afterwards. Equal values unless a tolerance is given. */
export function compare<N extends OpName>(
  op: N,
  inputs: readonly (Given | null)[],
  attributes: OpAttributes[N],
  tolerance: Tolerance = {},
): void {
  const call = new Call(op, inputs, attributes);
  const [expected, actual] = [call.reference(), call.native()];
  expected.outputs.forEach((values, index) => {
    const dtype = call.types[index]?.dtype ?? 'float32';
    check(`${op} output ${index}`, dtype, actual.outputs[index] ?? [], values, tolerance);
  });
  expected.inputs.forEach((values, index) => {
    const dtype = inputs[index]?.dtype ?? 'float32';
    if (values) check(`${op} input ${index} after`, dtype, actual.inputs[index] ?? [], values, tolerance);
  });
}
