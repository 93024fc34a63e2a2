// Every option set of every optimizer for 20 steps beside PyTorch's: parameters on the way, and all state at the end.
import { describe, expect, it } from 'vitest';

import * as ops from '#core/ops/index';
import { expectAgreement, readGolden, TOLERANCE, type FloatType, type GoldenTrajectory } from './agreement';
import { OPTIMIZER_CASES, TRAJECTORY } from './requests';
import { tensorOf } from './values';
import { useNativeBackend } from './native';

useNativeBackend();

const GOLDEN = readGolden<GoldenTrajectory>('catalogue-optimizers.json');
const RUNS = OPTIMIZER_CASES.flatMap((given) =>
  (Object.keys(TOLERANCE) as FloatType[]).map((dtype) => [`${given.name} (${dtype})`, given, dtype] as const),
);

describe('optimizer trajectories against PyTorch', () => {
  it.each(RUNS)('%s', (_title, { optimizer, name, shape, params }, dtype) => {
    const golden = GOLDEN[name];
    if (!golden) throw new Error(`no golden answer for ${name}: run scripts/golden/catalogue`);
    ops.scope(() => {
      const param = tensorOf(`${name}/parameter`, shape, dtype);
      const specs = optimizer.state(params, shape);
      const state = Object.fromEntries(
        specs.map((spec) => [spec.name, ops.full(spec.shape, spec.initial ?? 0, spec.dtype ?? dtype)]),
      );
      const learningRate = ops.fromArray(Number(params['lr']), 'float64');
      for (let step = 1; step <= TRAJECTORY.steps; step++) {
        const grad = tensorOf(`${name}/gradient${step - 1}`, shape, dtype);
        optimizer.lower({ params, param, grad, state, learningRate });
        const expected = golden.parameters[step];
        if (expected !== undefined) expectAgreement(`parameter after ${step} steps`, param, expected, dtype);
      }
      const inTorch = specs.filter(({ isTorch }) => isTorch).map((spec) => spec.name);
      expect(inTorch.sort()).toEqual(Object.keys(golden.state).sort());
      for (const [key, data] of Object.entries(golden.state))
        expectAgreement(`${key} at the end`, state[key] ?? null, data, dtype);
      if (state['step']) expect(ops.toNumbers(state['step'])).toEqual([TRAJECTORY.steps]);
    });
  });
});
