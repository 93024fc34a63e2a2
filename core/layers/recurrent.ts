// Layers that read a sequence step by step: rnn, lstm and gru. Their shapes are in recurrent-shapes.ts, their single steps as
// layers in recurrent-cell-layers.ts.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type LayerDeclaration, type LayerExample } from './declaration';
import { found, inputOf, maybeTensor, tensorOf } from './pieces';
import { inputPart, step, type RecurrentKind, type States, type StepWeights } from './recurrent-cells';
import { directions, infer, stateSize, suffixes, TABLES, tensors, type Params } from './recurrent-shapes';
import { dropped, joined, timeSteps } from './sequences';
import { mismatch, product, sizeAt } from './shapes';
import { range } from './take';

interface Reading {
  readonly kind: RecurrentKind;
  readonly params: Params;
  readonly weights: StepWeights;
  readonly isReverse: boolean;
  /** Per step `[N, 1]`: 1 where the sequence still goes on. null: all go to the end. */
  readonly going: readonly Tensor[] | null;
}

/** States where a sequence goes on, else the ones before: past its end nothing moves. */
function kept(going: Tensor, { hidden, cell }: States, before: States): States {
  return {
    hidden: ops.where(going, hidden, before.hidden),
    cell: cell && before.cell && ops.where(going, cell, before.cell),
  };
}

/** One layer in one direction over `[T, N, F]`: its outputs `[T, N, H]` and last states. */
function read(x: Tensor, first: States, { kind, params, weights, isReverse, going }: Reading) {
  const [time = 0, batch = 0] = x.shape;
  const part = inputPart(kind, x, weights);
  const width = part.shape.at(-1) ?? 0;
  const parts = timeSteps(part).map((one) => ops.reshape(one, [batch, width]));
  let states = first;
  const hidden: Tensor[] = [];
  for (const at of isReverse ? range(time).reverse() : range(time)) {
    const next = step(kind, parts[at] ?? part, states, weights, params.nonlinearity);
    const isGoing = going?.[at];
    states = isGoing ? kept(isGoing, next, states) : next;
    hidden.push(isGoing ? ops.where(isGoing, states.hidden, 0) : states.hidden);
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
  const lengths = call.inputs[kind === 'lstm' ? 3 : 2] ?? null;
  const column = lengths && ops.reshape(ops.cast(lengths, x.dtype), [batch, 1]);
  const going = column && range(x.shape[0] ?? 0).map((at) => ops.gt(column, at));
  // What stands past the end may be anything, and is not to reach the gradients of the weights.
  if (going) x = ops.where(ops.reshape(joined(going, 0), [going.length, batch, 1]), x, 0);
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
      const result = read(x, first, { kind, params, weights, isReverse: direction === 1, going });
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
      title: 'sequences of several lengths, in both directions',
      params: { input_size: 2, hidden_size: 3, bidirectional: true, batch_first: true },
      inputs: [[3, 4, 2], ...states(2, 3, 3), [3]],
      inputData: { [kind === 'lstm' ? 3 : 2]: [2, 4, 1] },
      outputs: [[3, 4, 6], ...states(2, 3, 3)],
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
  torchForward: ['input', { name: 'hx', ports: kind === 'lstm' ? ['h_0', 'c_0'] : ['h_0'] }, 'lengths'],
  inputs: [
    { name: 'input' },
    firstHiddenPort,
    ...(kind === 'lstm' ? [port('c_0', 'First cell states [layers, N, H]; goes with h_0.')] : []),
    {
      ...port(
        'lengths',
        'Steps of each sequence [N], where shorter ones are padded; all, when nothing is connected.',
      ),
      content: 'index' as const,
    },
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
