// Every example of every layer and loss against real PyTorch: outputs, gradients of inputs and weights, buffers after.
import { describe, expect, it } from 'vitest';

import { differentiate, runLayer, type Run } from '#core/layers/run';
import * as ops from '#core/ops/index';
import { numel } from '#core/tensor/shape';
import {
  expectAgreement,
  readGolden,
  readLayerGolden,
  slackOf,
  TOLERANCE,
  type FloatType,
  type GoldenAnswer,
  type GoldenRun,
} from './agreement';
import { CASES, inputsOf, randomState, weightsOf } from './calls';
import { fingerprint, hasTargetGradient, LOSS_CASES, REQUESTS } from './requests';
import { lossValues, tensorOf } from './values';
import { useNativeBackend } from './native';

useNativeBackend();

const DTYPES = Object.keys(TOLERANCE) as FloatType[];
const LAYERS_GOLDEN = readLayerGolden();
const LOSSES_GOLDEN = readGolden<GoldenAnswer>('catalogue-losses.json');

const gradientsOf = (name: string, golden: GoldenRun, dtype: FloatType) =>
  golden.outputs.map(({ shape }, port) => tensorOf(`${name}/grad_output${port}`, shape, dtype));

function compare(run: Run, golden: GoldenRun, dtype: FloatType, slack = 1): void {
  expect(run.outputs.length).toBe(golden.outputs.length);
  golden.outputs.forEach(({ shape, data, integer, dtype: told }, port) => {
    expect(run.outputs[port]?.shape).toEqual(shape);
    expect(run.outputs[port]?.dtype).toBe(told ?? (integer === true ? 'int64' : dtype));
    expectAgreement(`output ${port}`, run.outputs[port] ?? null, data, dtype, slack);
  });
  golden.grad_inputs.forEach((data, port) => {
    if (data !== null)
      expectAgreement(`gradient of input ${port}`, run.gradInputs[port] ?? null, data, dtype, slack);
  });
  for (const [name, data] of Object.entries(golden.grad_weights ?? {}))
    expectAgreement(`gradient of ${name}`, run.gradWeights[name] ?? null, data, dtype, slack);
}

describe('layers against PyTorch', () => {
  const cases = CASES.filter(({ layer }) => layer.torch !== null);
  const runs = cases.flatMap((given) =>
    DTYPES.flatMap((dtype) => [true, false].map((isTraining) => ({ given, dtype, isTraining }))),
  );

  it.each(
    runs.map(
      (run) =>
        [`${run.given.name} (${run.dtype}, ${run.isTraining ? 'training' : 'evaluation'})`, run] as const,
    ),
  )('%s', (_title, { given, dtype, isTraining }) => {
    const answer = LAYERS_GOLDEN[given.name];
    const golden = isTraining ? answer?.training : (answer?.evaluation ?? answer?.training);
    if (!golden) {
      expect(given.layer.isRandom === true && isTraining).toBe(true);
      return;
    }
    ops.scope(() => {
      const tensors = weightsOf(given, dtype);
      const run = runLayer(given.layer, {
        params: given.params,
        inputs: inputsOf(given, dtype),
        tensors,
        isTraining,
        random: randomState(),
        gradOutputs: gradientsOf(given.name, golden, dtype),
      });
      compare(run, golden, dtype, slackOf(given.name, dtype));
      for (const [name, data] of Object.entries(golden.buffers ?? {}))
        expectAgreement(`${name} after`, tensors[name] ?? null, data, dtype);
    });
  });
});

describe('losses against PyTorch', () => {
  const runs = LOSS_CASES.flatMap((given) =>
    DTYPES.map((dtype) => [`${given.name} (${dtype})`, given, dtype] as const),
  );

  it.each(runs)('%s', (_title, { loss, example, name, params }, dtype) => {
    const golden = LOSSES_GOLDEN[name]?.training;
    if (!golden) throw new Error(`no golden answer for ${name}: run scripts/golden/catalogue`);
    ops.scope(() => {
      const input = lossValues(`${name}/input`, example.input, dtype, example.inputValues);
      const classes = example.input[example.input.length === 1 ? 0 : 1] ?? 1;
      const target =
        example.targetKind === 'class'
          ? tensorOf(`${name}/target`, example.target, 'int64', classes)
          : lossValues(`${name}/target`, example.target, dtype, example.targetValues);
      expect(loss.infer(params, example.input, example.target)).toEqual({ outputs: [example.output] });
      const run = differentiate({
        inputs: [input, hasTargetGradient(loss, example) ? target : null],
        weights: {},
        gradOutputs: gradientsOf(name, golden, dtype),
        forward: ([leaf, wanted]) => [loss.lower({ params, input: leaf ?? input, target: wanted ?? target })],
      });
      compare(run, golden, dtype);
      expect(run.outputs[0]?.numel()).toBe(numel(example.output));
    });
  });
});

describe('the golden files', () => {
  it('answer the present examples', () => {
    const trajectories = readGolden<GoldenAnswer>('catalogue-optimizers.json');
    const extremes = readGolden<GoldenAnswer>('catalogue-extremes.json');
    const answers = { ...LAYERS_GOLDEN, ...LOSSES_GOLDEN, ...trajectories, ...extremes };
    const stale = REQUESTS.filter((request) => answers[request.name]?.fingerprint !== fingerprint(request));
    expect(stale.map(({ name }) => name)).toEqual([]);
    expect(Object.keys(answers).sort()).toEqual(REQUESTS.map(({ name }) => name).sort());
  });
});
