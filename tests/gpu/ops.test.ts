// Every op on every device against the CPU in float64: within 1e-5 of the value or of the tensor's size, bits where the
// op only moves elements or counts; nothing outside the outputs is written.
import { describe, expect, it } from 'vitest';

import { SIGNATURES } from '#core/ops/signatures';
import { loadNative, openCpuBackend, openGpuBackend } from '#native';

import { CASES, type GpuOp, type OpCase } from './cases';
import { backendOn, DEVICES } from './devices';
import { narrowCases, ROUNDING } from './narrow-cases';
import { differences, inFloat64, isExact, runCase } from './parity';

const NARROW_OPS = [
  'matmul', 'linear', 'convolution', 'convolution_input_gradient', 'convolution_weight_gradient',
  'self_attention', 'self_attention_gradient',
] as const; // prettier-ignore
const NARROW = NARROW_OPS.flatMap((op) => [
  [op, 'float16', 'float16'] as const,
  [op, 'float16', 'float32'] as const,
  [op, 'bfloat16', 'bfloat16'] as const,
  [op, 'bfloat16', 'float32'] as const,
]);

describe.each(DEVICES.map((device) => [device.name, device] as const))('%s', (_, device) => {
  const cpu = openCpuBackend();
  it.each(Object.keys(CASES) as GpuOp[])('%s', <N extends GpuOp>(op: N) => {
    const cases = CASES[op] as readonly OpCase<N>[];
    const gpu = backendOn(device);
    for (const call of cases) {
      const got = runCase(gpu, op, call);
      const expected = runCase(cpu, op, isExact(op) ? call : inFloat64(op, call));
      expect(differences(op, got, expected)).toEqual([]);
    }
    expect(gpu.native.live().storages).toBe(0);
  });
  it.each(NARROW)('%s of %s, summed in float32 and kept as %s', (op, dtype, result) => {
    const gpu = backendOn(device);
    const calls = narrowCases(dtype, result).filter((each) => each.op === op);
    expect(calls.length).toBeGreaterThan(0);
    for (const { call } of calls) {
      const [got = []] = runCase(gpu, op, call);
      const [expected = []] = runCase(cpu, op, inFloat64(op, call));
      expect(differences(op, [got], [expected], ROUNDING[result])).toEqual([]);
    }
  });
});

it.each(['matmul', 'convolution', 'convolution_input_gradient', 'convolution_weight_gradient'] as const)(
  '%s as a GPU in hardware computes it, its loops written out and its constants left to the driver',
  (op) => {
    const [device] = DEVICES;
    if (!device) throw new Error('no device');
    const gpu = openGpuBackend(device.index, { isAsOnHardware: true });
    const cpu = openCpuBackend();
    const [call] = CASES[op] as readonly OpCase<typeof op>[];
    if (!call) throw new Error('no case');
    expect(differences(op, runCase(gpu, op, call), runCase(cpu, op, inFloat64(op, call)))).toEqual([]);
    gpu.close();
  },
);

it.each(['floor_divide', 'remainder'])('%s by zero is an error that says so', (name) => {
  const [device] = DEVICES;
  if (!device) throw new Error('no device');
  const whole = (values: readonly number[]) => ({ dtype: 'int64', shape: [values.length], values }) as const;
  const divide = (divisors: readonly number[]): number[][] =>
    runCase(backendOn(device), 'integer_elementwise', {
      inputs: [whole([7, -7, 2 ** 40]), whole(divisors)],
      attributes: { function: name },
    });
  expect(() => divide([2, 0, 5])).toThrow(
    /integer_elementwise: ZeroDivisionError: the divisor: expected no zeros, got 0/,
  );
  expect(divide([2, 2, -5])[0]).toEqual(name === 'remainder' ? [1, 1, -4] : [3, -4, -219902325556]);
});

it('the list of kernels is the table of ops, but those that only fusion for the CPU makes', () => {
  const table = Object.entries(SIGNATURES).flatMap(([name, { inputs, outputs, mutates = [] }]) =>
    name in CASES ? [{ name, least_inputs: inputs[0], most_inputs: inputs[1], outputs, mutates }] : [],
  );
  expect(loadNative().gpuOps()).toEqual(table);
});
