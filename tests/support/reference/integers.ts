// Reference kernels of the ops on whole numbers, in BigInt: sums and products wrap around at 64 bits.
import { readElement, writeElement } from '#core/tensor/elements';
import { elementSize } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { DenseTensor } from '#core/tensor/storage';

import { indices, place } from './arrays';
import { tensorAt, type Kernel } from './kernel';

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

const FUNCTIONS: Readonly<Record<string, (a: bigint, b: bigint, c: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  floor_divide: (a, b) => (a - remainder(a, b)) / b,
  remainder: (a, b) => remainder(a, b),
  pow: (a, b) => (b >= 0n ? a ** b : a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n),
  maximum: (a, b) => (a > b ? a : b),
  minimum: (a, b) => (a < b ? a : b),
  bitwise_and: (a, b) => a & b,
  bitwise_or: (a, b) => a | b,
  bitwise_xor: (a, b) => a ^ b,
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  lt: (a, b) => truth(a < b),
  le: (a, b) => truth(a <= b),
  where: (a, b, c) => (a !== 0n ? b : c),
};

/** With the sign of the divisor. */
const remainder = (a: bigint, b: bigint): bigint => ((a % b) + b) % b;

function read({ storage, offset, dtype, shape }: DenseTensor): bigint[] {
  const size = elementSize(dtype);
  const bytes = storage.read(offset * size, numel(shape) * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: numel(shape) }, (_, at) => BigInt(readElement(view, at * size, dtype)));
}

function write({ storage, offset, dtype, shape }: DenseTensor, values: readonly bigint[]): void {
  const size = elementSize(dtype);
  const bytes = new Uint8Array(numel(shape) * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, at) => writeElement(view, at * size, dtype, wrap(value)));
  storage.write(offset * size, bytes);
}

/** Where an index of the whole stands in a tensor that broadcasts to it. */
const placeIn = (index: readonly number[], shape: Shape): number =>
  place(
    index.slice(index.length - shape.length).map((at, axis) => (shape[axis] === 1 ? 0 : at)),
    shape,
  );

export const integerElementwise: Kernel<'integer_elementwise'> = ({ inputs, outputs, attributes }) => {
  const combine = FUNCTIONS[attributes.function];
  if (!combine) throw new Error(`no ${attributes.function}`);
  const output = tensorAt(outputs, 0);
  const operands = inputs.map((_, at) => tensorAt(inputs, at));
  const values = operands.map(read);
  const found = [...indices(output.shape)].map((index) => {
    const [a = 0n, b = 0n, c = 0n] = operands.map(
      ({ shape }, at) => values[at]?.[placeIn(index, shape)] ?? 0n,
    );
    return combine(a, b, c);
  });
  write(output, found);
};

export const integerAlong: Kernel<'integer_along'> = ({ inputs, outputs, attributes: { kind, axis } }) => {
  const [x, output] = [tensorAt(inputs, 0), tensorAt(outputs, 0)];
  const values = read(x);
  const line = (index: readonly number[]): bigint[] =>
    Array.from({ length: x.shape[axis] ?? 0 }, (_, at) => values[place(index.with(axis, at), x.shape)] ?? 0n);
  const sum = (list: readonly bigint[]): bigint => list.reduce((total, value) => total + value, 0n);
  const product = (list: readonly bigint[]): bigint => list.reduce((total, value) => total * value, 1n);
  const found = [...indices(output.shape)].map((index) => {
    const all = line(index);
    const most = all.reduce((a, b) => (b > a ? b : a), all[0] ?? 0n);
    const least = all.reduce((a, b) => (b < a ? b : a), all[0] ?? 0n);
    switch (kind) {
      case 'sum':
        return sum(all);
      case 'prod':
        return product(all);
      case 'max':
        return most;
      case 'min':
        return least;
      case 'argmax':
        return BigInt(all.indexOf(most));
      case 'argmin':
        return BigInt(all.indexOf(least));
      case 'cumprod':
        return product(all.slice(0, (index[axis] ?? 0) + 1));
      default:
        return sum(all.slice(0, (index[axis] ?? 0) + 1));
    }
  });
  write(output, found);
};
