// The training-step workloads: forward, cross entropy, backward and Adam of one batch, by the very program `train` runs.
import { newTensor } from '#core/nn/index';
import * as ops from '#core/ops/index';
import { findLoss } from '#core/losses/index';
import { parseParams } from '#core/layers/index';
import { LazuliError } from '#core/errors';
import type { GraphModule } from '#core/graph/graph-module';
import { numel } from '#core/tensor/shape';
import type { Storage } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';

import { backendFor } from '../backend';
import { MAIN_TARGET } from '#core/document/project';

import { NOTHING_FURTHER, type Dataset } from '../datasets/dataset';
import { bytesOf } from '../datasets/table';
import { Model } from '../model/model';
import { Cursor, endsOf, type Feed } from '../training/batches';
import type { Objective } from '../training/objective';
import { Optimizer } from '../training/optimizer';
import { placementOn } from '../training/placement';
import { StepLog } from '../training/log';
import { trainedParameters, trainProgram } from '../training/programs';
import type { BenchCase, BenchRun, BenchSettings } from './case';
import { choices, noise } from './noise';
import { CNN, encoder, LARGE_CNN, LARGE_ENCODER, MLP, projectOf, type BenchModel } from './models';
import { MOST_STEPS, programRun } from './programs';

/** Batches of samples that lie ready: more than one, so that gathering is part of the step. */
const BATCHES = 4;

function tensorOf(shape: readonly number[], values: Float64Array | BigInt64Array): Tensor {
  const isWhole = values instanceof BigInt64Array;
  const tensor = newTensor(shape, isWhole ? 'int64' : 'float32');
  tensor.storage.write(0, bytesOf(isWhole ? values : Float32Array.from(values)));
  return tensor;
}

function datasetOf({ inputShape, vocabulary, classes, targetShape }: BenchModel, samples: number): Dataset {
  const shape = [samples, ...inputShape];
  const inputs = tensorOf(
    shape,
    vocabulary === undefined ? noise(numel(shape), 1) : choices(numel(shape), vocabulary, 1),
  );
  const counted = [samples, ...targetShape];
  const targets = tensorOf(counted, choices(numel(counted), classes, 2));
  return {
    source: { file: 'noise', format: 'npy', targetKind: 'class', normalization: { kind: 'none' } },
    samples,
    inputShape,
    inputs,
    targets: { tensor: targets, kind: 'class', classes: [] },
    ...NOTHING_FURTHER,
    columns: [],
    notes: [],
    dispose() {
      inputs.storage.dispose();
      targets.storage.dispose();
    },
  };
}

/** Cross entropy over all targets of a batch, flattened as the scores are. */
function objective(): Objective {
  const loss = findLoss('cross_entropy');
  if (!loss) throw new LazuliError('internal', 'there is no cross_entropy');
  const params = parseParams(loss, {});
  return {
    title: loss.type,
    metrics: [],
    leftOut: [],
    statistics: [],
    targets: [MAIN_TARGET],
    isSum: false,
    evaluate({ outputs, targets }) {
      const [input] = Object.values(outputs);
      const target = targets[MAIN_TARGET];
      if (!input || !target) throw new LazuliError('internal', 'a batch without output or target');
      return { loss: loss.lower({ params, input, target: ops.reshape(target, [-1]) }), rows: [] };
    },
  };
}

/** Storages of parameters and buffers by state-dict key, for listings. */
const namesOf = (module: GraphModule): ReadonlyMap<Storage, string> =>
  new Map(
    [...module.namedParameters(), ...module.namedBuffers()].map(([key, { storage }]) => [storage, key]),
  );

/** Everything a training run has, around one model and random data, until `dispose`. */
export function prepareStep(
  model: BenchModel,
  batch: number,
  { device, dtype: asked }: BenchSettings,
): BenchRun & { /** Of the steps since the last `run` began. */ losses(steps: number): readonly number[] } {
  // A step in bfloat16 is a float32 model's with mixed precision.
  const dtype = asked === 'bfloat16' ? 'float32' : asked;
  const precision = asked === 'bfloat16' ? ('bfloat16' as const) : undefined;
  const backend = backendFor(device);
  const project = projectOf('bench', model.graph, dtype);
  const open = new Model(project);
  const owned: (() => void)[] = [() => open.dispose()];
  const own = <T>(thing: T, dispose: () => void): T => {
    owned.push(dispose);
    return thing;
  };
  const dispose = (): void => owned.toReversed().forEach((free) => free());
  try {
    open.feed({ n0: [batch, ...model.inputShape] }, 0);
    const samples = BATCHES * batch;
    const dataset = datasetOf(model, samples);
    own(dataset, () => dataset.dispose());
    const ends = endsOf(open.module, dtype);
    const host: Feed = { dataset, ends, normalizers: [] };
    const placement = placementOn(backend, open.module, host);
    own(placement, () => placement?.release());
    const cursor = new Cursor(MOST_STEPS * batch, backend.device);
    own(cursor, () => cursor.dispose());
    const optimizer = new Optimizer(project.training, trainedParameters(open.module));
    own(optimizer, () => optimizer.dispose());
    const log = new StepLog(MOST_STEPS, { device: backend.device });
    own(log, () => log.dispose());
    const random = newTensor([2], 'int64', backend.device);
    own(random, () => random.storage.dispose());
    const feed = placement?.feed ?? host;
    const parts = {
      backend,
      module: open.module,
      feed,
      cursor,
      dtype,
      precision,
      objective: objective(),
      optimizer,
      log,
    };
    const step = trainProgram({ ...parts, random }, batch);
    own(step, () => step.dispose());
    const rows = Array.from({ length: MOST_STEPS * batch }, (_, at) => (at * 7) % samples);
    cursor.start(rows);
    const run = programRun({
      program: step.program,
      compiled: step.compiled,
      names: namesOf(open.module),
      dispose,
      rewind() {
        cursor.rewind();
        log.rewind();
      },
    });
    return { ...run, losses: (steps) => log.read(steps).map(({ values: [loss = Number.NaN] }) => loss) };
  } catch (error) {
    dispose();
    throw error;
  }
}

const stepCase = (name: string, model: BenchModel, batch: number, flops: number): BenchCase => ({
  name,
  group: 'step',
  flops: flops * batch,
  dtypes: ['float32', 'float64', 'bfloat16'],
  prepare: (settings) => prepareStep(model, settings.batch ?? batch, settings),
});

/** Multiply-adds times two of one sample's forward and both gradients, as the peer script counts them. */
const MLP_FLOPS = 6 * (784 * 512 + 512 * 256 + 256 * 10);
const CNN_FLOPS = 6 * (784 * 9 * 32 + 196 * 288 * 64 + 3136 * 128 + 1280);
const ENCODER_FLOPS =
  6 * 64 * (2 * (4 * 128 * 128 + 2 * 128 * 512) + 128 * 256) + 2 * 3 * 2 * 2 * 64 * 64 * 128;

/** At 224, 112, 56, 28 and 14. */
const LARGE_CNN_FLOPS =
  6 *
    9 *
    (3 * 64 * 224 ** 2 +
      64 * 128 * 112 ** 2 +
      128 * 256 * 56 ** 2 +
      256 * 512 * 28 ** 2 +
      512 * 512 * 14 ** 2) +
  6 * 512 * 1000;
/** Twelve layers of 768 over 512 tokens. */
const LARGE_ENCODER_FLOPS =
  6 * 512 * (12 * (4 * 768 * 768 + 2 * 768 * 3072) + 768 * 256) + 12 * 3 * 2 * 2 * 512 * 512 * 768;

export const STEP_CASES: readonly BenchCase[] = [
  stepCase('mlp_b64', MLP, 64, MLP_FLOPS),
  stepCase('mlp_b8', MLP, 8, MLP_FLOPS),
  stepCase('cnn_b64', CNN, 64, CNN_FLOPS),
  stepCase('tenc_b16', encoder(0), 16, ENCODER_FLOPS),
  stepCase('tenc_drop_b16', encoder(0.1), 16, ENCODER_FLOPS),
  // For devices that are only busy with more.
  stepCase('cnn224_b32', LARGE_CNN, 32, LARGE_CNN_FLOPS),
  stepCase('tenc12_b8', LARGE_ENCODER, 8, LARGE_ENCODER_FLOPS),
];
