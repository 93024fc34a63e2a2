// The graph of big-graph.mjs as an ONNX file, for programs that read no Lazuli project. Only what that graph has: see
// https://onnx.ai/onnx/repo-docs/IR.html and onnx.proto3, whose field numbers stand here.
import { bigProject } from './big-graph.mjs';

const FLOAT = 1;
const BATCH = 16;
const CHANNELS = 8;
const SIDE = 8;
const CLASSES = 10;

const OPERATORS = {
  conv2d: 'Conv',
  batch_norm2d: 'BatchNormalization',
  relu: 'Relu',
  add: 'Add',
  flatten: 'Flatten',
  linear: 'Gemm',
};

/** Bytes of a model of about `count` nodes, weights included (all zero). */
export function bigOnnx(count) {
  const { name, graph } = bigProject(count);
  const input = graph.nodes.find(({ layer }) => layer === 'input');
  const last = graph.edges.find(({ to }) => graph.nodes.find(({ id }) => id === to.node).layer === 'output');
  const sources = new Map();
  for (const { from, to } of graph.edges) sources.set(to.node, [...(sources.get(to.node) ?? []), from.node]);
  const nodes = graph.nodes.filter(({ layer }) => layer in OPERATORS);
  return message(
    varint(1, 8), // ir_version
    text(2, 'lazuli'), // producer_name
    bytes(
      7, // graph
      message(
        ...nodes.map((node) => bytes(1, nodeProto(node, sources.get(node.id)))),
        text(2, name),
        ...nodes.flatMap(weightsOf).map((weight) => bytes(5, tensorProto(weight))),
        bytes(11, valueInfo(input.id, [BATCH, CHANNELS, SIDE, SIDE])),
        bytes(12, valueInfo(last.from.node, [BATCH, CLASSES])),
      ),
    ),
    bytes(8, message(varint(2, 17))), // opset_import
  );
}

function weightsOf({ name, layer }) {
  const make = (suffix, dims) => ({ name: `${name}.${suffix}`, dims });
  if (layer === 'conv2d') return [make('weight', [CHANNELS, CHANNELS, 3, 3]), make('bias', [CHANNELS])];
  if (layer === 'batch_norm2d')
    return ['weight', 'bias', 'running_mean', 'running_var'].map((each) => make(each, [CHANNELS]));
  if (layer === 'linear') return [make('weight', [CLASSES, CHANNELS * SIDE * SIDE]), make('bias', [CLASSES])];
  return [];
}

function nodeProto(node, inputs) {
  const { id, name, layer } = node;
  return message(
    ...[...inputs, ...weightsOf(node).map((weight) => weight.name)].map((each) => text(1, each)),
    text(2, id), // output
    text(3, name),
    text(4, OPERATORS[layer]),
    ...(layer === 'conv2d' ? [bytes(5, integers('pads', [1, 1, 1, 1]))] : []),
    ...(layer === 'linear' ? [bytes(5, integer('transB', 1))] : []),
  );
}

const integer = (name, value) => message(text(1, name), varint(3, value), varint(20, 2));
const integers = (name, values) =>
  message(text(1, name), ...values.map((value) => varint(8, value)), varint(20, 7));

const tensorProto = ({ name, dims }) =>
  message(
    ...dims.map((dim) => varint(1, dim)),
    varint(2, FLOAT),
    text(8, name),
    bytes(9, Buffer.alloc(4 * dims.reduce((a, b) => a * b, 1))),
  );

function valueInfo(name, dims) {
  const shape = message(...dims.map((dim) => bytes(1, message(varint(1, dim)))));
  return message(text(1, name), bytes(2, message(bytes(1, message(varint(1, FLOAT), bytes(2, shape))))));
}

// The wire format: https://protobuf.dev/programming-guides/encoding/
const message = (...fields) => Buffer.concat(fields);
const varint = (field, value) => Buffer.from([...base128(field << 3), ...base128(value)]);
const bytes = (field, content) =>
  Buffer.concat([Buffer.from([...base128((field << 3) | 2), ...base128(content.length)]), content]);
const text = (field, content) => bytes(field, Buffer.from(content));

function base128(value) {
  const digits = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...digits, rest];
    digits.push((rest % 128) | 128);
  }
}
