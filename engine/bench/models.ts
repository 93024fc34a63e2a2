// The networks of the training-step workloads, as projects: what a person would draw for the peer script's models.
import type { Graph, GraphNode, Project } from '#core/document/project';

type Layer = readonly [layer: string, params?: Readonly<Record<string, unknown>>];

/** input → the layers in a row → output. */
function chain(layers: readonly Layer[]): Graph {
  const nodes = layers.map(([layer, params = {}], at): GraphNode => ({
    id: `n${at}`,
    name: `n${at}`,
    layer,
    params,
    position: { x: 0, y: 120 * at },
  }));
  const edges = nodes.slice(1).map((node, at) => ({
    id: `e${at}`,
    from: { node: `n${at}`, port: 'output' },
    to: { node: node.id, port: portOf(node.layer) },
  }));
  return { nodes, edges };
}

const portOf = (layer: string): string => (layer === 'transformer_encoder' ? 'src' : 'input');

const linear = (features: number): Layer => ['linear', { out_features: features }];
const convolution = (channels: number): Layer => [
  'conv2d',
  { out_channels: channels, kernel_size: 3, padding: 1 },
];
const POOL: Layer = ['max_pool2d', { kernel_size: 2 }];
const RELU: Layer = ['relu'];

export interface BenchModel {
  readonly graph: Graph;
  /** Of one sample. */
  readonly inputShape: readonly number[];
  /** The input holds numbers below this; absent for real values. */
  readonly vocabulary?: number;
  readonly classes: number;
  /** Of one sample's targets. */
  readonly targetShape: readonly number[];
}

/** 784-512-256-10 with ReLU. */
export const MLP: BenchModel = {
  graph: chain([['input'], linear(512), RELU, linear(256), RELU, linear(10), ['output']]),
  inputShape: [784],
  classes: 10,
  targetShape: [],
};

/** Two 3×3 convolutions of 32 and 64 channels, each pooled by two, then 128 and 10 features. */
export const CNN: BenchModel = {
  graph: chain([
    ['input'],
    ...[convolution(32), RELU, POOL],
    ...[convolution(64), RELU, POOL],
    ...[['flatten'] as const, linear(128), RELU, linear(10)],
    ['output'],
  ]),
  inputShape: [1, 28, 28],
  classes: 10,
  targetShape: [],
};

/** Five 3×3 convolutions at 224×224 to 14×14, pooled by two, batch norm after each, then the mean and 1000 classes. */
export const LARGE_CNN: BenchModel = {
  graph: chain([
    ['input'],
    ...[64, 128, 256, 512, 512].flatMap((channels, at): readonly Layer[] => [
      ...(at > 0 ? [POOL] : []),
      convolution(channels),
      ['batch_norm2d'],
      RELU,
    ]),
    ['adaptive_avg_pool2d', { output_size: 1 }],
    ['flatten'],
    linear(1000),
    ['output'],
  ]),
  inputShape: [3, 224, 224],
  classes: 1000,
  targetShape: [],
};

interface EncoderSize {
  readonly features: number;
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
}

/** A byte-level encoder with a score for each of 256 bytes. */
const encoderOf = ({ features, layers, heads, tokens }: EncoderSize, dropout: number): BenchModel => ({
  graph: chain([
    ['input', { dtype: 'int64' }],
    ['embedding', { num_embeddings: 256, embedding_dim: features }],
    ['learned_position'],
    [
      'transformer_encoder',
      {
        num_layers: layers,
        nhead: heads,
        dim_feedforward: 4 * features,
        dropout,
        activation: 'gelu',
        batch_first: true,
        norm: false,
      },
    ],
    linear(256),
    ['flatten', { start_dim: 0, end_dim: 1 }],
    ['output'],
  ]),
  inputShape: [tokens],
  vocabulary: 256,
  classes: 256,
  targetShape: [tokens],
});

/** 2 layers, 128 features, 4 heads, 64 tokens. */
export const encoder = (dropout: number): BenchModel =>
  encoderOf({ features: 128, layers: 2, heads: 4, tokens: 64 }, dropout);

/** 12 layers, 768 features, 12 heads, 512 tokens. */
export const LARGE_ENCODER: BenchModel = encoderOf({ features: 768, layers: 12, heads: 12, tokens: 512 }, 0);

/** The project of a model, for a session's parts. */
export const projectOf = (name: string, graph: Graph, dtype: Project['dtype']): Project => ({
  name,
  graph,
  data: null,
  sample: { batchSize: 1 },
  training: {
    loss: { type: 'cross_entropy', params: {} },
    optimizer: { type: 'adam', params: { lr: 1e-3 } },
    metrics: [],
    epochs: 1,
    batchSize: 1,
    seed: 0,
    validationSplit: 0,
    device: 'cpu',
    threads: 0,
  },
  weights: null,
  dtype,
});
