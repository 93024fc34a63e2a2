// Batches of nothing, inputs that are views, and values at the ends of what floats can hold.
import { describe, expect, it } from 'vitest';

import { parseParams } from '#core/layers/index';
import { runLayer } from '#core/layers/run';
import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';
import { decode, readGolden } from './agreement';
import { CASES, inputDType, inputsOf, lower, randomState, weightsOf, type Case } from './calls';
import { useNativeBackend } from './native';
import { EXTREME_LAYERS, EXTREMES } from './requests';

useNativeBackend();

const LEFT_OUT = [
  // Their first axis is the channels, of which PyTorch demands one.
  'adaptive_avg_pool2d: one axis kept',
  'adaptive_avg_pool3d: one axis kept',
];

/** Examples whose first axis is a batch: hiding its size hides the output's and nothing else. */
const BATCHED = CASES.filter(({ layer, example, params, name }) => {
  if (LEFT_OUT.includes(name)) return false;
  const batch = example.inputs[0]?.[0];
  if (batch === undefined || layer.type === 'input' || example.outputs.length === 0) return false;
  const inputs = example.inputs.map(([, ...rest]) => [0, ...rest]);
  const result = layer.infer(params, inputs);
  const expected = example.outputs.map(([, ...rest]) => [0, ...rest]);
  return 'outputs' in result && JSON.stringify(result.outputs) === JSON.stringify(expected);
});

describe('an empty batch', () => {
  it.each(BATCHED.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    ops.scope(() => {
      const inputs = given.example.inputs.map(([, ...rest], port) =>
        ops.zeros([0, ...rest], inputDType(given, 'float32', port)),
      );
      const run = runLayer(given.layer, {
        params: given.params,
        inputs,
        tensors: weightsOf(given, 'float32'),
        isTraining: given.layer.category !== 'normalization',
        random: randomState(),
      });
      expect(run.outputs[0]?.shape).toEqual([0, ...(given.example.outputs[0] ?? []).slice(1)]);
      for (const gradient of Object.values(run.gradWeights))
        if (gradient) expect(ops.toNumbers(gradient).every((value) => value === 0)).toBe(true);
    });
  });
});

/** The same values in a tensor whose memory runs the other way round. */
function scattered(x: Tensor): Tensor {
  const order = x.shape.map((_, axis) => x.rank - 1 - axis);
  return ops.permute(ops.contiguous(ops.permute(x, order)), order);
}

describe('inputs that are views', () => {
  const cases = CASES.filter(
    ({ example, layer }) => layer.type !== 'input' && example.inputs.some((shape) => shape.length > 1),
  );
  const outputsOf = (given: Case, inputs: readonly Tensor[]) =>
    lower(given, inputs, weightsOf(given, 'float32'), { isTraining: true, random: randomState() }).map(
      ops.toNumbers,
    );
  it.each(cases.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    ops.scope(() => {
      const inputs = inputsOf(given, 'float32');
      const views = inputs.map((input) => (input.rank > 1 ? scattered(input) : input));
      expect(outputsOf(given, views)).toEqual(outputsOf(given, inputs));
    });
  });
});

describe('values at the ends', () => {
  const golden = readGolden<{ readonly output: string; readonly gradient: string }>(
    'catalogue-extremes.json',
  );
  const x = EXTREMES.map((text) => Number(text.replace('inf', 'Infinity')));

  it.each(EXTREME_LAYERS.map((layer) => [layer.type, layer] as const))('%s', (type, layer) => {
    const answer = golden[`${type}: extremes`];
    if (!answer) throw new Error(`no golden answer for ${type}`);
    ops.scope(() => {
      const inputs = [ops.fromArray(x, 'float32')];
      const params = parseParams(layer, {}, 'torch');
      const run = runLayer(layer, { params, inputs, tensors: {}, isTraining: true, random: null });
      for (const [what, own, expected] of [
        ['output', run.outputs[0], decode(answer.output)],
        ['gradient', run.gradInputs[0], decode(answer.gradient)],
      ] as const) {
        const numbers = own ? ops.toNumbers(own) : [];
        for (const [index, value] of expected.entries()) {
          const at = `${what} at ${EXTREMES[index] ?? ''}`;
          // What PyTorch itself makes NaN, and what it does with the gradient of NaN, is its own affair.
          if (Number.isNaN(value) || (what === 'gradient' && Number.isNaN(x[index]))) continue;
          const near = Math.abs((numbers[index] ?? NaN) - value) <= 2e-6 * Math.max(Math.abs(value), 1);
          expect(
            near || numbers[index] === value,
            `${at}: ${numbers[index] ?? 'none'}, PyTorch has ${value}`,
          ).toBe(true);
        }
      }
      expect(Number.isNaN(ops.toNumbers(run.outputs[0] ?? inputs[0] ?? ops.zeros([])).at(-1))).toBe(true);
    });
  });
});
