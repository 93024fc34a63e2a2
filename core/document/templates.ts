// The projects `lazuli new` and the window's New start from; the ones in examples/ are these, written out.
import { findLayer } from '../layers';
import { parseParams } from '../layers/parse';
import { pairs } from './template-pairs';
import type { DataSource, Graph, GraphEdge, GraphNode, Project, TrainingSettings } from './project';

export interface Template {
  readonly name: string;
  readonly summary: string;
  readonly project: Project;
}

const TRAINING: TrainingSettings = {
  loss: { type: 'cross_entropy', params: {} },
  optimizer: { type: 'adam', params: { lr: 0.001 } },
  metrics: ['accuracy'],
  epochs: 10,
  batchSize: 64,
  seed: 0,
  validationSplit: 0.2,
  device: 'cpu',
  threads: 0,
};

type Step = readonly [name: string, layer: string, params?: Readonly<Record<string, unknown>>];

/** Room a node takes as the window draws it: more for each parameter it shows. */
const COLUMN = 360;
const CARD = 70;
const PER_PARAMETER = 24;
const GAP = 44;
const COLUMN_HEIGHT = 700;

function heightOf([, layer, params = {}]: Step): number {
  const declaration = findLayer(layer);
  const tensors = declaration?.tensors?.(parseParams(declaration, params)).length ?? 0;
  return CARD + tensors * PER_PARAMETER + GAP;
}

/** A chain of layers between an input and an output node, laid out in columns of about equal height, read downwards. */
function chain(steps: readonly Step[], input: Step[2] = {}): Graph {
  const all: readonly Step[] = [['input', 'input', input], ...steps, ['output', 'output']];
  const heights = all.map(heightOf);
  const total = heights.reduce((sum, height) => sum + height, 0);
  const limit = total / Math.ceil(total / COLUMN_HEIGHT);
  let column = 0;
  let y = 0;
  const nodes = all.map(([name, layer, params = {}], at): GraphNode => {
    const height = heights[at] ?? 0;
    if (y > 0 && y + height / 2 > limit) {
      column++;
      y = 0;
    }
    const position = { x: column * COLUMN, y };
    y += height;
    return { id: `n${at + 1}`, name, layer, params, position };
  });
  const edges = nodes.slice(1).map((node, at): GraphEdge => ({
    id: `e${at + 1}`,
    from: { node: `n${at + 1}`, port: 'output' },
    to: { node: node.id, port: findLayer(node.layer)?.inputs[0]?.name ?? 'input' },
  }));
  return { nodes, edges };
}

const project = (
  name: string,
  steps: readonly Step[],
  data: DataSource | null,
  rest: {
    readonly batchSize?: number;
    readonly training?: Partial<TrainingSettings>;
    /** Options of the input node. */
    readonly input?: Step[2];
  } = {},
): Project => ({
  name,
  dtype: 'float32',
  graph: chain(steps, rest.input),
  data,
  sample: { batchSize: rest.batchSize ?? 64 },
  training: { ...TRAINING, ...rest.training },
  weights: null,
});

const digits = project(
  'digits',
  [
    ['conv1', 'conv2d', { out_channels: 16, kernel_size: [3, 3], padding: [1, 1] }],
    ['norm1', 'batch_norm2d'],
    ['relu1', 'relu'],
    ['pool1', 'max_pool2d', { kernel_size: [2, 2] }],
    ['conv2', 'conv2d', { out_channels: 32, kernel_size: [3, 3], padding: [1, 1] }],
    ['norm2', 'batch_norm2d'],
    ['relu2', 'relu'],
    ['flatten', 'flatten'],
    ['fc1', 'linear', { out_features: 64 }],
    ['relu3', 'relu'],
    ['fc2', 'linear', { out_features: 10 }],
  ],
  {
    file: 'digits.csv.gz',
    format: 'csv',
    header: false,
    target: -1,
    inputShape: [1, 8, 8],
    targetKind: 'class',
    normalization: { kind: 'scale', offset: 0, scale: 16 },
  },
  { training: { epochs: 12, optimizer: { type: 'adam', params: { lr: 0.002 } } } },
);

const iris = project(
  'iris',
  [
    ['fc1', 'linear', { out_features: 16 }],
    ['relu1', 'relu'],
    ['fc2', 'linear', { out_features: 16 }],
    ['relu2', 'relu'],
    ['fc3', 'linear', { out_features: 3 }],
  ],
  {
    file: 'iris.csv',
    format: 'csv',
    header: true,
    target: 'species',
    targetKind: 'class',
    normalization: { kind: 'standardize' },
  },
  {
    batchSize: 16,
    training: { epochs: 60, batchSize: 16, optimizer: { type: 'adam', params: { lr: 0.01 } } },
  },
);

/** Where Debian's package dataset-fashion-mnist puts the files; elsewhere choose them in the Sample panel or with --data. */
const FASHION = '/usr/share/datasets/fashion-mnist';

const fashion = project(
  'fashion-mnist',
  [
    ['conv1', 'conv2d', { out_channels: 16, kernel_size: [3, 3], padding: [1, 1] }],
    ['norm1', 'batch_norm2d'],
    ['relu1', 'relu'],
    ['pool1', 'max_pool2d', { kernel_size: [2, 2] }],
    ['conv2', 'conv2d', { out_channels: 32, kernel_size: [3, 3], padding: [1, 1] }],
    ['norm2', 'batch_norm2d'],
    ['relu2', 'relu'],
    ['pool2', 'max_pool2d', { kernel_size: [2, 2] }],
    ['flatten', 'flatten'],
    ['fc1', 'linear', { out_features: 128 }],
    ['relu3', 'relu'],
    ['drop', 'dropout', { p: 0.25 }],
    ['fc2', 'linear', { out_features: 10 }],
  ],
  {
    file: `${FASHION}/train-images-idx3-ubyte.gz`,
    format: 'idx',
    targetFile: `${FASHION}/train-labels-idx1-ubyte.gz`,
    inputShape: [1, 28, 28],
    targetKind: 'class',
    classes: [
      'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot',
    ],
    normalization: { kind: 'scale', offset: 0, scale: 255 },
  },
  { training: { epochs: 3, batchSize: 128, validationSplit: 0.1 } },
); // prettier-ignore

/** Different characters in examples/opticks/queries.txt. */
const CHARACTERS = 72;

const opticks = project(
  'opticks',
  [
    ['characters', 'embedding', { num_embeddings: CHARACTERS, embedding_dim: 64 }],
    ['positions', 'learned_position'],
    [
      'transformer',
      'transformer_encoder',
      {
        nhead: 4,
        dim_feedforward: 256,
        dropout: 0.05,
        activation: 'gelu',
        batch_first: true,
        norm_first: true,
        is_causal: true,
        num_layers: 2,
        norm: true,
      },
    ],
    ['scores', 'linear', { out_features: CHARACTERS }],
    // CrossEntropyLoss takes [samples, classes, steps].
    ['swap', 'transpose', { dim0: 1, dim1: 2 }],
  ],
  {
    file: 'queries.txt',
    format: 'text',
    inputShape: [32],
    targetKind: 'class',
    normalization: { kind: 'none' },
  },
  {
    batchSize: 16,
    input: { dtype: 'int64' },
    training: {
      epochs: 14,
      batchSize: 16,
      validationSplit: 0.1,
      optimizer: { type: 'adamw', params: { lr: 0.004, weight_decay: 0.01 } },
      scheduler: { type: 'cosine_annealing_lr', params: {} },
    },
  },
);

/** In the order they are offered. */
export const TEMPLATES: readonly Template[] = [
  {
    name: 'blank',
    summary: 'An empty graph.',
    project: { ...project('untitled', [], null), graph: { nodes: [], edges: [] } },
  },
  {
    name: 'digits',
    summary: 'Handwritten digits 8×8: a small convolutional net of lazy layers.',
    project: digits,
  },
  {
    name: 'iris',
    summary: 'Iris flowers: four measurements, three species, a small perceptron.',
    project: iris,
  },
  {
    name: 'opticks',
    summary: 'Newton’s Opticks, character by character: a small transformer that learns to write on.',
    project: opticks,
  },
  {
    name: 'fashion-mnist',
    summary: 'Fashion-MNIST 28×28 from the Debian package dataset-fashion-mnist.',
    project: fashion,
  },
  {
    name: 'pairs',
    summary: 'Pairs of digits, alike or not: two inputs, one encoder with shared weights, two losses.',
    project: pairs(TRAINING),
  },
];

export const findTemplate = (name: string): Template | undefined =>
  TEMPLATES.find((template) => template.name === name);
