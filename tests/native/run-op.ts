// Calls one native op on plain arrays, and runs a check under every instruction set and thread count: the support of the
// tests of the product, pooling, normalization, softmax and loss ops.
import { readFileSync } from 'node:fs';

import { loadNative } from '#native';

export type FloatType = 'float32' | 'float64';
export interface Tensor {
  readonly dtype: 'float32' | 'float64' | 'int64';
  readonly shape: readonly number[];
  /** Integers too: the tests' indices and counts fit in a double. */
  readonly data: readonly number[];
}
export interface Expected {
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
}

export const native = loadNative();
export const FLOATS: readonly FloatType[] = ['float32', 'float64'];
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function toBytes({ dtype, data }: Tensor): Uint8Array {
  const array =
    dtype === 'float32'
      ? Float32Array.from(data)
      : dtype === 'float64'
        ? Float64Array.from(data)
        : BigInt64Array.from(data, (value) => BigInt(value));
  return new Uint8Array(array.buffer);
}

function fromBytes(dtype: Tensor['dtype'], bytes: Uint8Array): number[] {
  const { buffer } = bytes.slice();
  if (dtype === 'float32') return Array.from(new Float32Array(buffer));
  if (dtype === 'float64') return Array.from(new Float64Array(buffer));
  return Array.from(new BigInt64Array(buffer), Number);
}

/** Runs `op` once. Returns the outputs, then what the inputs hold afterwards (null for absent ones). */
export function runOp(
  op: string,
  inputs: readonly (Tensor | null)[],
  outputs: readonly Expected[],
  attributes: object,
): { outputs: Tensor[]; inputs: (Tensor | null)[] } {
  const storages: ReturnType<typeof native.allocate>[] = [];
  const place = ({ dtype, shape }: Expected, bytes: Uint8Array) => {
    const storage = native.allocate(Math.max(bytes.length, 8));
    storages.push(storage);
    storage.write(0, bytes);
    return { storage, offset: 0, dtype, shape };
  };
  const back = ({ storage, dtype, shape }: ReturnType<typeof place>): Tensor => {
    const bytes = new Uint8Array(sizeOf(shape) * (dtype === 'float32' ? 4 : 8));
    storage.read(0, bytes);
    return { dtype, shape, data: fromBytes(dtype, bytes) };
  };
  try {
    const given = inputs.map((tensor) => (tensor ? place(tensor, toBytes(tensor)) : null));
    // Garbage, so that an element nobody writes is noticed.
    const made = outputs.map((out) =>
      place(out, new Uint8Array(sizeOf(out.shape) * (out.dtype === 'float32' ? 4 : 8)).fill(0xa5)),
    );
    native.execute(op, given, made, attributes);
    return { outputs: made.map(back), inputs: given.map((tensor) => (tensor ? back(tensor) : null)) };
  } finally {
    for (const storage of storages) storage.dispose();
  }
}

/** A repeatable tensor of values in [-1, 1), a multiple of 2⁻¹⁰ each. */
export function randomTensor(dtype: FloatType, shape: readonly number[], seed: number): Tensor {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const data = Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 21) / 1024 - 1;
  });
  return { dtype, shape, data };
}

/** Runs `body` under every instruction set, then restores the best. */
export function forEachIsa(body: (isa: string) => void): void {
  const { available } = native.info();
  try {
    for (const isa of available) {
      native.setIsa(isa);
      body(isa);
    }
  } finally {
    native.setIsa(available[0] ?? 'portable');
  }
}

/** Runs `make` with 1, 2 and 3 threads; throws unless the outputs are equal bit for bit, and returns them. */
export function withThreads(make: () => Tensor[]): Tensor[] {
  const { threads } = native.info();
  try {
    const [first, ...others] = [1, 2, 3].map((count) => {
      native.setThreads(count);
      return make();
    });
    if (!first) throw new Error('no result');
    for (const other of others)
      first.forEach((tensor, index) => {
        const at = tensor.data.findIndex((value, i) => !Object.is(value, other[index]?.data[i]));
        if (at >= 0)
          throw new Error(
            `output ${index}, element ${at}: ${tensor.data[at]} with one thread, ${other[index]?.data[at]} with more`,
          );
      });
    return first;
  } finally {
    native.setThreads(threads);
  }
}

/** Throws unless every element of `actual` is within `tolerance`·(1 + |expected|) of `expected`; NaN equals NaN. */
export function expectClose(
  what: string,
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} elements, expected ${expected.length}`);
  expected.forEach((value, i) => {
    const got = actual[i] ?? 0;
    const isEqual = Object.is(got, value) || got === value;
    if (!isEqual && !(Math.abs(got - value) <= tolerance * (1 + Math.abs(value))))
      throw new Error(`${what}: element ${i} is ${got}, expected ${value}`);
  });
}

interface PackedTensor {
  readonly dtype: 'float' | 'int64';
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}
interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly (PackedTensor | null)[];
  readonly outputs: readonly PackedTensor[];
  readonly attributes: object;
  readonly mutated: Readonly<Record<string, PackedTensor>>;
}

const golden = JSON.parse(readFileSync(new URL('../golden/native_ops.json', import.meta.url), 'utf8')) as {
  cases: readonly GoldenCase[];
};

/** The cases of PyTorch's values (scripts/golden/native_ops.py) for ops whose name matches. */
export const goldenCases = (ops: RegExp): readonly GoldenCase[] =>
  golden.cases.filter(({ op }) => ops.test(op));

const unpack = (tensor: PackedTensor, dtype: FloatType): Tensor => ({
  dtype: tensor.dtype === 'int64' ? 'int64' : dtype,
  shape: tensor.shape,
  data: tensor.data.map(Number),
});

/** Runs a golden case in `dtype` under every instruction set and thread count and compares with PyTorch. */
export function checkGolden(golden: GoldenCase, dtype: FloatType): void {
  const inputs = golden.inputs.map((tensor) => (tensor ? unpack(tensor, dtype) : null));
  const expected = golden.outputs.map((tensor) => unpack(tensor, dtype));
  const tolerance = dtype === 'float64' ? 1e-11 : 2e-6;
  forEachIsa((isa) => {
    const mutated = Object.entries(golden.mutated);
    const actual = withThreads(() => {
      const result = runOp(golden.op, inputs, expected, golden.attributes);
      return [...result.outputs, ...mutated.flatMap(([index]) => result.inputs[Number(index)] ?? [])];
    });
    [...expected, ...mutated.map(([, tensor]) => unpack(tensor, dtype))].forEach((tensor, index) => {
      expectClose(`${isa} output ${index}`, actual[index]?.data ?? [], tensor.data, tolerance);
    });
  });
}
