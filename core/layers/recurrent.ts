// Layers that read a sequence step by step: rnn, lstm and gru. Their single steps as layers are in recurrent-cell-layers.ts.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { formatShape } from '../tensor/shape';
import {
  defineLayer,
  type EdgeShape,
  type LayerDeclaration,
  type LayerExample,
  type LayerProblem,
  type TensorSpec,
} from './declaration';
import { boolean, choice, integer, size, type ParamsOf } from './params';
import { found, inputOf, maybeTensor, parameter, tensorOf, waiting } from './pieces';
import { GATES, inputPart, step, type RecurrentKind, type States, type StepWeights } from './recurrent-cells';
import { batch_first, dropoutParam, dropped, joined, timeSteps } from './sequences';
import { blankHint, isCompatible, mismatch, outputs, product, rankProblem, refusal, sizeAt } from './shapes';

export const hidden_size = integer({ help: 'Size of the state, and of each output step.', initial: 64 });
export const input_size = size('Size of the last input axis.');
export const bias = boolean({
  help: 'Adds learnable numbers to each gate.',
  initial: true,
  torchDefault: true,
});
export const nonlinearity = choice({
  options: ['tanh', 'relu'],
  help: 'Function each new state goes through.',
  initial: 'tanh',
  torchDefault: 'tanh',
});

const common = {
  input_size,
  hidden_size,
  num_layers: integer({
    help: 'Layers, each reading the outputs of the one before.',
    initial: 1,
    torchDefault: 1,
  }),
  bias,
  batch_first,
  dropout: dropoutParam('Probability that an output between two layers becomes 0 while training.', 0),
  bidirectional: boolean({
    help: 'Also reads from the end to the start, and gives both beside each other.',
    initial: false,
    torchDefault: false,
  }),
};
const proj_size = integer({
  min: 0,
  help: 'Size the outputs are projected to; 0: they keep hidden_size.',
  initial: 0,
  torchDefault: 0,
});
const TABLES = {
  rnn: { ...common, nonlinearity },
  gru: common,
  lstm: { ...common, proj_size },
};

type Params = ParamsOf<typeof common> & {
  readonly nonlinearity?: 'tanh' | 'relu';
  readonly proj_size?: number;
};

const directions = ({ bidirectional }: Params): number => (bidirectional ? 2 : 1);
/** Size of an output step in one direction. */
const stateSize = ({ hidden_size: hidden, proj_size: projected = 0 }: Params): number =>
  projected > 0 ? projected : hidden;

/** `_l0`, `_l0_reverse`, `_l1` ...: the endings of the weights' names, in order. */
const suffixes = (params: Params): string[] =>
  Array.from({ length: params.num_layers }, (_, layer) =>
    params.bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`],
  ).flat();

function tensors(kind: RecurrentKind, params: Params): readonly TensorSpec[] {
  const bound = 1 / Math.sqrt(params.hidden_size);
  const waits = waiting('input_size', params.input_size);
  const rows = GATES[kind] * params.hidden_size;
  const states = stateSize(params);
  const own = (name: string, shape: readonly (number | null)[]): TensorSpec =>
    parameter(name, shape, { kind: 'uniform', from: -bound, to: bound }, waits);
  return suffixes(params).flatMap((suffix, index) => [
    own(`weight_ih${suffix}`, [
      rows,
      index < directions(params) ? params.input_size : states * directions(params),
    ]),
    own(`weight_hh${suffix}`, [rows, states]),
    ...(params.bias ? [own(`bias_ih${suffix}`, [rows]), own(`bias_hh${suffix}`, [rows])] : []),
    ...((params.proj_size ?? 0) > 0 ? [own(`weight_hr${suffix}`, [states, params.hidden_size])] : []),
  ]);
}

/** Input, then the initial states: `[layers·directions, N, H]` each, without N for one sequence. */
function infer(kind: RecurrentKind, params: Params, [input = null, ...given]: readonly EdgeShape[]) {
  const wrongRank = rankProblem('input', input, [2, 3]);
  if (wrongRank) return refusal(wrongRank);
  const got = sizeAt(input, -1);
  if (params.input_size !== null && got !== null && got !== params.input_size)
    return refusal(mismatch('input_size', params.input_size, got, blankHint('input_size')));
  const time = input?.length === 3 && params.batch_first ? 1 : 0;
  if (sizeAt(input, time) === 0) return refusal(mismatch('input', 'at least one time step', 0));
  const isBatched = input?.length === 3;
  const layers = params.num_layers * directions(params);
  const batch = isBatched ? [input[1 - time] ?? null] : [];
  const hidden = [layers, ...batch, stateSize(params)];
  const cell = [layers, ...batch, params.hidden_size];
  const problems = given.flatMap((shape, index): LayerProblem[] => {
    const expected = index === 0 ? hidden : cell;
    if (input === null || isCompatible(expected, shape)) return [];
    return [mismatch(index === 0 ? 'h_0' : 'c_0', formatShape(expected), formatShape(shape ?? []))];
  });
  if (kind === 'lstm' && given.length === 1)
    problems.push(mismatch('c_0', 'a first cell state beside h_0', 'none'));
  if (problems.length > 0) return refusal(...problems);
  const states = input === null ? [null] : kind === 'lstm' ? [hidden, cell] : [hidden];
  const last = stateSize(params) * directions(params);
  if (input === null) return outputs(null, null, ...(kind === 'lstm' ? [null] : []));
  return outputs([...input.slice(0, -1), last], ...states);
}

interface Reading {
  readonly kind: RecurrentKind;
  readonly params: Params;
  readonly weights: StepWeights;
  readonly isReverse: boolean;
}

/** One layer in one direction over `[T, N, F]`: its outputs `[T, N, H]` and last states. */
function read(x: Tensor, first: States, { kind, params, weights, isReverse }: Reading) {
  const [time = 0, batch = 0] = x.shape;
  const part = inputPart(kind, x, weights);
  const width = part.shape.at(-1) ?? 0;
  const parts = timeSteps(part).map((one) => ops.reshape(one, [batch, width]));
  let states = first;
  const hidden: Tensor[] = [];
  for (const now of isReverse ? parts.toReversed() : parts) {
    states = step(kind, now, states, weights, params.nonlinearity);
    hidden.push(states.hidden);
  }
  const rows = joined(isReverse ? hidden.toReversed() : hidden, 0);
  return { output: ops.reshape(rows, [time, batch, rows.shape.at(-1) ?? 0]), states };
}

type Call = Parameters<LayerDeclaration['lower']>[0];

function lower(kind: RecurrentKind, params: Params, call: Call): readonly Tensor[] {
  const given = inputOf(call);
  const isBatched = given.rank === 3;
  const swaps = isBatched && params.batch_first;
  let x = isBatched ? (swaps ? ops.transpose(given, 0, 1) : given) : ops.unsqueeze(given, 1);
  const [, batch = 0] = x.shape;
  const firstStates = (port: number, width: number): ((index: number) => Tensor) => {
    const start = call.inputs[port];
    if (!start) return () => ops.full([batch, width], 0, x.dtype, x.device);
    const rows = isBatched ? start : ops.unsqueeze(start, 1);
    return (index) => ops.select(rows, 0, index);
  };
  const [firstHidden, firstCell] = [firstStates(1, stateSize(params)), firstStates(2, params.hidden_size)];
  const last: States[] = [];
  const names = suffixes(params);
  for (let layer = 0; layer < params.num_layers; layer++) {
    if (layer > 0) x = dropped(x, params.dropout, call);
    const both = Array.from({ length: directions(params) }, (_, direction) => {
      const index = layer * directions(params) + direction;
      const suffix = names[index] ?? '';
      const weights: StepWeights = {
        input: tensorOf(call, `weight_ih${suffix}`),
        hidden: tensorOf(call, `weight_hh${suffix}`),
        inputBias: maybeTensor(call, `bias_ih${suffix}`),
        hiddenBias: maybeTensor(call, `bias_hh${suffix}`),
        projection: maybeTensor(call, `weight_hr${suffix}`),
      };
      const first: States = {
        hidden: firstHidden(index),
        cell: kind === 'lstm' ? firstCell(index) : null,
      };
      const result = read(x, first, { kind, params, weights, isReverse: direction === 1 });
      last.push(result.states);
      return result.output;
    });
    x = both.length === 1 ? (both[0] ?? x) : joined(both, 2);
  }
  const stacked = (states: readonly Tensor[]): Tensor => {
    const rows = joined(
      states.map((state) => ops.unsqueeze(state, 0)),
      0,
    );
    return isBatched ? rows : ops.squeeze(rows, 1);
  };
  const output = isBatched ? (swaps ? ops.transpose(x, 0, 1) : x) : ops.squeeze(x, 1);
  const hidden = stacked(last.map((state) => state.hidden));
  if (kind !== 'lstm') return [output, hidden];
  return [output, hidden, stacked(last.flatMap(({ cell }) => cell ?? []))];
}

function flops(kind: RecurrentKind, params: Params, input: readonly number[]): number {
  const steps = product(input.slice(0, -1)) ?? 0;
  const perStep = tensors(kind, { ...params, input_size: input.at(-1) ?? 0 })
    .filter(({ name }) => name.startsWith('weight'))
    .reduce((sum, { shape }) => sum + (product(shape) ?? 0), 0);
  return 2 * steps * perStep;
}

/** The examples of every kind; `extra` are its own. */
const examplesOf = (
  kind: RecurrentKind,
  extra: readonly LayerExample[],
): readonly [LayerExample, ...LayerExample[]] => {
  const states = (...shape: number[]) => (kind === 'lstm' ? [shape, shape] : [shape]);
  return [
    {
      title: 'sequences, time first',
      params: { input_size: 5, hidden_size: 3, batch_first: false },
      inputs: [[4, 2, 5]],
      outputs: [[4, 2, 3], ...states(1, 2, 3)],
    },
    {
      title: 'two layers in both directions, batch first',
      params: {
        input_size: 3,
        hidden_size: 4,
        num_layers: 2,
        bidirectional: true,
        batch_first: true,
        dropout: 0.25,
      },
      inputs: [[2, 5, 3]],
      outputs: [[2, 5, 8], ...states(4, 2, 4)],
    },
    {
      title: 'first states, no bias',
      params: { input_size: 3, hidden_size: 2, num_layers: 2, bias: false, batch_first: false },
      inputs: [[3, 4, 3], ...states(2, 4, 2)],
      outputs: [[3, 4, 2], ...states(2, 4, 2)],
    },
    {
      title: 'one sequence without a batch',
      params: { input_size: 4, hidden_size: 3, batch_first: true },
      inputs: [[5, 4], ...states(1, 3)],
      outputs: [[5, 3], ...states(1, 3)],
    },
    ...extra,
  ];
};

const port = (name: string, help: string) => ({ name, help, isOptional: true });
const firstHiddenPort = port('h_0', 'First states [layers, N, H]; zeros when nothing is connected.');

const ports = (kind: RecurrentKind) => ({
  inputs: [
    { name: 'input' },
    firstHiddenPort,
    ...(kind === 'lstm' ? [port('c_0', 'First cell states [layers, N, H]; goes with h_0.')] : []),
  ],
  outputs: [
    { name: 'output', help: 'The last layer at every step.' },
    { name: 'h_n', help: 'Every layer after the last step.' },
    ...(kind === 'lstm' ? [{ name: 'c_n', help: 'The cells after the last step.' }] : []),
  ],
});

const shared = (kind: RecurrentKind) => ({
  ...ports(kind),
  category: 'recurrent' as const,
  isRandom: true,
  inferSizes: (params: Params, [input = null]: readonly EdgeShape[]) =>
    found(params, { input_size: sizeAt(input, -1) }),
  infer: (params: Params, inputs: readonly EdgeShape[]) => infer(kind, params, inputs),
  tensors: (params: Params) => tensors(kind, params),
  flops: (params: Params, [input = []]: readonly (readonly number[])[]) => flops(kind, params, input),
});

/** h' = tanh(W_ih x + b_ih + W_hh h + b_hh), step by step: `[T, N, input_size]` → `[T, N, hidden_size]`. */
export const rnn = defineLayer({
  ...shared('rnn'),
  type: 'rnn',
  torch: 'torch.nn.RNN',
  summary: 'Reads a sequence step by step and keeps a state.',
  keywords: ['recurrent', 'sequence', 'time series', 'elman'],
  params: TABLES.rnn,
  lower: (call) => lower('rnn', call.params, call),
  examples: examplesOf('rnn', [
    {
      title: 'rectified',
      params: { input_size: 3, hidden_size: 4, nonlinearity: 'relu', batch_first: false },
      inputs: [[2, 3, 3]],
      outputs: [
        [2, 3, 4],
        [1, 3, 4],
      ],
    },
  ]),
});

/** Long short-term memory. Source: https://www.bioinf.jku.at/publications/older/2604.pdf, with the gates of torch.nn.LSTM. */
export const lstm = defineLayer({
  ...shared('lstm'),
  type: 'lstm',
  torch: 'torch.nn.LSTM',
  summary: 'Reads a sequence step by step; gates decide what it remembers and forgets.',
  keywords: ['recurrent', 'sequence', 'time series', 'long short-term memory'],
  params: TABLES.lstm,
  check: ({ proj_size: projected, hidden_size: hidden }) =>
    projected < hidden ? [] : [mismatch('proj_size', `less than hidden_size ${hidden}`, projected)],
  lower: (call) => lower('lstm', call.params, call),
  examples: examplesOf('lstm', [
    {
      title: 'projected in both directions',
      params: {
        input_size: 3,
        hidden_size: 5,
        proj_size: 2,
        bidirectional: true,
        num_layers: 2,
        batch_first: false,
      },
      inputs: [[3, 2, 3]],
      outputs: [
        [3, 2, 4],
        [4, 2, 2],
        [4, 2, 5],
      ],
    },
  ]),
});

/** Gated recurrent unit. Source: https://arxiv.org/abs/1406.1078, with the reset gate where torch.nn.GRU has it. */
export const gru = defineLayer({
  ...shared('gru'),
  type: 'gru',
  torch: 'torch.nn.GRU',
  summary: 'Reads a sequence step by step; a smaller lstm with one state.',
  keywords: ['recurrent', 'sequence', 'time series', 'gated recurrent unit'],
  params: TABLES.gru,
  lower: (call) => lower('gru', call.params, call),
  examples: examplesOf('gru', []),
});
