// Checked kernels: no op reaches outside of its tensors, and one that would is told with op, tensor and index.
import { afterAll, expect, it, test } from 'vitest';

import { openCpuBackend, openGpuBackend } from '#native';

import { CASES, type GpuOp, type OpCase } from './cases';
import { DEVICES } from './devices';
import { differences, inFloat64, isExact, runCase } from './parity';

const [device] = DEVICES;
if (!device) throw new Error('no device');
const gpu = openGpuBackend(device.index, { isChecked: true });
const cpu = openCpuBackend();

afterAll(() => {
  expect(gpu.native.live()).toMatchObject({ storages: 0, programs: 0 });
  gpu.close();
});

/** Elements of a call that a software driver still checks in a moment, and calls of an op: each compiles kernels of its own. */
const FEW = 3000;
const CALLS = 2;
/** Families whose kernel has so many accesses that a software driver compiles its checks for seconds. */
const PRODUCTS: ReadonlySet<GpuOp> = new Set<GpuOp>([
  'matmul', 'linear', 'convolution', 'convolution_input_gradient', 'convolution_weight_gradient',
]); // prettier-ignore

it.each(Object.keys(CASES) as GpuOp[])('%s stays inside its tensors', <N extends GpuOp>(op: N) => {
  const cases = CASES[op] as readonly OpCase<N>[];
  const size = ({ inputs }: OpCase<N>): number =>
    inputs.reduce((sum, input) => sum + (input?.values.length ?? 0), 0);
  const few = cases.filter((call) => size(call) <= FEW).slice(0, PRODUCTS.has(op) ? 1 : CALLS);
  expect(few.length).toBeGreaterThan(0);
  for (const call of few) {
    const expected = runCase(cpu, op, isExact(op) ? call : inFloat64(op, call));
    expect(differences(op, runCase(gpu, op, call), expected)).toEqual([]);
  }
});

test('an index outside of a tensor is an error that names op, tensor and index, and what it would write goes nowhere', () => {
  const bytes = 16 * 4;
  const [from, to] = [gpu.allocate(bytes), gpu.allocate(2 * bytes)];
  to.write(0, new Uint8Array(2 * bytes).fill(7));
  const tensor = (storage: typeof from, shape: readonly number[]) => ({
    storage: storage.native, offset: 0, dtype: 'float32', shape,
  }); // prettier-ignore
  // Past the checks of shapes, as a wrong kernel would be.
  const copy = (shape: readonly number[], offset: number): void => {
    gpu.native.execute('strided_copy', [tensor(from, [16])], [tensor(to, [16])], {
      shape,
      strides: [1],
      offset,
    });
  };
  expect(() => copy([16], 9)).toThrow(
    /^instruction 0, strided_copy: a kernel reached for 4 bytes outside of its tensors: expected an index below 16 of input 0, got (1[6-9]|2[0-4])$/,
  );
  expect(() => copy([16], 0)).not.toThrow();
  expect(to.read(bytes, bytes)).toEqual(new Uint8Array(bytes).fill(7));
  from.dispose();
  to.dispose();
});
