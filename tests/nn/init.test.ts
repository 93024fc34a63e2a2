// torch.nn.init against real PyTorch (scripts/golden/nn_semantics.py) and the initializers of declarations (docs/spec/random.md).
import {
  Generator,
  init,
  initialize,
  newTensor,
  StepQueue,
  valuesOf,
  type Initializer,
} from '#core/nn/index';
import { initializeSteps } from '#core/nn/initialize';
import { Tensor } from '#core/tensor/tensor';
import { denseBytes } from '#core/nn/tensor-memory';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-semantics.json';
import { hash, tensor, thrown } from './support';

const hex = (value: Tensor): string => Buffer.from(denseBytes(value)).toString('hex');

const FILLS: Record<string, (value: Tensor, generator: Generator) => Tensor> = {
  xavier_uniform_: (value, generator) => init.xavierUniform_(value, 2, generator),
  xavier_normal_: (value, generator) => init.xavierNormal_(value, 1, generator),
  'kaiming_uniform_ relu fan_out': (value, generator) =>
    init.kaimingUniform_(value, { mode: 'fan_out', nonlinearity: 'relu', generator }),
  kaiming_normal_: (value, generator) => init.kaimingNormal_(value, { a: 0.5, generator }),
  uniform_: (value, generator) => init.uniform_(value, -2, 3, generator),
  normal_: (value, generator) => init.normal_(value, 1, 2, generator),
  constant_: (value) => init.constant_(value, 0.3),
  dirac_: (value) => init.dirac_(value, 2),
  trunc_normal_: (value, generator) => init.truncNormal_(value, { generator }),
  'trunc_normal_ narrow': (value, generator) =>
    init.truncNormal_(value, { mean: 0.1, std: 0.5, a: -0.4, b: 0.9, generator }),
  'trunc_normal_ in the tail': (value, generator) => init.truncNormal_(value, { a: 1, b: 3, generator }),
};

describe('init', () => {
  const inits: Record<string, unknown> = golden.inits;
  for (const [name, fill] of Object.entries(FILLS))
    it(`INIT-1 ${name} equals PyTorch's bit for bit`, () => {
      expect(hex(fill(newTensor([6, 4, 3], 'float32'), new Generator(5)))).toBe(inits[name]);
    });

  it('INIT-8 orthogonal_ equals PyTorch’s to its last digits, and its rows are orthogonal', () => {
    const value = init.orthogonal_(newTensor([6, 4, 3], 'float32'), 2, new Generator(5));
    const expected = new Float32Array(
      Uint8Array.from(Buffer.from(String(inits['orthogonal_']), 'hex')).buffer,
    );
    valuesOf(value).forEach((element, at) => expect(element).toBeCloseTo(expected[at] ?? NaN, 5));
    for (const shape of [
      [3, 7],
      [7, 3],
    ] as const) {
      const matrix = valuesOf(init.orthogonal_(newTensor(shape, 'float64'), 1, new Generator(1)));
      const [rows, columns] = shape;
      const isWide = rows < columns;
      const at = (vector: number, place: number): number =>
        matrix[isWide ? vector * columns + place : place * columns + vector] ?? NaN;
      for (let a = 0; a < 3; a++)
        for (let b = 0; b <= a; b++) {
          const dot = Array.from({ length: 7 }, (_, place) => at(a, place) * at(b, place));
          expect(dot.reduce((sum, each) => sum + each)).toBeCloseTo(a === b ? 1 : 0, 14);
        }
    }
  });

  it('INIT-8 other dtypes, memory orders and meta; numbers that make no range are refused', () => {
    for (const dtype of ['float64', 'float16', 'bfloat16'] as const)
      for (const range of [
        { a: -0.5, b: 0.5 },
        { a: 1, b: 2 },
      ]) {
        const drawn = valuesOf(
          init.truncNormal_(newTensor([40], dtype), { ...range, generator: new Generator(2) }),
        );
        expect(Math.min(...drawn)).toBeGreaterThanOrEqual(range.a);
        expect(Math.max(...drawn)).toBeLessThanOrEqual(range.b);
      }
    const generator = new Generator(0);
    init.truncNormal_(newTensor([4], 'float32', 'meta'), { generator });
    init.orthogonal_(newTensor([4, 4], 'float32', 'meta'), 1, generator);
    init.orthogonal_(newTensor([0, 4], 'float32'), 1, generator);
    expect(generator.getState()).toEqual(new Generator(0).getState());
    for (const options of [{ std: 0 }, { a: 1, b: 1 }])
      expect(thrown(() => init.truncNormal_(newTensor([4], 'float32'), options))).toMatch(/^ValueError: /);
  });

  it('INIT-3 dense tensors are drawn in memory order, strided ones in index order', () => {
    const strided = new Tensor(newTensor([5, 8], 'float32').storage, {
      dtype: 'float32',
      shape: [5, 4],
      strides: [8, 2],
    });
    expect(hex(init.uniform_(strided, 0, 1, new Generator(5)))).toBe(inits['uniform_ strided']);
    const transposed = new Tensor(newTensor([5, 8], 'float32').storage, {
      dtype: 'float32',
      shape: [8, 5],
      strides: [1, 8],
    });
    expect(hex(init.normal_(transposed, 0, 1, new Generator(5)))).toBe(inits['normal_ transposed']);
  });

  it('INIT-4 gains and fans are torch.nn.init’s', () => {
    const names = ['linear', 'conv2d', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'selu'] as const;
    expect(names.map((name) => init.calculateGain(name))).toEqual(inits.gains);
    expect(init.calculateFanInAndFanOut(newTensor([6, 4, 3, 2], 'float32'))).toEqual({
      fanIn: 24,
      fanOut: 36,
    });
  });

  it('INIT-5 eye_, zeros_, ones_ and rows; kaiming leaves an empty tensor alone; integers cannot be drawn', () => {
    expect(Array.from(valuesOf(init.eye_(newTensor([2, 3], 'float64'))))).toEqual([1, 0, 0, 0, 1, 0]);
    expect(Array.from(valuesOf(init.ones_(newTensor([2], 'int64'))))).toEqual([1, 1]);
    expect(Array.from(valuesOf(init.zeros_(tensor([3, 4], [2], 'float16'))))).toEqual([0, 0]);
    expect(Array.from(valuesOf(init.zeroRow_(tensor([1, 2, 3, 4], [2, 2]), 1)))).toEqual([1, 2, 0, 0]);
    const generator = new Generator(0);
    init.kaimingUniform_(newTensor([4, 0], 'float32'), { generator });
    expect(generator.getState()).toEqual(new Generator(0).getState());
    expect(thrown(() => init.uniform_(newTensor([2], 'int64')))).toMatch(
      /^NotImplementedError: "check_uniform_bounds"/,
    );
    expect(thrown(() => init.zeroRow_(tensor([1]), 4))).toMatch(/^IndexError/);
  });

  it('INIT-6 on meta nothing is drawn', () => {
    const generator = new Generator(0);
    init.normal_(newTensor([4], 'float32', 'meta'), 0, 1, generator);
    init.eye_(newTensor([2, 2], 'float32', 'meta'));
    expect(generator.getState()).toEqual(new Generator(0).getState());
  });

  it('INIT-7 every kind of initializer fills its tensor, siblings deciding the bounds', () => {
    const weight = newTensor([4, 9, 2], 'float32');
    const kinds: [Initializer, (value: number) => boolean][] = [
      [{ kind: 'zeros' }, (value) => value === 0],
      [{ kind: 'ones' }, (value) => value === 1],
      [{ kind: 'constant', value: 0.25 }, (value) => value === 0.25],
      [{ kind: 'uniform', from: 2, to: 3 }, (value) => value >= 2 && value < 3],
      [{ kind: 'normal', mean: 100, std: 1 }, (value) => value > 90 && value < 110],
      [{ kind: 'kaiming_uniform', a: Math.sqrt(5) }, (value) => Math.abs(value) <= 1 / Math.sqrt(8)],
      [{ kind: 'xavier_uniform', gain: 1 }, (value) => Math.abs(value) <= Math.sqrt(6 / (8 + 10))],
      [{ kind: 'uniform_fan_in', fanOf: 'weight' }, (value) => Math.abs(value) <= 1 / Math.sqrt(18)],
      [{ kind: 'uniform_axis', axis: 1, of: 'weight' }, (value) => Math.abs(value) <= 1 / 3],
      [{ kind: 'normal_zero_row', row: null }, (value) => value !== 0],
      [{ kind: 'xavier_normal', gain: 100 }, (value) => value !== 0 && Math.abs(value) < 300],
      [{ kind: 'kaiming_normal', a: 0 }, (value) => value !== 0 && Math.abs(value) < 3],
      [{ kind: 'trunc_normal', mean: 0, std: 1, a: 0, b: 1 }, (value) => value >= 0 && value <= 1],
      [{ kind: 'orthogonal', gain: 1 }, (value) => Math.abs(value) <= 1],
    ];
    for (const [initializer, isRight] of kinds) {
      const target = newTensor([5, 4, 2], 'float32');
      initialize(initializer, target, { weight, target }, new Generator(1));
      expect(Array.from(valuesOf(target)).every(isRight), initializer.kind).toBe(true);
    }
    const rows = newTensor([3, 8], 'float32');
    initialize({ kind: 'normal_zero_row', row: 1 }, rows, {}, new Generator(1));
    expect(Array.from(valuesOf(rows)).slice(8, 16)).toEqual(new Array(8).fill(0));
    expect(thrown(() => initialize({ kind: 'uniform_fan_in', fanOf: 'weight' }, rows, {}))).toContain(
      "'weight'",
    );
    expect(hash(rows)).toHaveLength(64);
  });
});

it('MATERIALIZE-8 values that were put off are those drawn at once, whatever their number and dtype', async () => {
  for (const dtype of ['float32', 'float64', 'float16'] as const)
    for (const count of [7, 16, 31, 5000, 8192 + 5])
      for (const kind of ['normal', 'uniform'] as const) {
        const initializer: Initializer =
          kind === 'normal' ? { kind, mean: 1, std: 2 } : { kind, from: -1, to: 3 };
        const [now, later] = [newTensor([count], dtype), newTensor([count], dtype)];
        const [first, second] = [new Generator(5), new Generator(5)];
        initialize(initializer, now, {}, first);
        const queue = new StepQueue();
        queue.add(initializeSteps(initializer, later, {}, second));
        expect(queue.isEmpty).toBe(false);
        await queue.run(() => Promise.resolve());
        expect(hash(later)).toBe(hash(now));
        expect(second.getState()).toEqual(first.getState());
        // One fill over the whole is PyTorch's, see RANDOM-6.
        const whole =
          kind === 'normal'
            ? new Generator(5).normal(dtype, count, 1, 2)
            : new Generator(5).uniform(dtype, count, -1, 3);
        expect(Buffer.from(denseBytes(now)).equals(Buffer.from(whole.buffer))).toBe(true);
      }
});
