// The fused elementwise op: every scalar function on ordinary and special values, every kind of broadcast, step chains.
import { describe, expect, it } from 'vitest';

import { SCALAR_FUNCTIONS, type ElementwiseSteps, type ScalarFunction } from '#core/ops/signatures';

import { compare, given, runNative, unitOf } from './against-reference';

const FLOATS = ['float32', 'float64'] as const;
const FUNCTIONS = Object.entries(SCALAR_FUNCTIONS) as [ScalarFunction, number][];
const SPECIALS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  NaN,
  Infinity,
  -Infinity,
  1e-30,
  -1e-30,
  3e38,
  1e30,
  -7,
];

/** Functions whose float64 form is the system's libm, compared with V8's own mathematics. */
const INEXACT = new Set<ScalarFunction>([
  'exp',
  'expm1',
  'log',
  'log1p',
  'tanh',
  'sigmoid',
  'erf',
  'sin',
  'cos',
  'pow',
]);

/** Held to exact values by tests of their own: the reference's is an approximation, or has torch's cancellation. */
const OWN_TEST = new Set<ScalarFunction>(['erf', 'gelu', 'gelu_slope']);

describe.each(FLOATS)('%s', (dtype) => {
  it.each(FUNCTIONS)('%s of ordinary and special values', (name, arity) => {
    // JavaScript's power of ±1 is NaN where C's and torch's is 1.
    const specials = name === 'pow' ? SPECIALS.filter((value) => Math.abs(value) !== 1) : SPECIALS;
    const inputs = Array.from({ length: arity }, (_, operand) =>
      given(dtype, [specials.length ** 2], (index) => {
        const which = operand === 0 ? index % specials.length : Math.floor(index / specials.length);
        return specials[(which + (operand === 2 ? 5 : 0)) % specials.length] ?? 0;
      }),
    );
    const steps: ElementwiseSteps = [[name, ...inputs.keys()]];
    const attributes = { steps, constants: [] };
    const units = INEXACT.has(name) ? 2 : 1;
    if (!OWN_TEST.has(name)) compare('elementwise', inputs, attributes, { units });
    const odd = Array.from({ length: arity }, (_, operand) => given(dtype, [1037], operand + 1));
    if (!OWN_TEST.has(name)) compare('elementwise', odd, attributes, { units });
    runNative('elementwise', [...odd.map((x) => ({ ...x, shape: [0], values: [] }))], attributes);
  });

  it.each([
    {
      name: 'equal shapes',
      shapes: [
        [3, 700],
        [3, 700],
      ],
    },
    { name: 'a scalar', shapes: [[3, 700], []] },
    { name: 'a scalar first', shapes: [[], [700]] },
    { name: 'a trailing vector', shapes: [[40, 33], [33]] },
    { name: 'a long trailing vector', shapes: [[3, 1030], [1030]] },
    {
      name: 'channels',
      shapes: [
        [3, 5, 7, 9],
        [5, 1, 1],
      ],
    },
    {
      name: 'channels of a large image',
      shapes: [
        [2, 3, 40, 41],
        [1, 3, 1, 1],
      ],
    },
    {
      name: 'a column',
      shapes: [
        [17, 130],
        [17, 1],
      ],
    },
    {
      name: 'both ways',
      shapes: [
        [5, 1, 7],
        [6, 1],
      ],
    },
    {
      name: 'the middle',
      shapes: [
        [4, 5, 6],
        [4, 1, 6],
      ],
    },
    {
      name: 'the two ends',
      shapes: [
        [1, 5, 1],
        [4, 1, 6],
      ],
    },
    { name: 'three inputs', shapes: [[2, 3, 4], [3, 1], [4]] },
    { name: 'scalars only', shapes: [[], []] },
    { name: 'single elements', shapes: [[1, 1], [1]] },
    { name: 'nothing', shapes: [[0, 3], [3]] },
  ])('broadcasts $name', ({ shapes }) => {
    const inputs = shapes.map((shape, index) => given(dtype, shape, index + 3));
    const sum =
      inputs.length === 3
        ? ([
            ['add', 0, 1],
            ['mul', 3, 2],
          ] as const)
        : ([['sub', 0, 1]] as const);
    compare('elementwise', inputs, { steps: sum, constants: [] });
  });

  it('runs a chain of 64 steps with constants, and frees blocks on the way', () => {
    const steps: [ScalarFunction, ...number[]][] = [['mul', 0, 2]];
    for (let step = 1; step < 64; step++) {
      const last = 4 + step - 1;
      if (step % 3 === 0) steps.push(['add', last, 1]);
      else if (step % 3 === 1) steps.push(['maximum', last, Math.max(4, last - 7)]);
      else steps.push(['where', 0, last, 3]);
    }
    compare('elementwise', [given(dtype, [5, 401], 1), given(dtype, [401], 2)], {
      steps,
      constants: [0.5, -1.25],
    });
  });

  it('takes eight inputs and sixteen constants', () => {
    const inputs = Array.from({ length: 8 }, (_, index) => given(dtype, [129], index + 1));
    const steps = Array.from({ length: 23 }, (_, step): [ScalarFunction, number, number] =>
      step === 0 ? ['add', 0, 1] : ['add', step + 1, 23 + step],
    );
    compare('elementwise', inputs, { steps, constants: Array.from({ length: 16 }, (_, index) => index / 4) });
  });

  it('uses a large tensor’s every thread', () => {
    const inputs = [given(dtype, [50, 1003], 1), given(dtype, [1003], 2)];
    compare('elementwise', inputs, {
      steps: [
        ['add', 0, 1],
        ['relu', 3],
        ['mul', 4, 2],
      ],
      constants: [0.5],
    });
  });
});

it.each(FLOATS)('1 to any power is 1, and -1 to an infinite one, in %s', (dtype) => {
  const [bases, powers] = [
    [1, 1, 1, -1, -1],
    [NaN, Infinity, -7, -Infinity, Infinity],
  ];
  const inputs = [bases, powers].map((values) => given(dtype, [5], (index) => values[index] ?? 0));
  const { outputs } = runNative('elementwise', inputs, { steps: [['pow', 0, 1]], constants: [] });
  expect(outputs[0]).toEqual([1, 1, 1, 1, 1]);
});

it('maximum, minimum, relu and comparisons treat NaN as torch does', () => {
  const [a, b] = [
    given('float32', [3], (i) => [NaN, 1, NaN][i] ?? 0),
    given('float32', [3], (i) => [1, NaN, NaN][i] ?? 0),
  ];
  const of = (name: ScalarFunction): readonly number[] | undefined =>
    runNative('elementwise', [a, b], { steps: [[name, 0, 1]], constants: [] }).outputs[0];
  expect(of('maximum')).toEqual([NaN, NaN, NaN]);
  expect(of('minimum')).toEqual([NaN, NaN, NaN]);
  expect(of('ne')).toEqual([1, 1, 1]);
  expect(of('le')).toEqual([0, 0, 0]);
  const one = (name: ScalarFunction): readonly number[] | undefined =>
    runNative('elementwise', [a], { steps: [[name, 0]], constants: [] }).outputs[0];
  expect(one('relu')).toEqual([NaN, 1, NaN]);
  expect(one('sign')).toEqual([0, 1, 0]);
});

/** erf by its Taylor series and, from 3 on, its continued fraction; good to about 1e-15. */
function erf(x: number): number {
  if (Math.abs(x) > 3) {
    let fraction = 0;
    for (let k = 60; k >= 1; k--) fraction = k / 2 / (Math.abs(x) + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction));
  }
  let [sum, term] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

describe('float32 functions are within 1 last unit', () => {
  const exact: Partial<Record<ScalarFunction, (x: number) => number>> = {
    exp: Math.exp,
    expm1: Math.expm1,
    log: Math.log,
    log1p: Math.log1p,
    tanh: Math.tanh,
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    erf,
    sin: Math.sin,
    cos: Math.cos,
    sqrt: Math.sqrt,
  };
  const everywhere = Array.from({ length: 40000 }, (_, index) => {
    const exponent = (index % 80) - 45;
    return Math.fround((index % 2 ? -1 : 1) * (1 + ((index * 7919) % 40000) / 40000) * 2 ** (exponent / 2));
  });
  const near = Array.from({ length: 40000 }, (_, index) => Math.fround((index - 20000) / 800));
  it.each(Object.entries(exact) as [ScalarFunction, (x: number) => number][])('%s', (name, truth) => {
    for (const values of [everywhere, near]) {
      const x = given('float32', [values.length], (index) => values[index] ?? 0);
      const [y = []] = runNative('elementwise', [x], { steps: [[name, 0]], constants: [] }).outputs;
      let worst = 0;
      values.forEach((value, index) => {
        const [got, expected] = [y[index] ?? 0, truth(value)];
        if (Number.isNaN(expected) || !Number.isFinite(Math.fround(expected))) {
          if (!Object.is(got, Math.fround(expected)))
            throw new Error(`${name}(${value}) is ${got}, expected ${expected}`);
          return;
        }
        const units = Math.abs(got - expected) / unitOf('float32', expected);
        if (units > 1) throw new Error(`${name}(${value}) is ${got}, expected ${expected}: ${units} units`);
        worst = Math.max(worst, units);
      });
      expect(worst).toBeLessThan(0.6);
    }
  });
  it('sin and cos of large arguments', () => {
    const x = given('float32', [6], (index) => [1e5, 100001, 1e10, -3e30, Infinity, NaN][index] ?? 0);
    const [sin] = runNative('elementwise', [x], { steps: [['sin', 0]], constants: [] }).outputs;
    expect(sin).toEqual(x.values.map((value) => Math.fround(Math.sin(Math.fround(value)))));
  });
  it('pow', () => {
    const bases = given('float32', [30000], (index) => Math.fround(2 ** (((index % 200) - 100) / 10)));
    const powers = given('float32', [30000], (index) => Math.fround((index - 15000) / 2000));
    const [y = []] = runNative('elementwise', [bases, powers], {
      steps: [['pow', 0, 1]],
      constants: [],
    }).outputs;
    bases.values.forEach((base, index) => {
      const expected = base ** (powers.values[index] ?? 0);
      expect(Math.abs((y[index] ?? 0) - expected) / unitOf('float32', expected)).toBeLessThan(0.6);
    });
  });
});

describe('gelu and its slope', () => {
  /** The share of a normal distribution below x, without cancellation. */
  const normal = (x: number): number => {
    if (x > -3.5) return (1 + erf(x / Math.SQRT2)) / 2;
    let fraction = 0;
    const t = -x / Math.SQRT2;
    for (let n = 100; n > 0; n--) fraction = n / 2 / (t + fraction);
    return Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + fraction) / 2;
  };
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const run = (dtype: 'float32' | 'float64', name: ScalarFunction, values: readonly number[]) =>
    runNative('elementwise', [given(dtype, [values.length], (index) => values[index] ?? 0)], {
      steps: [[name, 0]],
      constants: [],
    }).outputs[0] ?? [];
  const values = Array.from({ length: 40000 }, (_, index) => Math.fround((index - 20000) / 1600));

  it('are exact to some units of the last place in float32', () => {
    const [value, slope] = [run('float32', 'gelu', values), run('float32', 'gelu_slope', values)];
    values.forEach((x, index) => {
      const [y, d] = [x * normal(x), normal(x) + x * density(x)];
      expect(Math.abs((value[index] ?? 0) - y) / unitOf('float32', y), `gelu(${x})`).toBeLessThan(10);
      // The slope crosses 0, where units of the last place mean nothing.
      const unit = unitOf('float32', Math.max(Math.abs(d), Math.abs(x) * density(x)));
      expect(Math.abs((slope[index] ?? 0) - d) / unit, `slope(${x})`).toBeLessThan(10);
    });
  });

  it("are torch's formula in float64", () => {
    const [value, slope] = [run('float64', 'gelu', values), run('float64', 'gelu_slope', values)];
    values.forEach((x, index) => {
      expect(Math.abs((value[index] ?? 0) - x * normal(x))).toBeLessThan(1e-12);
      expect(Math.abs((slope[index] ?? 0) - normal(x) - x * density(x))).toBeLessThan(1e-12);
    });
  });

  it.each(['float32', 'float64'] as const)('of infinities and NaN are those of x·Φ(x) in %s', (dtype) => {
    const odd = [0, -0, 20, -20, 3e38, Infinity, -Infinity, NaN];
    expect(run(dtype, 'gelu', odd)).toEqual(
      [0, -0, 20, -0, Math.fround(3e38), Infinity, NaN, NaN].map((y) =>
        dtype === 'float64' && y === Math.fround(3e38) ? 3e38 : y,
      ),
    );
    expect(run(dtype, 'gelu_slope', odd).slice(0, 5)).toEqual([0.5, 0.5, 1, expect.closeTo(0, 30), 1]);
  });
});
