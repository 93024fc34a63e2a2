// The numbers that examples run on, made from a name: scripts/golden/catalogue.py makes the same ones, so no file holds them.
import type { ExampleValues } from '#core/layers/declaration';
import * as ops from '#core/ops/index';
import type { DType } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

const MODULUS = 2_147_483_647;

/** The Park-Miller numbers of a name: every one exact in a double. */
function* stream(name: string): Generator<number, never> {
  let state = 1;
  for (const letter of name) state = (state * 31 + letter.charCodeAt(0)) % MODULUS;
  state = Math.max(state, 1);
  for (let skipped = 0; ; skipped++) {
    state = (state * 16_807) % MODULUS;
    if (skipped >= 4) yield state;
  }
}

function take<T>(name: string, count: number, value: (state: number) => T): T[] {
  const numbers = stream(name);
  return Array.from({ length: count }, () => value(numbers.next().value));
}

/** `count` numbers in [-2, 2), exact in float32. */
export const floats = (name: string, count: number): number[] =>
  take(name, count, (state) => Math.floor(state / 1024) / 2 ** 19 - 2);

/** `count` whole numbers in [0, range). */
export const indices = (name: string, count: number, range: number): number[] =>
  take(name, count, (state) => state % range);

/** Weights of attention: whole ones saturate its softmax, and float32 then keeps few digits of the gradients. */
const SOFT = /(proj_weight|out_proj\.weight|linear[12]\.weight)$/;

/** A tensor of an example; `range` bounds whole numbers. A variance is positive, a counter stands at 3. */
export function tensorOf(name: string, shape: Shape, dtype: DType, range = 1): Tensor {
  const count = numel(shape);
  if (name.endsWith('num_batches_tracked')) return ops.full(shape, 3, 'int64');
  if (dtype === 'int64')
    return ops.fromArray(BigInt64Array.from(indices(name, count, range).map(BigInt)), dtype, 'cpu', shape);
  const values = floats(name, count).map((value) =>
    name.endsWith('running_var') ? Math.abs(value) + 0.5 : SOFT.test(name) ? value / 4 : value,
  );
  return ops.fromArray(Float64Array.from(values), dtype, 'cpu', shape);
}

/** A tensor of an example, its values in the range that it is about. */
export function lossValues(name: string, shape: Shape, dtype: DType, kind: ExampleValues = 'any'): Tensor {
  const meant = (value: number): number => {
    if (kind === 'probability') return value * 0.2 + 0.5;
    if (kind === 'log probability') return -Math.abs(value) - 0.1;
    if (kind === 'sign') return value < 0 ? -1 : 1;
    if (kind === 'positive') return Math.abs(value) + 0.25;
    return kind === 'count' ? Math.floor(Math.abs(value) * 3) : value;
  };
  const values = floats(name, numel(shape)).map(meant);
  return ops.fromArray(Float64Array.from(values), dtype, 'cpu', shape);
}
