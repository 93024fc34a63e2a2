// One step of a recurrent layer as a layer of its own: rnn_cell, lstm_cell, gru_cell. Whole sequences are in recurrent.ts.
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import {
  defineLayer,
  type EdgeShape,
  type LayerDeclaration,
  type LayerExample,
  type LayerProblem,
} from './declaration';
import type { ParamsOf } from './params';
import { found, inputOf, maybeTensor, parameter, tensorOf, waiting } from './pieces';
import { bias, hidden_size, input_size, nonlinearity } from './recurrent-shapes';
import { GATES, inputPart, step, type RecurrentKind } from './recurrent-cells';
import {
  blankHint,
  isCompatible,
  mismatch,
  outputs,
  product,
  rankProblem,
  refusal,
  sizeAt,
  type Size,
} from './shapes';

const common = { input_size, hidden_size, bias };
type Params = ParamsOf<typeof common> & { readonly nonlinearity?: 'tanh' | 'relu' };
type Call = Parameters<LayerDeclaration['lower']>[0];

function tensors(kind: RecurrentKind, { input_size: width, hidden_size: hidden, bias: hasBias }: Params) {
  const bound = 1 / Math.sqrt(hidden);
  const rows = GATES[kind] * hidden;
  const own = (name: string, shape: readonly Size[]) =>
    parameter(name, shape, { kind: 'uniform', from: -bound, to: bound }, waiting('input_size', width));
  return [
    own('weight_ih', [rows, width]),
    own('weight_hh', [rows, hidden]),
    ...(hasBias ? [own('bias_ih', [rows]), own('bias_hh', [rows])] : []),
  ];
}

function infer(kind: RecurrentKind, params: Params, [input = null, ...states]: readonly EdgeShape[]) {
  const wrongRank = rankProblem('input', input, [1, 2]);
  if (wrongRank) return refusal(wrongRank);
  const got = sizeAt(input, -1);
  if (params.input_size !== null && got !== null && got !== params.input_size)
    return refusal(mismatch('input_size', params.input_size, got, blankHint('input_size')));
  const output = input && [...input.slice(0, -1), params.hidden_size];
  const problems = states.flatMap((shape, index): LayerProblem[] =>
    isCompatible(output, shape)
      ? []
      : [mismatch(index === 0 ? 'hx' : 'cx', formatShape(output ?? []), formatShape(shape ?? []))],
  );
  if (kind === 'lstm' && states.length === 1) problems.push(mismatch('cx', 'a cell state beside hx', 'none'));
  if (problems.length > 0) return refusal(...problems);
  return kind === 'lstm' ? outputs(output, output) : outputs(output);
}

function lower(kind: RecurrentKind, params: Params, call: Call): readonly Tensor[] {
  const given = inputOf(call);
  const isBatched = given.rank === 2;
  const rows = (x: Tensor): Tensor => (isBatched ? x : ops.unsqueeze(x, 0));
  const x = rows(given);
  const state = (port: number): Tensor => {
    const start = call.inputs[port];
    return start ? rows(start) : ops.full([x.shape[0] ?? 0, params.hidden_size], 0, x.dtype, x.device);
  };
  const weights = {
    input: tensorOf(call, 'weight_ih'),
    hidden: tensorOf(call, 'weight_hh'),
    inputBias: maybeTensor(call, 'bias_ih'),
    hiddenBias: maybeTensor(call, 'bias_hh'),
    projection: null,
  };
  const states = { hidden: state(1), cell: kind === 'lstm' ? state(2) : null };
  const next = step(kind, inputPart(kind, x, weights), states, weights, params.nonlinearity);
  const results = next.cell ? [next.hidden, next.cell] : [next.hidden];
  return isBatched ? results : results.map((result) => ops.squeeze(result, 0));
}

const shared = (kind: RecurrentKind) => ({
  category: 'recurrent' as const,
  inputs: [
    { name: 'input' },
    { name: 'hx', help: 'State before the step; zeros when nothing is connected.', isOptional: true },
    ...(kind === 'lstm'
      ? [{ name: 'cx', help: 'Cell before the step; goes with hx.', isOptional: true }]
      : []),
  ],
  outputs: [{ name: 'h', help: 'State after the step.' }, ...(kind === 'lstm' ? [{ name: 'c' }] : [])],
  torchForward: kind === 'lstm' ? ['input', { name: 'hx', ports: ['hx', 'cx'] }] : ['input', 'hx'],
  inferSizes: (params: Params, [input = null]: readonly EdgeShape[]) =>
    found(params, { input_size: sizeAt(input, -1) }),
  infer: (params: Params, inputs: readonly EdgeShape[]) => infer(kind, params, inputs),
  tensors: (params: Params) => tensors(kind, params),
  flops: (params: Params, [input = []]: readonly (readonly number[])[]) =>
    2 *
    (product(input.slice(0, -1)) ?? 0) *
    GATES[kind] *
    params.hidden_size *
    ((input.at(-1) ?? 0) + params.hidden_size),
});

const examplesOf = (
  kind: RecurrentKind,
  own: Readonly<Record<string, unknown>>,
): readonly [LayerExample, ...LayerExample[]] => {
  const states = (...shape: number[]) => (kind === 'lstm' ? [shape, shape] : [shape]);
  return [
    {
      title: 'rows and their states',
      params: { input_size: 5, hidden_size: 3 },
      inputs: [[4, 5], ...states(4, 3)],
      outputs: states(4, 3),
    },
    {
      title: 'from zeros, no bias',
      params: { input_size: 3, hidden_size: 4, bias: false, ...own },
      inputs: [[2, 3]],
      outputs: states(2, 4),
    },
    {
      title: 'one row alone',
      params: { input_size: 2, hidden_size: 5 },
      inputs: [[2], ...states(5)],
      outputs: states(5),
    },
  ];
};

/** h' = tanh(W_ih x + b_ih + W_hh h + b_hh): `[N, input_size]` → `[N, hidden_size]`. */
export const rnnCell = defineLayer({
  ...shared('rnn'),
  type: 'rnn_cell',
  torch: 'torch.nn.RNNCell',
  summary: 'One step of an rnn.',
  keywords: ['recurrent', 'step'],
  params: { ...common, nonlinearity },
  lower: (call) => lower('rnn', call.params, call),
  examples: examplesOf('rnn', { nonlinearity: 'relu' }),
});

/** One step of an lstm: its new state and its new cell. */
export const lstmCell = defineLayer({
  ...shared('lstm'),
  type: 'lstm_cell',
  torch: 'torch.nn.LSTMCell',
  summary: 'One step of an lstm.',
  keywords: ['recurrent', 'step'],
  params: common,
  lower: (call) => lower('lstm', call.params, call),
  examples: examplesOf('lstm', {}),
});

/** One step of a gru: its new state. */
export const gruCell = defineLayer({
  ...shared('gru'),
  type: 'gru_cell',
  torch: 'torch.nn.GRUCell',
  summary: 'One step of a gru.',
  keywords: ['recurrent', 'step'],
  params: common,
  lower: (call) => lower('gru', call.params, call),
  examples: examplesOf('gru', {}),
});
