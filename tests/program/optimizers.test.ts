// Every optimizer's steps inside a program: the same numbers as eagerly, though all of its state changes in place.
import { describe, expect, test } from 'vitest';

import { fromArray, full, noGrad, scope, sin, toNumbers } from '#core/ops/index';
import { OPTIMIZERS } from '#core/optimizers/index';
import { parseParams } from '#core/layers/parse';
import { compileProgram } from '#core/program/index';

import { BACKENDS, useTestBackend } from '../support/backend';

const STEPS = 7;

describe.each(BACKENDS)('optimizers in a program on the %s backend', (name) => {
  const backend = useTestBackend(name);
  // One that looks at the loss again and again has no step of ops.
  const cases = OPTIMIZERS.filter(({ evaluatesAgain }) => evaluatesAgain !== true).flatMap((optimizer) =>
    optimizer.examples.map((example) => [`${optimizer.type}: ${example.title}`, optimizer, example] as const),
  );

  test.each(cases)('%s', async (_title, optimizer, example) => {
    const params = parseParams(optimizer, example.params, 'torch');
    const create = () => {
      const shape = (optimizer.refuse?.([4]) ?? null) === null ? [4] : [2, 2];
      const param = fromArray([0.5, -1.25, 2, -0.1], 'float32', 'cpu', shape);
      const specs = optimizer.state(params, param.shape);
      const state = Object.fromEntries(
        specs.map((spec) => [spec.name, full(spec.shape, spec.initial ?? 0, spec.dtype ?? 'float32')]),
      );
      const learningRate = fromArray(Number(params['lr']), 'float64');
      const step = (): void =>
        noGrad(() => optimizer.lower({ params, param, grad: sin(param), state, learningRate }));
      return { step, tensors: [param, learningRate, ...Object.values(state)] };
    };
    const [eager, compiled] = [create(), create()];
    for (let step = 0; step < STEPS; step++) scope(eager.step);
    const program = compileProgram(compiled.step);
    await backend.runProgram(program.spec, STEPS);
    expect(compiled.tensors.map(toNumbers)).toEqual(eager.tensors.map(toNumbers));
    program.dispose();
    for (const { storage } of [...eager.tensors, ...compiled.tensors]) storage.dispose();
    expect(backend.live()).toBe(0);
  });
});
