// Steps of torch.optim's classes over lazy nets, made before the first input: PyTorch's numbers (scripts/golden/optim_steps.py).
import {
  clipGradNorm_,
  Generator,
  newTensor,
  Parameter,
  Sequential,
  valuesOf,
  type Module,
} from '#core/nn/index';
import { backward, fromArray, mean, square, sub } from '#core/ops/index';
import { torchOptimizers, type OptimizerStateDict } from '#core/optim/index';
import { OPTIMIZERS } from '#core/optimizers/index';
import { useBackend } from '#core/ops/dispatch';
import type { Backend, Storage } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import golden from '../golden/optim-steps.json';
import { nn } from '../nn/support';
import { BACKENDS, useTestBackend } from '../support/backend';
import { optimizer } from './support';

type Options = Record<string, unknown>;
/** Numbers as PyTorch keeps them: a tensor's elements, lists of those, plain numbers, and nothing. */
type Plain = number | null | readonly Plain[];

interface Run {
  name: string;
  groups: Options[];
  frozen: boolean;
  clip: number | null;
  early: boolean;
  losses: number[];
  parameters: number[][];
  state: Record<string, Record<string, Plain>>;
}

/** float64 against PyTorch's. */
const TOLERANCE = 1e-10;

const cycle = (count: number, period: number, shift: number, scale: number): number[] =>
  Array.from({ length: count }, (_, at) => ((at % period) - shift) / scale);
const x = (): Tensor => fromArray(cycle(15, 7, 3, 4), 'float64', 'cpu', [5, 3]);
const y = (): Tensor => fromArray(cycle(10, 3, 1, 2), 'float64', 'cpu', [5, 2]);

const plain = (value: unknown): Plain => {
  if (value instanceof Tensor) return [...valuesOf(value)];
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'number' ? value : null;
};

function expectClose(got: Plain | undefined, expected: Plain, where: string): void {
  if (Array.isArray(expected)) {
    const items = Array.isArray(got) ? (got as readonly Plain[]) : [got ?? null];
    expect(items.length, where).toBe(expected.length);
    (expected as readonly Plain[]).forEach((item, at) => expectClose(items[at], item, `${where}[${at}]`));
  } else if (typeof expected === 'number') {
    // What is a tensor of no axes there may be a number here, and the other way round.
    const [value] = [got].flat();
    expect(Math.abs(Number(value) - expected), `${where}: ${String(value)}, not ${expected}`).toBeLessThan(
      TOLERANCE * Math.max(1, Math.abs(expected)),
    );
  } else expect(got, where).toBe(expected);
}

function expectState({ state }: OptimizerStateDict, expected: Run['state']): void {
  expect([...state.keys()].map(String)).toEqual(Object.keys(expected));
  for (const [key, parts] of Object.entries(expected)) {
    const own = state.get(Number(key)) ?? {};
    expect(new Set(Object.keys(own))).toEqual(new Set(Object.keys(parts)));
    for (const [name, value] of Object.entries(parts)) expectClose(plain(own[name]), value, `${key}.${name}`);
  }
}

const lazyNet = (): Sequential => {
  const generator = new Generator(11);
  const layer = (outFeatures: number): Module =>
    nn('LazyLinear', { out_features: outFeatures }, { generator, dtype: 'float64' });
  return new Sequential([layer(4), nn('Tanh'), layer(2)]);
};

describe.each(BACKENDS)('on the %s backend', (backend) => {
  // Parameters, gradients and states live as long as whoever holds them: here, until the end of a test.
  const made: Storage[] = [];
  const opened = useTestBackend(backend);
  let close = (): void => {};
  beforeEach(() => {
    const allocate = (...call: Parameters<Backend['allocate']>): Storage => {
      const storage = opened.allocate(...call);
      made.push(storage);
      return storage;
    };
    close = useBackend({ ...opened, allocate });
  });
  afterEach(() => {
    close();
    for (const storage of made.splice(0)) storage.dispose();
  });

  for (const [at, run] of (golden.runs as unknown as Run[]).entries())
    it(`OPTIM-6 ${at}: ${run.name} ${JSON.stringify(run.groups)}${run.frozen ? ', one frozen' : ''}`, () => {
      const net = lazyNet();
      if (!run.early) net.invoke([x()]);
      const [first, , last] = [...net.children()];
      if (run.frozen) {
        const bias = first?.getParameter('bias');
        if (bias) bias.requiresGrad = false;
      }
      const [options = {}, others] = run.groups;
      const made =
        others === undefined
          ? optimizer(run.name, net.parameters(), options)
          : optimizer(run.name, [
              { params: first?.parameters() ?? [], ...options },
              { params: last?.parameters() ?? [], ...others },
            ]);
      const closure = (): Tensor => {
        made.zeroGrad();
        const loss = mean(square(sub(net.invoke([x()]) as Tensor, y())));
        backward(loss);
        if (run.clip !== null) clipGradNorm_(net.parameters(), run.clip);
        return loss;
      };
      if (run.early && run.name !== 'LBFGS') expect(made.step()).toBeNull();
      for (const [step, loss] of run.losses.entries())
        expectClose(plain(made.step(closure)), [loss], `loss ${step}`);
      const parameters = [...net.parameters()];
      run.parameters.forEach((values, index) =>
        expectClose(plain(parameters[index]), values, `parameter ${index}`),
      );
      expectState(made.stateDict(), run.state);
    });

  it.each(golden.matrices)(
    'OPTIM-6 $name of a matrix $shape',
    ({ name, options, shape, parameter, state }) => {
      const count = parameter.length;
      const values = Float64Array.from(cycle(count, 5, 2, 4));
      const param = new Parameter(fromArray(values, 'float64', 'cpu', shape));
      const made = optimizer(name, [param], options);
      for (let step = 0; step < 3; step++) {
        const grad = Float64Array.from({ length: count }, (_, at) => (((at * (step + 2)) % 7) - 3) / 8);
        param.grad = fromArray(grad, 'float64', 'cpu', shape);
        made.step();
      }
      expectClose(plain(param), parameter, 'parameter');
      expectClose(plain(made.state.get(param)?.['momentum_buffer']), state, 'momentum_buffer');
    },
  );

  it.each(golden.halves)('OPTIM-6 a step in $dtype', ({ dtype, parameter }) => {
    const type = dtype === 'float16' ? 'float16' : 'bfloat16';
    const sixth = (scale: number): Tensor =>
      fromArray(
        Array.from({ length: 6 }, (_, at) => at / scale),
        type,
      );
    const param = new Parameter(sixth(4));
    param.grad = sixth(7);
    optimizer('SGD', [param], { lr: 0.25 }).step();
    expect(plain(param)).toEqual(parameter);
  });

  it('OPTIM-6 a parameter that does not lie dense is changed where it lies', () => {
    const whole = newTensor([2, 3], 'float64');
    const { storage, dtype } = whole;
    const turned = new Parameter(new Tensor(storage, { dtype, shape: [3, 2], strides: [1, 3] }));
    turned.grad = fromArray([1, 2, 3, 4, 5, 6], 'float64', 'cpu', [3, 2]);
    optimizer('SGD', [turned], { lr: 1 }).step();
    expect(plain(whole)).toEqual([-1, -3, -5, -2, -4, -6]);
  });
});

it('OPTIM-1 every optimizer of the table is a class of torch.optim, with a trajectory here', () => {
  const shown = new Set([...golden.runs, ...golden.matrices].map(({ name }) => name));
  expect(new Set(Object.keys(torchOptimizers))).toEqual(shown);
  expect(shown.size).toBe(OPTIMIZERS.length);
});
