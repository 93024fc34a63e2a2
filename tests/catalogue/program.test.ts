// Every example of every layer in a training step, eagerly and as a program: the same bits of outputs, gradients, moved
// parameters and buffers; and the program's are the same with 1, 2 and 3 threads.
import { describe, expect, it } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';
import { openCpuBackend } from '#native';

import { CASES, inputsOf, lower, weightsOf, type Case } from './calls';
import { floats } from './values';
import { useNativeBackend } from './native';

useNativeBackend();

interface Made {
  readonly inputs: readonly Tensor[];
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly parameters: readonly Tensor[];
  readonly steps: readonly Tensor[];
  readonly lr: Tensor;
  readonly random: Tensor;
}

function made(given: Case): Made {
  const tensors = weightsOf(given, 'float32');
  const names = (given.layer.tensors?.(given.params) ?? []).flatMap(({ kind, name }) =>
    kind === 'parameter' ? [name] : [],
  );
  const parameters = names.flatMap((name) => tensors[name] ?? []);
  for (const parameter of parameters) parameter.requiresGrad = true;
  const inputs = inputsOf(given, 'float32');
  for (const input of inputs) if (input.dtype === 'float32') input.requiresGrad = true;
  const lr = ops.full([], 0.01, 'float64');
  return {
    inputs,
    tensors,
    parameters,
    steps: parameters.map(() => ops.zeros([], 'float32')),
    lr,
    random: ops.fromArray([3, 0], 'int64'),
  };
}

/** One step: forward in training mode, gradients of a weighted sum, SGD. Returns outputs and gradients. */
function step(given: Case, { inputs, tensors, parameters, steps, lr, random }: Made): Tensor[] {
  let stream = 0;
  const state = { state: random, nextStream: () => stream++ };
  const outputs = lower(given, inputs, tensors, { isTraining: true, random: state });
  const leaves = [...inputs, ...parameters].filter((tensor) => tensor.requiresGrad);
  const found = outputs.flatMap((output, port) => {
    if (!output.requiresGrad || leaves.length === 0) return [];
    const gradient = ops.fromArray(
      floats(`${given.name}/gradient${port}`, output.numel()),
      'float32',
      'cpu',
      output.shape,
    );
    return [ops.gradients(output, leaves, { gradient, allowUnused: true, retainGraph: true })];
  });
  ops.noGrad(() => {
    parameters.forEach((parameter, index) => {
      const gradient = found[0]?.[leaves.indexOf(parameter)];
      const count = steps[index];
      if (!gradient || !count) return;
      ops.sgdStep(
        { parameter, gradient, step: count, lr },
        { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false },
      );
    });
    ops.advance(random, [0, 1]);
  });
  return [...outputs, ...found.flat().flatMap((gradient) => gradient ?? [])];
}

const bytesOf = (tensors: readonly Tensor[]): Uint8Array[] =>
  tensors.map((tensor) => ops.contiguous(tensor).bytes());
const stateOf = ({ tensors, random }: Made): Uint8Array[] => bytesOf([...Object.values(tensors), random]);

describe('a training step of each example has the same bits eagerly and as a program', () => {
  const cases = CASES.filter(({ example }) => example.outputs.length > 0);
  it.each(cases.map((given) => [given.name, given] as const))('%s', async (_name, given) => {
    const backend = openCpuBackend();
    const { threads } = backend.native.info();
    const free = (all: Made): void => {
      for (const { storage } of [
        ...all.inputs,
        ...Object.values(all.tensors),
        ...all.steps,
        all.lr,
        all.random,
      ])
        storage.dispose();
    };
    const eager = made(given);
    const expected = ops.scope(() => bytesOf(step(given, eager)));
    const state = stateOf(eager);
    free(eager);
    for (const count of [1, 2, 3]) {
      backend.native.setThreads(count);
      const own = made(given);
      const compiled = compileProgram(() => step(given, own));
      const program = backend.createProgram(compiled.spec);
      try {
        await program.run(1);
        expect(bytesOf(compiled.outputs), `${count} threads`).toEqual(expected);
        expect(stateOf(own), `${count} threads`).toEqual(state);
      } finally {
        program.dispose();
        compiled.dispose();
        free(own);
        backend.native.setThreads(threads);
      }
    }
  });
});
