// Programs taken over from an earlier trace of the same step: over other memory only, and never for a step that differs.
import { afterEach, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { compileInTurns, type CompiledProgram, type KnownProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';

import { useTestBackend } from '../support/backend';

const backend = useTestBackend('native');

const free: (() => void)[] = [];
afterEach(() => {
  for (const dispose of free.splice(0)) dispose();
});

function vector(...values: number[]): Tensor {
  const tensor = ops.fromArray(values, 'float32', 'cpu', [values.length]);
  free.push(() => tensor.storage.dispose());
  return tensor;
}

async function compiled(step: () => Tensor, known: readonly KnownProgram[] = []): Promise<CompiledProgram> {
  const program = await compileInTurns(
    // eslint-disable-next-line require-yield -- a step of one turn
    function* () {
      return [step()];
    },
    () => Promise.resolve(),
    { known },
  );
  free.push(() => program.dispose());
  return program;
}

const resultOf = ({ outputs }: CompiledProgram): number | undefined =>
  new Float32Array(Uint8Array.from(outputs[0]?.bytes() ?? []).buffer)[0];

const step =
  (a: Tensor, b: Tensor, factor = 2) =>
  (): Tensor =>
    ops.sum(ops.mul(ops.add(a, b), factor));

test('the same step over other tensors takes over the plan and computes with its own', async () => {
  const first = await compiled(step(vector(1, 2), vector(3, 4)));
  const second = await compiled(step(vector(10, 20), vector(30, 40)), [first]);
  expect(second.spec.instructions).toBe(first.spec.instructions);
  await backend.runProgram(second.spec, 1);
  expect(resultOf(second)).toBe(200);
  await backend.runProgram(first.spec, 1);
  expect(resultOf(first)).toBe(20);
});

const [a, b] = [() => vector(1, 2), () => vector(3, 4)];

test.each<[string, () => () => Tensor, number?]>([
  ['another constant', () => step(a(), b(), 3)],
  ['zero of the other sign', () => step(a(), b(), -0), 0],
  ['another shape', () => step(vector(1, 2, 3), vector(4, 5, 6))],
  [
    'one tensor in two places',
    () => {
      const both = a();
      return step(both, both);
    },
  ],
  ['another op', () => () => ops.sum(ops.mul(ops.sub(a(), b()), 2))],
])('%s is compiled anew', async (_name, other, factor = 2) => {
  const known = await compiled(step(a(), b(), factor));
  const own = await compiled(other(), [known]);
  expect(own.spec.instructions).not.toBe(known.spec.instructions);
});
