// The template of two inputs: pairs of digits, one encoder for both (its weights shared), and two losses that learn from the same answer.
import type { Graph, GraphEdge, GraphNode, Project, TrainingSettings } from './project';

type Params = Readonly<Record<string, unknown>>;

const node = (
  id: string,
  layer: string,
  [x, y]: readonly [number, number],
  params: Params = {},
): GraphNode => ({
  id,
  name: id,
  layer,
  params,
  position: { x, y },
});

const edge = (
  from: string,
  to: string,
  ports: { readonly from?: string; readonly to?: string } = {},
): GraphEdge => ({
  id: `${from}-${to}`,
  from: { node: from, port: ports.from ?? 'output' },
  to: { node: to, port: ports.to ?? 'input' },
});

const steps: readonly (readonly [id: string, layer: string, params?: Params])[] = [
  ['picture', 'input'],
  ['conv', 'conv2d', { out_channels: 16, kernel_size: [3, 3], padding: [1, 1] }],
  ['relu', 'relu'],
  ['pool', 'max_pool2d', { kernel_size: [2, 2] }],
  ['flatten', 'flatten'],
  ['fc', 'linear', { out_features: 32 }],
  ['code', 'output'],
];

/** Picture → code, drawn once and used twice. */
const encoder: Omit<Graph, 'blocks'> = {
  nodes: steps.map(([id, layer, params], at) => node(id, layer, [0, at * 140], params)),
  edges: steps.slice(1).map(([id], at) => edge(steps[at]?.[0] ?? '', id)),
};

const use = (id: string, place: readonly [number, number], isShared: boolean): GraphNode => ({
  ...node(id, 'block', place),
  block: { id: 'encoder', ...(isShared ? { weights: 'shared' as const } : {}) },
});

const graph: Graph = {
  nodes: [
    node('left', 'input', [0, 0]),
    node('right', 'input', [360, 0]),
    use('encode_left', [0, 130], false),
    use('encode_right', [360, 130], true),
    node('left_code', 'output', [-220, 430]),
    node('right_code', 'output', [580, 430]),
    node('alike', 'cosine_similarity', [180, 430]),
    node('column', 'unsqueeze', [180, 560], { dim: 1 }),
    node('weigh', 'linear', [180, 690], { out_features: 1 }),
    node('score', 'output', [180, 850]),
  ],
  edges: [
    edge('left', 'encode_left', { to: 'picture' }),
    edge('right', 'encode_right', { to: 'picture' }),
    edge('encode_left', 'left_code', { from: 'code' }),
    edge('encode_right', 'right_code', { from: 'code' }),
    edge('encode_left', 'alike', { from: 'code', to: 'x1' }),
    edge('encode_right', 'alike', { from: 'code', to: 'x2' }),
    edge('alike', 'column'),
    edge('column', 'weigh'),
    edge('weigh', 'score'),
  ],
  blocks: [{ id: 'encoder', name: 'encoder', graph: encoder }],
};

const scale = { kind: 'scale', offset: 0, scale: 255 } as const;

export const pairs = (training: TrainingSettings): Project => ({
  name: 'pairs',
  dtype: 'float32',
  graph,
  data: {
    file: 'pairs.npz',
    format: 'npz',
    inputs: ['left'],
    target: 'same',
    targetKind: 'class',
    classes: ['different', 'same'],
    normalization: scale,
    feeds: { right: { columns: ['right'], normalization: scale } },
  },
  sample: { batchSize: 64 },
  training: {
    ...training,
    loss: {
      type: 'cosine_embedding',
      params: { margin: 0.3 },
      slots: { input1: { output: 'left_code' }, input2: { output: 'right_code' } },
    },
    losses: [
      {
        type: 'bce_with_logits',
        params: {},
        weight: 0.5,
        slots: { input: { output: 'score' } },
        metrics: ['accuracy'],
      },
    ],
    metrics: [],
    epochs: 12,
    optimizer: { type: 'adam', params: { lr: 0.003 } },
  },
  weights: null,
});
