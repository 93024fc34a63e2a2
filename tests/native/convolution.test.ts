// The convolution ops against PyTorch's values and against plain loops over many geometries.
import { describe, expect, it } from 'vitest';

import {
  checkGolden,
  expectClose,
  FLOATS,
  forEachIsa,
  goldenCases,
  randomTensor,
  runOp,
  sizeOf,
  withThreads,
  type Tensor,
} from './run-op';

interface Geometry {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

const outputShape = (g: Geometry): number[] => [
  g.x[0] ?? 0,
  g.weight[0] ?? 0,
  ...g.stride.map((stride, i) => {
    const padded = (g.x[i + 2] ?? 0) + (g.padding[2 * i] ?? 0) + (g.padding[2 * i + 1] ?? 0);
    return Math.floor((padded - (g.dilation[i] ?? 1) * ((g.weight[i + 2] ?? 1) - 1) - 1) / stride) + 1;
  }),
];

/** Calls visit(y index, x index, weight index) for every product of the convolution. */
function eachProduct(g: Geometry, visit: (y: number, x: number, weight: number) => void): void {
  const y = outputShape(g);
  const spatial = y.slice(2);
  const [inputs, outputs, taps] = [sizeOf(g.x.slice(2)), sizeOf(spatial), sizeOf(g.weight.slice(2))];
  const [channels, rows] = [g.weight[1] ?? 0, (g.weight[0] ?? 0) / g.groups];
  const unravel = (index: number, shape: readonly number[]): number[] => {
    const at: number[] = [];
    for (const size of [...shape].reverse()) {
      at.unshift(index % size);
      index = Math.floor(index / size);
    }
    return at;
  };
  for (let position = 0; position < outputs; position++)
    for (let tap = 0; tap < taps; tap++) {
      const [at, k] = [unravel(position, spatial), unravel(tap, g.weight.slice(2))];
      let place = 0;
      let isInside = true;
      at.forEach((o, i) => {
        const input = o * (g.stride[i] ?? 1) + (k[i] ?? 0) * (g.dilation[i] ?? 1) - (g.padding[2 * i] ?? 0);
        const size = g.x[i + 2] ?? 0;
        if (input < 0 || input >= size) isInside = false;
        place = place * size + input;
      });
      if (!isInside) continue;
      for (let n = 0; n < (y[0] ?? 0); n++)
        for (let o = 0; o < (y[1] ?? 0); o++)
          for (let c = 0; c < channels; c++)
            visit(
              (n * (y[1] ?? 0) + o) * outputs + position,
              (n * g.groups * channels + Math.floor(o / rows) * channels + c) * inputs + place,
              (o * channels + c) * taps + tap,
            );
    }
}

const flat = (x: readonly number[], weight: readonly number[], more: Partial<Geometry> = {}): Geometry => ({
  x,
  weight,
  stride: x.slice(2).map(() => 1),
  padding: x.slice(2).flatMap(() => [0, 0]),
  dilation: x.slice(2).map(() => 1),
  groups: 1,
  ...more,
});

const GEOMETRIES: readonly Geometry[] = [
  flat([3, 2, 40], [5, 2, 5], { padding: [2, 2] }),
  flat([2, 3, 50], [4, 3, 3], { stride: [3], padding: [1, 0], dilation: [4] }),
  flat([2, 5, 13, 11], [17, 5, 3, 3], { padding: [1, 1, 1, 1] }),
  flat([1, 3, 28, 28], [16, 3, 5, 5], { padding: [2, 2, 2, 2] }),
  flat([9, 4, 7, 7], [33, 4, 3, 3], { padding: [1, 1, 1, 1] }),
  flat([5, 6, 3, 3], [20, 6, 3, 3], { padding: [1, 1, 1, 1] }),
  flat([4, 6, 9, 9], [8, 6, 1, 1]),
  flat([3, 4, 9, 8], [6, 4, 1, 1], { stride: [2, 3] }),
  flat([2, 6, 9, 9], [9, 2, 3, 2], { groups: 3, stride: [2, 1], padding: [0, 1, 1, 0] }),
  flat([2, 8, 10, 10], [8, 1, 3, 3], { groups: 8, padding: [1, 1, 1, 1] }),
  flat([1, 1, 60, 60], [2, 1, 7, 7], { stride: [4, 4], padding: [3, 2, 3, 2] }),
  flat([2, 3, 4, 4], [3, 3, 4, 4]),
  flat([2, 2, 12, 9], [3, 2, 3, 3], { dilation: [3, 2], padding: [3, 3, 2, 2] }),
  flat([2, 2, 6, 5, 7], [3, 2, 3, 2, 3], { padding: [1, 1, 0, 1, 1, 1], stride: [1, 2, 1] }),
  flat([1, 2, 4, 4, 4], [2, 2, 2, 2, 2], { stride: [2, 2, 2] }),
  flat([2, 2, 7], [2, 2, 2], { padding: [-1, -2] }),
  // One output channel a group, in rows longer than a vector, and with a stride between outputs.
  flat([1, 3, 5, 77], [3, 1, 2, 5], { groups: 3, padding: [1, 0, 2, 2] }),
  flat([2, 4, 11, 9], [4, 1, 3, 3], { groups: 4, stride: [2, 2], padding: [1, 1, 1, 1] }),
  flat([2, 6, 8, 40], [3, 2, 3, 3], { groups: 3, padding: [1, 1, 1, 1] }),
  // Few channels: lines narrower than a vector, longer than a block, and many small planes, each padded by itself.
  flat([3, 6, 7, 6], [6, 1, 3, 3], { groups: 6, padding: [1, 1, 1, 1] }),
  flat([2, 3, 500], [3, 1, 3], { groups: 3, padding: [1, 1] }),
  flat([17, 1, 9, 21], [7, 1, 3, 3], { padding: [1, 1, 1, 1] }),
  flat([6, 9, 5, 12], [12, 3, 2, 3], { groups: 3, padding: [1, 0, -1, 2] }),
  flat([8, 2, 40, 11], [2, 1, 3, 3], { groups: 2 }),
  // Enough channels and outputs for Winograd's products.
  flat([2, 20, 17, 15], [18, 20, 3, 3], { padding: [1, 1, 1, 1] }),
  flat([1, 16, 19, 35], [33, 16, 3, 3]),
  flat([3, 17, 12, 10], [16, 17, 3, 3], { padding: [2, 0, 1, 3] }),
  flat([1, 16, 20, 20], [16, 16, 3, 3], { padding: [-1, 3, 4, -2] }),
];

describe.each(FLOATS)('%s', (dtype) => {
  it.each(goldenCases(/^convolution/))('PyTorch: $op, $name', (golden) => {
    checkGolden(golden, dtype);
  });

  it.each(GEOMETRIES)('x $x, weight $weight, groups $groups', (g) => {
    const tolerance = dtype === 'float64' ? 1e-12 : 1e-5;
    const shape = outputShape(g);
    const x = randomTensor(dtype, g.x, 1);
    const weight = randomTensor(dtype, g.weight, 2);
    const gy = randomTensor(dtype, shape, 3);
    const bias = randomTensor(dtype, [shape[1] ?? 0], 4);
    const perChannel = sizeOf(shape.slice(2));
    const y = gy.data.map((_, i) => bias.data[Math.floor(i / perChannel) % (shape[1] ?? 1)] ?? 0);
    const gx = x.data.map(() => 0);
    const gweight = weight.data.map(() => 0);
    eachProduct(g, (yAt, xAt, weightAt) => {
      y[yAt] = (y[yAt] ?? 0) + (x.data[xAt] ?? 0) * (weight.data[weightAt] ?? 0);
      gx[xAt] = (gx[xAt] ?? 0) + (gy.data[yAt] ?? 0) * (weight.data[weightAt] ?? 0);
      gweight[weightAt] = (gweight[weightAt] ?? 0) + (gy.data[yAt] ?? 0) * (x.data[xAt] ?? 0);
    });
    const { stride, padding, dilation, groups } = g;
    const attributes = { stride, padding, dilation, groups };
    const run = (op: string, inputs: readonly Tensor[], out: readonly number[], extra: object = {}) =>
      withThreads(() => runOp(op, inputs, [{ dtype, shape: out }], { ...attributes, ...extra }).outputs)[0]
        ?.data ?? [];
    forEachIsa((isa) => {
      const yActual = run('convolution', [x, weight, bias], shape);
      expectClose(`${isa} y`, yActual, y, tolerance);
      expectClose(
        `${isa} relu(y)`,
        run('convolution', [x, weight, bias], shape, { activation: 'relu' }),
        yActual.map((value) => Math.max(value, 0)),
        0,
      );
      const gxActual = run('convolution_input_gradient', [gy, weight], g.x, { shape: g.x });
      expectClose(`${isa} gx`, gxActual, gx, tolerance);
      const gweightActual = run('convolution_weight_gradient', [gy, x], g.weight, { shape: g.weight });
      expectClose(`${isa} gweight`, gweightActual, gweight, 4 * tolerance);
    });
  });

  it('an infinite input spoils only what its windows reach, also where Winograd would mix neighbours', () => {
    const attributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };
    const [x, weight] = [randomTensor(dtype, [1, 16, 18, 18], 1), randomTensor(dtype, [16, 16, 3, 3], 2)];
    const infinite = { ...x, data: x.data.map((value, i) => (i === 5 * 18 + 7 ? Infinity : value)) };
    const out = { dtype, shape: [1, 16, 18, 18] };
    const [y] = runOp('convolution', [infinite, weight], [out], attributes).outputs;
    const spoilt = new Set(y?.data.flatMap((value, i) => (Number.isFinite(value) ? [] : [i % 324])));
    expect([...spoilt].sort((a, b) => a - b)).toEqual(
      [4, 5, 6].flatMap((h) => [6, 7, 8].map((w) => h * 18 + w)),
    );
    const [gweight] = runOp(
      'convolution_weight_gradient',
      [randomTensor(dtype, out.shape, 3), infinite],
      [{ dtype, shape: weight.shape }],
      { ...attributes, shape: weight.shape },
    ).outputs;
    const spoiltTaps = gweight?.data.flatMap((value, i) => (Number.isFinite(value) ? [] : [i % 144]));
    expect([...new Set(spoiltTaps)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('an empty batch gives empty outputs and a zero weight gradient', () => {
    const attributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };
    const x = randomTensor(dtype, [0, 2, 4, 4], 1);
    const weight = randomTensor(dtype, [3, 2, 3, 3], 2);
    const gy = randomTensor(dtype, [0, 3, 4, 4], 3);
    expect(runOp('convolution', [x, weight], [gy], attributes).outputs[0]?.data).toEqual([]);
    const withShape = (shape: readonly number[]) => ({ ...attributes, shape });
    expect(
      runOp('convolution_input_gradient', [gy, weight], [x], withShape(x.shape)).outputs[0]?.data,
    ).toEqual([]);
    expect(
      runOp('convolution_weight_gradient', [gy, x], [weight], withShape(weight.shape)).outputs[0]?.data,
    ).toEqual(weight.data.map(() => 0));
  });
});

describe('refusals', () => {
  const attributes = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
  const x = randomTensor('float32', [1, 2, 4, 4], 1);
  const weight = randomTensor('float32', [3, 2, 3, 3], 1);
  const out = { dtype: 'float32', shape: [1, 3, 2, 2] } as const;
  it.each([
    [
      'a window that does not fit',
      { padding: [-1, -1, 0, 0] },
      /convolution: window over spatial axis 0: expected an input of at least 5, got 4/,
    ],
    [
      'a stride of 0',
      { stride: [0, 1] },
      /convolution: stride: expected numbers from 1 to 2147483647, got \[0, 1\]/,
    ],
    ['too few paddings', { padding: [0, 0] }, /convolution: padding: expected 4 numbers/],
    [
      'groups that do not divide',
      { groups: 3 },
      /convolution: channels of x: expected a multiple of groups 3/,
    ],
    [
      'enormous padding',
      { padding: [2147483647, 2147483647, 0, 0], dilation: [2147483646, 1] },
      /convolution/,
    ],
  ])('%s', (_, change, message) => {
    expect(() => runOp('convolution', [x, weight], [out], { ...attributes, ...change })).toThrow(message);
  });
  it('a gradient of the wrong size', () => {
    const gy = randomTensor('float32', [1, 3, 3, 2], 1);
    const run = () =>
      runOp('convolution_weight_gradient', [gy, x], [weight], { ...attributes, shape: weight.shape });
    expect(run).toThrow(
      /convolution_weight_gradient: shape of gy: expected \[1, 3, 2, 2\], got \[1, 3, 3, 2\]/,
    );
  });
});
