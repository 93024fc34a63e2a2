// The Cayley transform of matrices larger than those that are inverted whole: what defines it, and its gradient. Matrix exponentials of
// norms from those that are not squared to those that are squared most often.
import { describe, expect, it } from 'vitest';

import { cayley, matrixExp, skew } from '#core/layers/parametrize/orthogonal-maps';
import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';
import { useNativeBackend } from '../catalogue/native';
import { floats } from '../catalogue/values';

useNativeBackend();

const matrix = (name: string, size: number, scale = 1): Tensor =>
  ops.mul(ops.fromArray(Float64Array.from(floats(name, size * size)), 'float64', 'cpu', [size, size]), scale);
const identity = (size: number): Tensor => {
  const values = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  return ops.fromArray(values, 'float64', 'cpu', [size, size]);
};
const largest = (x: Tensor): number => Math.max(...ops.toNumbers(ops.abs(x)));

it.each([
  [65, 0.05],
  [129, 1],
  [200, 20],
])('of %i rows, times %f: Q (I - A/2) = I + A/2, and Q is orthogonal', (size, scale) => {
  ops.scope(() => {
    const half = ops.mul(skew(matrix(`cayley ${size}`, size, scale)), 0.5);
    const q = cayley(ops.mul(half, 2));
    const unit = identity(size);
    expect(largest(ops.sub(ops.matmul(ops.transpose(q, 0, 1), q), unit))).toBeLessThan(1e-12);
    const off = ops.sub(ops.matmul(q, ops.sub(unit, half)), ops.add(unit, half));
    expect(largest(off) / Math.max(1, largest(half))).toBeLessThan(1e-11);
  });
});

it('has the derivative along any direction', () => {
  ops.scope(() => {
    const size = 70;
    const [start, direction, weight] = ['start', 'direction', 'weight'].map((name) =>
      matrix(name, size, 0.2),
    );
    if (!start || !direction || !weight) throw new Error('three matrices');
    const total = (x: Tensor): Tensor => ops.sum(ops.mul(cayley(skew(x)), weight));
    const { along, difference } = slopes(total, start, direction, 1e-5);
    expect(along).toBeCloseTo(difference, 5);
  });
});

describe.each([
  ['float64', 1e-15],
  ['float32', 1.2e-7],
] as const)('matrixExp in %s', (dtype, tolerance) => {
  it.each([0, 1e-8, 0.01, 0.9, 1.1, 3, 3.1, 40, 2000])('turns by the angle %f', (angle) => {
    ops.scope(() => {
      const exact = dtype === 'float64' ? angle : Math.fround(angle);
      const turn = ops.fromArray(Float64Array.of(0, -exact, exact, 0), 'float64', 'cpu', [2, 2]);
      const [cos, sin] = [Math.cos(exact), Math.sin(exact)];
      const wanted = ops.fromArray(Float64Array.of(cos, -sin, sin, cos), 'float64', 'cpu', [2, 2]);
      const got = ops.cast(matrixExp(ops.cast(turn, dtype)), 'float64');
      // A relative error of the angle's own last bit turns the result by as much.
      expect(largest(ops.sub(got, wanted))).toBeLessThan(tolerance * Math.max(1, angle));
    });
  });
});

it('matrixExp has the derivative along any direction, of matrices of different norms at once', () => {
  ops.scope(() => {
    const shape = [3, 5, 5];
    const cubes = ['start', 'direction', 'weight'].map((name) =>
      ops.fromArray(Float64Array.from(floats(`exp ${name}`, 75)), 'float64', 'cpu', shape),
    );
    const [flat, direction, weight] = cubes;
    if (!flat || !direction || !weight) throw new Error('three batches');
    const sizes = ops.fromArray(Float64Array.of(0.01, 0.3, 2), 'float64', 'cpu', [3, 1, 1]);
    const start = ops.mul(flat, sizes);
    const total = (x: Tensor): Tensor => ops.sum(ops.mul(matrixExp(x), weight));
    const { along, difference } = slopes(total, start, direction, 1e-6);
    expect(along / difference).toBeCloseTo(1, 7);
  });
});

/** The slope of `total` at `start` along `direction`: by its gradient, and by central differences. */
function slopes(total: (x: Tensor) => Tensor, start: Tensor, direction: Tensor, step: number) {
  const moved = (by: number): number =>
    ops.toNumbers(total(ops.add(start, ops.mul(direction, by))))[0] ?? NaN;
  const leaf = start.detach();
  leaf.requiresGrad = true;
  const [gradient] = ops.gradients(total(leaf), [leaf]);
  return {
    along: gradient ? (ops.toNumbers(ops.sum(ops.mul(gradient, direction)))[0] ?? NaN) : NaN,
    difference: (moved(step) - moved(-step)) / (2 * step),
  };
}
