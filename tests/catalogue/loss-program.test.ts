// Every example of every loss with its gradients, eagerly and as a program on 1, 2 and 3 threads: the same bits.
import { describe, expect, it } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';
import { openCpuBackend } from '#native';

import { useNativeBackend } from './native';
import { hasTargetGradient, LOSS_CASES } from './requests';
import { lossValues, tensorOf } from './values';

useNativeBackend();

const bytesOf = (tensors: readonly Tensor[]): Uint8Array[] =>
  tensors.map((tensor) => ops.contiguous(tensor).bytes());

describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
  it.each(LOSS_CASES.map((given) => [given.name, given] as const))('%s', async (name, given) => {
    const { loss, example, params } = given;
    const backend = openCpuBackend();
    const { threads } = backend.native.info();
    const classes = example.input[example.input.length === 1 ? 0 : 1] ?? 1;
    const input = lossValues(`${name}/input`, example.input, dtype, example.inputValues);
    const target =
      example.targetKind === 'class'
        ? tensorOf(`${name}/target`, example.target, 'int64', classes)
        : lossValues(`${name}/target`, example.target, dtype, example.targetValues);
    input.requiresGrad = true;
    target.requiresGrad = hasTargetGradient(loss, example);
    const leaves = [input, target].filter(({ requiresGrad }) => requiresGrad);
    const gradient = lossValues(`${name}/gradient`, example.output, dtype);
    const step = (): Tensor[] => {
      const output = loss.lower({ params, input, target });
      const found = ops.gradients(output, leaves, { gradient, allowUnused: true });
      return [output, ...found.flatMap((each) => each ?? [])];
    };
    const expected = ops.scope(() => bytesOf(step()));
    expect(expected.length).toBeGreaterThan(1);
    const compiled = compileProgram(step);
    const program = backend.createProgram(compiled.spec);
    try {
      for (const count of [1, 2, 3]) {
        backend.native.setThreads(count);
        await program.run(1);
        expect(bytesOf(compiled.outputs), `${count} threads`).toEqual(expected);
      }
    } finally {
      program.dispose();
      compiled.dispose();
      for (const { storage } of [input, target, gradient]) storage.dispose();
      backend.native.setThreads(threads);
    }
  });
});
