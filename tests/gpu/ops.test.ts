// Every op on every device against the CPU in float64: within 1e-5 of the value or of the tensor's size, bits where the
// op only moves elements or counts; nothing outside the outputs is written.
import { describe, expect, it } from 'vitest';

import { INFER, type Infer } from '#core/ops/infer';
import { SIGNATURES, type OpName } from '#core/ops/signatures';
import { elementSize, type DType } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { Backend, DenseTensor } from '#core/tensor/storage';
import { loadNative, openCpuBackend } from '#native';

import { read, write } from '../support/reference/arrays';
import type { Given } from '../native/against-reference';
import { CASES, type OpCase } from './cases';
import { backendOn, DEVICES } from './devices';

const GUARD = 64;

/** Runs a call with its tensors inside larger storages; returns outputs, then inputs afterwards, as numbers. */
function run<N extends OpName>(backend: Backend, op: N, { inputs, attributes }: OpCase<N>): number[][] {
  const infer: Infer<N> = INFER[op];
  const storages: { dispose(): void }[] = [];
  const guarded: { tensor: DenseTensor; bytes: number }[] = [];
  const put = (dtype: DType, shape: Shape, values: readonly number[] | null): DenseTensor => {
    const size = elementSize(dtype);
    const bytes = numel(shape) * size;
    const storage = backend.allocate(bytes + 2 * GUARD);
    storages.push(storage);
    storage.write(0, new Uint8Array(bytes + 2 * GUARD).fill(0x5a));
    const tensor = { storage, dtype, shape, offset: GUARD / size };
    if (values) write(tensor, values);
    guarded.push({ tensor, bytes });
    return tensor;
  };
  try {
    const outputs = infer(inputs, attributes).map(({ dtype, shape }) => put(dtype, shape, null));
    const given = inputs.map((input) => input && put(input.dtype, input.shape, input.values));
    backend.execute(op, given, outputs, { ...attributes });
    for (const { tensor, bytes } of guarded) {
      const around = [tensor.storage.read(0, GUARD), tensor.storage.read(GUARD + bytes, GUARD)];
      for (const part of around) expect(part.every((byte) => byte === 0x5a)).toBe(true);
    }
    return [...outputs, ...given].map((tensor) => (tensor ? read(tensor) : []));
  } finally {
    for (const storage of storages) storage.dispose();
  }
}

/** The same call in float64. What was float32 by meaning (a step counter) and log or rate stays what it is. */
function inFloat64<N extends OpName>(op: N, call: OpCase<N>): OpCase<N> {
  const isUpdate = op.endsWith('_step');
  const last = call.inputs.length - (isUpdate ? 2 : 0);
  const inputs = call.inputs.map((input, at): Given | null =>
    input?.dtype === 'float32' && at < last ? { ...input, dtype: 'float64' } : input,
  );
  return { inputs, attributes: call.attributes };
}

const EXACT: ReadonlySet<OpName> = new Set<OpName>([
  'strided_copy', 'concatenate', 'cast', 'fill', 'gather', 'dropout_mask', 'advance', 'take_rows', 'record', 'argmax',
]); // prettier-ignore

function check(op: OpName, got: readonly number[][], expected: readonly number[][]): void {
  expected.forEach((values, at) => {
    const scale = EXACT.has(op)
      ? 0
      : Math.sqrt(
          values.reduce((sum, x) => sum + (Number.isFinite(x) ? x * x : 0), 0) / Math.max(values.length, 1),
        );
    const tolerance = EXACT.has(op) ? 0 : 1e-5;
    values.forEach((value, index) => {
      const actual = got[at]?.[index] ?? NaN;
      if (Object.is(actual, value) || actual === value) return;
      if (!(Math.abs(actual - value) <= tolerance * Math.max(Math.abs(value), scale)))
        throw new Error(`${op}: tensor ${at}, element ${index} is ${actual}, expected ${value}`);
    });
  });
}

describe.each(DEVICES.map((device) => [device.name, device] as const))('%s', (_, device) => {
  const cpu = openCpuBackend();
  it.each(Object.keys(CASES) as OpName[])('%s', <N extends OpName>(op: N) => {
    const cases = CASES[op] as readonly OpCase<N>[];
    const gpu = backendOn(device);
    for (const call of cases) {
      const got = run(gpu, op, call);
      const expected = run(cpu, op, EXACT.has(op) ? call : inFloat64(op, call));
      check(op, got, expected);
    }
    expect(gpu.native.live().storages).toBe(0);
  });
});

it('the list of kernels is the table of ops', () => {
  const table = Object.entries(SIGNATURES).map(([name, { inputs, outputs, mutates = [] }]) => ({
    name,
    least_inputs: inputs[0],
    most_inputs: inputs[1],
    outputs,
    mutates,
  }));
  expect(loadNative().gpuOps()).toEqual(table);
});
