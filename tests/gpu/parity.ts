// Running a call of an op on a backend with guards around its tensors, and comparing a GPU's result with the CPU's.
import { INFER, type Infer } from '#core/ops/infer';
import type { OpName } from '#core/ops/signatures';
import { elementSize, type DType } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { Backend, DenseTensor } from '#core/tensor/storage';

import { read, write } from '../support/reference/arrays';
import type { Given } from '../native/against-reference';
import type { OpCase } from './cases';

const GUARD = 64;

/** Runs a call with its tensors inside larger storages; returns outputs, then inputs afterwards, as numbers. */
export function runCase<N extends OpName>(
  backend: Backend,
  op: N,
  { inputs, attributes }: OpCase<N>,
): number[][] {
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
      if (around.some((part) => part.some((byte) => byte !== 0x5a)))
        throw new Error(`${op} writes outside its tensors`);
    }
    return [...outputs, ...given].map((tensor) => (tensor ? read(tensor) : []));
  } finally {
    for (const storage of storages) storage.dispose();
  }
}

const FLOATS: ReadonlySet<string> = new Set(['float32', 'float16', 'bfloat16']);

/** The same call in float64. What was float32 by meaning (a step counter) and log or rate stays what it is. */
export function inFloat64<N extends OpName>(op: N, call: OpCase<N>): OpCase<N> {
  const isUpdate = op.endsWith('_step');
  const last = call.inputs.length - (isUpdate ? 2 : 0);
  const inputs = call.inputs.map((input, at): Given | null =>
    input && FLOATS.has(input.dtype) && at < last ? { ...input, dtype: 'float64' } : input,
  );
  return {
    inputs,
    attributes: { ...call.attributes, ...('result' in call.attributes ? { result: null } : {}) },
  };
}

const EXACT: ReadonlySet<OpName> = new Set<OpName>([
  'strided_copy', 'concatenate', 'cast', 'fill', 'gather', 'dropout_mask', 'advance', 'take_rows', 'record', 'argmax',
  'integer_elementwise', 'integer_along',
]); // prettier-ignore

/** Ops that only move elements, count or draw: their bits are the CPU's. */
export const isExact = (op: OpName): boolean => EXACT.has(op);

/** Where a result is further than 1e-5 (or `tolerance`) from the expected value or from the tensor's size, whichever is larger. */
export function differences(
  op: OpName,
  got: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  tolerance = 1e-5,
): string[] {
  return expected.flatMap((values, at) => {
    const finite = values.filter((value) => Number.isFinite(value));
    const scale = Math.sqrt(finite.reduce((sum, x) => sum + x * x, 0) / Math.max(values.length, 1));
    return values.flatMap((value, index) => {
      const actual = got[at]?.[index] ?? Number.NaN;
      if (Object.is(actual, value) || actual === value) return [];
      const allowed = isExact(op) ? 0 : tolerance * Math.max(Math.abs(value), scale);
      if (Math.abs(actual - value) <= allowed) return [];
      return [`tensor ${at}, element ${index} is ${actual}, expected ${value}`];
    });
  });
}
