// Reference kernels: moving, converting, elementwise arithmetic, reductions, gathering.
import type { ScalarFunction } from '#core/ops/signatures';
import { broadcastShapes, contiguousStrides, numel, type Shape } from '#core/tensor/shape';

import { accumulate, at, indices, place, read, write, zerosOf } from './arrays';
import { tensorAt, type Kernel } from './kernel';

const strided = (index: readonly number[], strides: readonly number[], offset: number): number =>
  index.reduce((sum, n, axis) => sum + n * at(strides, axis), offset);

export const stridedCopy: Kernel<'strided_copy'> = ({
  inputs,
  outputs,
  attributes: { shape, strides, offset },
}) => {
  const x = read(tensorAt(inputs, 0));
  write(
    tensorAt(outputs, 0),
    [...indices(shape)].map((index) => at(x, strided(index, strides, offset))),
  );
};

export const stridedScatter: Kernel<'strided_scatter'> = ({ inputs, outputs, attributes }) => {
  const x = tensorAt(inputs, 0);
  const values = read(x);
  const y = zerosOf(attributes.shape);
  for (const index of indices(x.shape))
    accumulate(y, strided(index, attributes.strides, attributes.offset), at(values, place(index, x.shape)));
  write(tensorAt(outputs, 0), y);
};

export const concatenate: Kernel<'concatenate'> = ({ inputs, outputs, attributes: { axis } }) => {
  const output = tensorAt(outputs, 0);
  const y = zerosOf(output.shape);
  let start = 0;
  inputs.forEach((_, number) => {
    const x = tensorAt(inputs, number);
    const values = read(x);
    for (const index of indices(x.shape)) {
      const to = index.map((n, dim) => (dim === axis ? n + start : n));
      y[place(to, output.shape)] = at(values, place(index, x.shape));
    }
    start += at(x.shape, axis);
  });
  write(output, y);
};

export const cast: Kernel<'cast'> = ({ inputs, outputs }) =>
  write(tensorAt(outputs, 0), read(tensorAt(inputs, 0)));
export const fill: Kernel<'fill'> = ({ outputs, attributes: { shape, value } }) =>
  write(tensorAt(outputs, 0), zerosOf(shape).fill(value));

/** Where a padded index comes from, or null in constant padding. */
function padSource(
  index: readonly number[],
  shape: Shape,
  padding: readonly number[],
  mode: string,
): number | null {
  const first = shape.length - padding.length / 2;
  const source: number[] = [];
  for (const [axis, n] of index.entries()) {
    const size = at(shape, axis);
    const moved = axis < first ? n : n - at(padding, (axis - first) * 2);
    if (moved >= 0 && moved < size) source.push(moved);
    else if (mode === 'constant') return null;
    else if (mode === 'reflect') source.push(moved < 0 ? -moved : 2 * size - 2 - moved);
    else if (mode === 'replicate') source.push(moved < 0 ? 0 : size - 1);
    else source.push((moved + size) % size);
  }
  return place(source, shape);
}

export const pad: Kernel<'pad'> = ({ inputs, outputs, attributes: { padding, mode, value } }) => {
  const x = tensorAt(inputs, 0);
  const values = read(x);
  const y = [...indices(tensorAt(outputs, 0).shape)].map((index) => {
    const source = padSource(index, x.shape, padding, mode);
    return source === null ? value : at(values, source);
  });
  write(tensorAt(outputs, 0), y);
};

export const padGradient: Kernel<'pad_gradient'> = ({
  inputs,
  outputs,
  attributes: { padding, mode, shape },
}) => {
  const gy = tensorAt(inputs, 0);
  const values = read(gy);
  const gx = zerosOf(shape);
  for (const index of indices(gy.shape)) {
    const source = padSource(index, shape, padding, mode);
    if (source !== null) accumulate(gx, source, at(values, place(index, gy.shape)));
  }
  write(tensorAt(outputs, 0), gx);
};

/** The error function by its series and, far out, its continued fraction. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let sum = size;
    let term = size;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= -(size * size) / n;
      sum += term / (2 * n + 1);
      if (n > 200) break;
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  return Math.sign(x) * (1 - erfTail(size));
}

/** 1 - erf(x) for x from about 2 on. */
function erfTail(x: number): number {
  let fraction = 0;
  for (let n = 100; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** The share of a normal distribution below x. */
const normal = (x: number): number =>
  x < -3.5 ? erfTail(-x / Math.SQRT2) / 2 : (1 + erf(x / Math.SQRT2)) / 2;

function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

type Scalar = (a: number, b: number, c: number) => number;
const SCALARS: Record<ScalarFunction, Scalar> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: (a) => (Number.isNaN(a) ? 0 : Math.sign(a) + 0),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (a) => 1 / Math.sqrt(a),
  reciprocal: (a) => 1 / a,
  square: (a) => a * a,
  tanh: Math.tanh,
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  erf,
  sin: Math.sin,
  cos: Math.cos,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundEven,
  relu: (a) => (a < 0 ? 0 : a),
  is_nan: (a) => Number(Number.isNaN(a)),
  gelu: (a) => a * normal(a),
  gelu_slope: (a) => normal(a) + (a * Math.exp((-a * a) / 2)) / Math.sqrt(2 * Math.PI),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  pow: (a, b) => (a === 1 || b === 0 ? 1 : a ** b),
  fmod: (a, b) => a % b,
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  where: (a, b, c) => (a !== 0 ? b : c),
};

export const elementwise: Kernel<'elementwise'> = ({ inputs, outputs, attributes: { steps, constants } }) => {
  const output = tensorAt(outputs, 0);
  const rounded = output.dtype === 'float32' ? Math.fround : (x: number) => x;
  const operands = inputs.map((_, index) => {
    const x = tensorAt(inputs, index);
    const extra = output.shape.length - x.shape.length;
    const strides = contiguousStrides(x.shape).map((stride, axis) => (x.shape[axis] === 1 ? 0 : stride));
    if (broadcastShapes(x.shape, output.shape)?.join() !== output.shape.join())
      throw new Error('does not broadcast');
    return { values: read(x), strides, extra };
  });
  const y = [...indices(output.shape)].map((index) => {
    const values = operands.map(({ values, strides, extra }) =>
      at(values, strided(index.slice(extra), strides, 0)),
    );
    values.push(...constants.map(rounded));
    for (const [name, a, b = a, c = b] of steps)
      values.push(rounded(SCALARS[name](at(values, a ?? 0), at(values, b ?? 0), at(values, c ?? 0))));
    return at(values, values.length - 1);
  });
  write(output, y);
};

export const reduce: Kernel<'reduce'> = ({ inputs, outputs, attributes: { kind, axes } }) => {
  const x = tensorAt(inputs, 0);
  const values = read(x);
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const y = new Array<number>(numel(kept)).fill(kind === 'sum' ? 0 : kind === 'max' ? -Infinity : Infinity);
  for (const index of indices(x.shape)) {
    const cell = place(
      index.map((n, axis) => (axes.includes(axis) ? 0 : n)),
      kept,
    );
    const value = at(values, place(index, x.shape));
    const before = at(y, cell);
    y[cell] =
      kind === 'sum' ? before + value : kind === 'max' ? Math.max(before, value) : Math.min(before, value);
  }
  write(tensorAt(outputs, 0), y);
};

export const argmax: Kernel<'argmax'> = ({ inputs, outputs, attributes: { axis } }) => {
  const x = tensorAt(inputs, 0);
  const values = read(x);
  const kept = x.shape.map((n, dim) => (dim === axis ? 1 : n));
  const best = new Array<number>(numel(kept)).fill(NaN);
  const where = zerosOf(kept);
  const isFresh = new Array<boolean>(numel(kept)).fill(true);
  for (const index of indices(x.shape)) {
    const cell = place(index.with(axis, 0), kept);
    const value = at(values, place(index, x.shape));
    const holder = at(best, cell);
    if (!isFresh[cell] && (Number.isNaN(holder) || !(Number.isNaN(value) || value > holder))) continue;
    isFresh[cell] = false;
    best[cell] = value;
    where[cell] = at(index, axis);
  }
  write(tensorAt(outputs, 0), where);
};

export const scan: Kernel<'scan'> = ({ inputs, outputs, attributes: { kind, axis, reverse } }) => {
  const x = tensorAt(inputs, 0);
  const y = read(x);
  const places = [...indices(x.shape)];
  for (const index of reverse ? places.reverse() : places) {
    const beside = at(index, axis) + (reverse ? 1 : -1);
    if (beside < 0 || beside >= at(x.shape, axis)) continue;
    const [own, before] = [place(index, x.shape), place(index.with(axis, beside), x.shape)];
    y[own] = kind === 'sum' ? at(y, own) + at(y, before) : at(y, own) * at(y, before);
  }
  write(tensorAt(outputs, 0), y);
};

export const argsort: Kernel<'argsort'> = ({ inputs, outputs, attributes: { axis, descending } }) => {
  const x = tensorAt(inputs, 0);
  const values = read(x);
  const y = zerosOf(x.shape);
  const order = (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b;
  for (const line of indices(x.shape.with(axis, 1))) {
    const own = Array.from({ length: at(x.shape, axis) }, (_, along) =>
      place(line.with(axis, along), x.shape),
    );
    own
      .map((cell, along) => ({ value: at(values, cell), along }))
      .sort((a, b) => (descending ? order(b.value, a.value) : order(a.value, b.value)))
      .forEach(({ along }, rank) => (y[at(own, rank)] = along));
  }
  write(tensorAt(outputs, 0), y);
};

export const gather: Kernel<'gather'> = ({ inputs, outputs }) => {
  const table = tensorAt(inputs, 0);
  const values = read(table);
  const width = numel(table.shape.slice(1));
  const y = read(tensorAt(inputs, 1)).flatMap((row) => {
    if (row < 0 || row >= at(table.shape, 0)) throw new Error(`index ${row} out of range in self`);
    return values.slice(row * width, (row + 1) * width);
  });
  write(tensorAt(outputs, 0), y);
};

export const gatherGradient: Kernel<'gather_gradient'> = ({
  inputs,
  outputs,
  attributes: { shape, padding_idx },
}) => {
  const gy = read(tensorAt(inputs, 0));
  const width = numel(shape.slice(1));
  const gx = zerosOf(shape);
  read(tensorAt(inputs, 1)).forEach((row, number) => {
    if (row === padding_idx) return;
    for (let k = 0; k < width; k++) accumulate(gx, row * width + k, at(gy, number * width + k));
  });
  write(tensorAt(outputs, 0), gx);
};
