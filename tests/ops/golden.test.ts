// Every op's values and gradients against real PyTorch's, in both float dtypes.
import { describe, expect, test } from 'vitest';

import { backward, fromArray, scope, toNumbers } from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';

import { BACKENDS, useTestBackend } from '../support/backend';
import { weighted } from '../support/gradient-check';
import { goldenCases, RUNS, type GoldenCase } from './golden-cases';

const TOLERANCE = { float64: 1e-11, float32: 2e-5 } as const;

function expectClose(
  got: readonly number[],
  expected: readonly number[],
  dtype: 'float32' | 'float64',
  what: string,
): void {
  expect(got.length, what).toBe(expected.length);
  const largest = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
  expected.forEach((value, index) => {
    const own = got[index] ?? NaN;
    const isClose =
      Object.is(own, value) || own === value || Math.abs(own - value) <= TOLERANCE[dtype] * largest;
    if (!isClose) expect.fail(`${what}[${index}]: ${own}, PyTorch ${value}`);
  });
}

function tensorsOf(golden: GoldenCase): Tensor[] {
  return golden.inputs.map((input, index) => {
    const tensor = fromArray(input.values, input.dtype ?? golden.dtype, 'cpu', input.shape);
    tensor.requiresGrad = golden.gradients[index] !== null && input.dtype === undefined;
    return tensor;
  });
}

const title = (golden: GoldenCase, index: number): string =>
  `${index} ${golden.op} ${golden.dtype} ${golden.inputs.map(({ shape }) => `[${shape.join()}]`).join(' ')}`;

const titled = goldenCases.map((golden, index) => [title(golden, index), golden] as const);

test('the golden file covers the functional API', () => {
  expect([...new Set(goldenCases.map(({ op }) => op))].sort()).toEqual(Object.keys(RUNS).sort());
});

describe.each(BACKENDS)('on the %s backend', (name) => {
  const backend = useTestBackend(name);

  test.each(titled)('%s', (_title, golden) => {
    const before = backend.live();
    scope(() => {
      const inputs = tensorsOf(golden);
      const output = RUNS[golden.op]?.(golden.options, ...inputs);
      if (!output) throw new Error(`no run for ${golden.op}`);
      expect(output.shape).toEqual(golden.output.shape);
      expectClose(toNumbers(output), golden.output.values, golden.dtype, 'output');
      if (golden.gradients.some((gradient) => gradient !== null)) backward(weighted(output));
      golden.gradients.forEach((gradient, index) => {
        const own = inputs[index]?.grad;
        if (gradient) expectClose(own ? toNumbers(own) : [], gradient, golden.dtype, `gradient ${index}`);
        own?.storage.dispose();
      });
    });
    expect(backend.live(), 'storages left').toBe(before);
  });
});
