// The questions put to real PyTorch: every example of layers, losses and optimizers, as data. scripts/golden/catalogue.mjs
// sends them to scripts/golden/catalogue.py; the tests know by a fingerprint when an answer belongs to an older question.
import { createHash } from 'node:crypto';

import { LAYERS } from '#core/layers/index';
import { LOSSES } from '#core/losses/index';
import { parseParams } from '#core/layers/parse';
import { OPTIMIZERS } from '#core/optimizers/index';
import { CASES, knownShape } from './calls';

interface TensorRequest {
  /** Seeds the numbers: `conv2d: two groups/weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float' | 'int64';
  /** Whole numbers stay below this. */
  readonly range?: number;
  readonly values?: string;
}
export interface Request {
  readonly name: string;
  readonly kind: 'layer' | 'sequence' | 'loss' | 'optimizer' | 'extreme';
  readonly torch: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: readonly TensorRequest[];
  /** By state-dict name. */
  readonly tensors: Readonly<Record<string, TensorRequest>>;
  readonly outputs: number;
  readonly isRandom: boolean;
}

/** Their answers are in a file of their own. */
const SEQUENCES: readonly string[] = ['recurrent', 'attention'];

const layerRequests = CASES.flatMap(({ layer, example, name, params }): Request[] =>
  layer.torch === null
    ? []
    : [
        {
          name,
          kind: SEQUENCES.includes(layer.category) || layer.type === 'embedding_bag' ? 'sequence' : 'layer',
          torch: layer.torch,
          params,
          inputs: example.inputs.map((shape, index) => ({
            name: `${name}/input${index}`,
            shape,
            dtype: example.inputDType === 'int64' ? 'int64' : 'float',
            ...(example.inputRange === undefined ? {} : { range: example.inputRange }),
          })),
          tensors: Object.fromEntries(
            (layer.tensors?.(params) ?? []).map((spec) => [
              spec.name,
              {
                name: `${name}/${spec.name}`,
                shape: knownShape(spec),
                dtype: spec.dtype === 'int64' ? 'int64' : 'float',
              },
            ]),
          ),
          outputs: layer.outputs.length,
          isRandom: layer.isRandom === true,
        },
      ],
);

/** Every example of every loss, with its params parsed. */
export const LOSS_CASES = LOSSES.flatMap((loss) =>
  loss.examples.map((example) => ({
    loss,
    example,
    name: `${loss.type}: ${example.title}`,
    params: parseParams(loss, example.params, 'torch'),
  })),
);

const lossRequests = LOSS_CASES.map(({ loss, example, name, params }): Request => {
  const classes = example.input[example.input.length === 1 ? 0 : 1] ?? 1;
  const target =
    example.targetKind === 'class'
      ? { dtype: 'int64' as const, range: classes }
      : { dtype: 'float' as const, values: example.targetValues ?? 'any' };
  return {
    name,
    kind: 'loss',
    torch: loss.torch,
    params,
    inputs: [
      { name: `${name}/input`, shape: example.input, dtype: 'float', values: example.inputValues ?? 'any' },
      { name: `${name}/target`, shape: example.target, ...target },
    ],
    tensors: {},
    outputs: 1,
    isRandom: false,
  };
});

export const OPTIMIZER_CASES = OPTIMIZERS.flatMap((optimizer) =>
  optimizer.examples.map((example) => ({
    optimizer,
    name: `${optimizer.type}: ${example.title}`,
    params: parseParams(optimizer, example.params, 'torch'),
  })),
);

/** Steps of an optimizer's trajectory, and the shape of its parameter. */
export const TRAJECTORY = { steps: 20, shape: [3, 4] } as const;

const optimizerRequests = OPTIMIZER_CASES.map(({ optimizer, name, params }): Request => ({
  name,
  kind: 'optimizer',
  torch: optimizer.torch,
  params,
  inputs: Array.from({ length: TRAJECTORY.steps }, (_, step) => ({
    name: `${name}/gradient${step}`,
    shape: TRAJECTORY.shape,
    dtype: 'float',
  })),
  tensors: { parameter: { name: `${name}/parameter`, shape: TRAJECTORY.shape, dtype: 'float' } },
  outputs: 0,
  isRandom: false,
}));

/** Values at the ends of what float32 can hold, as text, and the elementwise layers that are tried on them. */
export const EXTREMES = ['-inf', '-3e38', '-1e4', '-100', '-1', '0', '1', '100', '1e4', '3e38', 'inf', 'nan'];
export const EXTREME_LAYERS = LAYERS.filter(
  (layer) =>
    layer.category === 'activation' &&
    !('tensors' in layer) &&
    !('dim' in layer.params) &&
    layer.isRandom !== true &&
    layer.type !== 'softmax2d' &&
    layer.type !== 'threshold',
);

const extremeRequests = EXTREME_LAYERS.map(({ type, torch }): Request => ({
  name: `${type}: extremes`,
  kind: 'extreme',
  torch: torch ?? '',
  params: {},
  inputs: [{ name: EXTREMES.join(' '), shape: [EXTREMES.length], dtype: 'float' }],
  tensors: {},
  outputs: 1,
  isRandom: false,
}));

export const REQUESTS: readonly Request[] = [
  ...layerRequests,
  ...lossRequests,
  ...optimizerRequests,
  ...extremeRequests,
];

/** Changes when the question does. */
export const fingerprint = (request: Request): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 12);
