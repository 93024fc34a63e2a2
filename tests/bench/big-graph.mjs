// A residual network of about `count` nodes as a project: what the benchmark of the canvas opens. Plain data; writes no file.

const PER_COLUMN = 125;
const ROW = 150;
const COLUMN = 364;

/** Units of convolution, normalization, activation and a sum over the skip; `count` nodes in all, ends included. */
export function bigProject(count) {
  const nodes = [];
  const edges = [];
  const add = (name, layer, params = {}) => {
    const at = nodes.length;
    const position = { x: Math.floor(at / PER_COLUMN) * COLUMN, y: (at % PER_COLUMN) * ROW };
    const id = `n${at + 1}`;
    nodes.push({ id, name, layer, params, position });
    return id;
  };
  const connect = (from, to, port = 'input') =>
    edges.push({ id: `e${edges.length + 1}`, from: { node: from, port: 'output' }, to: { node: to, port } });
  let last = add('input', 'input', { shape: [8, 8, 8] });
  const units = Math.floor((count - 4) / 4);
  for (let unit = 1; unit <= units; unit++) {
    const conv = add(`conv${unit}`, 'conv2d', { out_channels: 8, kernel_size: [3, 3], padding: [1, 1] });
    const norm = add(`norm${unit}`, 'batch_norm2d');
    const relu = add(`relu${unit}`, 'relu');
    const sum = add(`add${unit}`, 'add');
    connect(last, conv);
    connect(conv, norm);
    connect(norm, relu);
    connect(relu, sum, SUM_PORT);
    connect(last, sum, SUM_PORT);
    last = sum;
  }
  const flatten = add('flatten', 'flatten');
  const linear = add('fc', 'linear', { out_features: 10 });
  const output = add('output', 'output');
  connect(last, flatten);
  connect(flatten, linear);
  connect(linear, output);
  return {
    format: 'lazuli',
    version: 2,
    name: `residual-${count}`,
    dtype: 'float32',
    graph: { nodes, edges },
    data: null,
    sample: { batchSize: 16 },
    training: TRAINING,
    weights: null,
  };
}

/** `count` stacks of 100 small encoder layers in a row: 1,200 tensors each. */
export function encoderStacks(count) {
  const nodes = [];
  const add = (name, layer, params = {}) => {
    const at = nodes.length;
    const position = { x: Math.floor(at / 12) * COLUMN, y: (at % 12) * ROW };
    nodes.push({ id: `n${at + 1}`, name, layer, params, position });
  };
  const size = { nhead: 1, dim_feedforward: 4, batch_first: true, num_layers: 100 };
  add('input', 'input', { shape: [4, 4] });
  for (let at = 1; at <= count; at++) add(`stack${at}`, 'transformer_encoder', size);
  add('output', 'output');
  const edges = nodes.slice(1).map(({ id, layer }, at) => ({
    id: `e${at + 1}`,
    from: { node: nodes[at].id, port: 'output' },
    to: { node: id, port: layer === 'output' ? 'input' : 'src' },
  }));
  return { ...bigProject(4), name: 'stacks', graph: { nodes, edges } };
}

const SUM_PORT = 'inputs';

const TRAINING = {
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
