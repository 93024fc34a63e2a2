// One time step of the recurrent layers, for rnn, lstm and gru and their cells: states from a step's input part and weights.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';

export type RecurrentKind = 'rnn' | 'lstm' | 'gru';

/** Rows of the weights per hidden unit. */
export const GATES: Readonly<Record<RecurrentKind, number>> = { rnn: 1, lstm: 4, gru: 3 };

/** The states a step leaves for the next one: `[N, H]`, and `[N, H]` of the lstm's cell. */
export interface States {
  readonly hidden: Tensor;
  readonly cell: Tensor | null;
}

/** Weights of one layer in one direction; `projection` is the lstm's weight_hr. */
export interface StepWeights {
  readonly input: Tensor;
  readonly hidden: Tensor;
  readonly inputBias: Tensor | null;
  readonly hiddenBias: Tensor | null;
  readonly projection: Tensor | null;
}

/** `x W_ihᵀ + b_ih` of all steps at once; rnn and lstm only ever add b_hh to it, so that it is in there too. */
export function inputPart(kind: RecurrentKind, x: Tensor, weights: StepWeights): Tensor {
  const { inputBias, hiddenBias } = weights;
  const bias = inputBias && hiddenBias && kind !== 'gru' ? ops.add(inputBias, hiddenBias) : inputBias;
  return ops.linear(x, weights.input, bias);
}

/** The next states from the step's input part `[N, gates·H]`. Source: the formulas on torch.nn.RNN's, LSTM's and GRU's pages. */
export function step(
  kind: RecurrentKind,
  part: Tensor,
  states: States,
  weights: StepWeights,
  nonlinearity: 'tanh' | 'relu' = 'tanh',
): States {
  if (kind === 'gru') return { hidden: gruStep(part, states.hidden, weights), cell: null };
  const sum = ops.add(part, ops.linear(states.hidden, weights.hidden));
  if (kind === 'rnn') return { hidden: nonlinearity === 'relu' ? ops.relu(sum) : ops.tanh(sum), cell: null };
  const [input, forget, candidate, output] = gatesOf(sum, 4);
  const kept = states.cell ? ops.mul(ops.sigmoid(forget), states.cell) : 0;
  const cell = ops.add(ops.mul(ops.sigmoid(input), ops.tanh(candidate)), kept);
  const hidden = ops.mul(ops.sigmoid(output), ops.tanh(cell));
  return { hidden: weights.projection ? ops.linear(hidden, weights.projection) : hidden, cell };
}

function gruStep(part: Tensor, hidden: Tensor, weights: StepWeights): Tensor {
  const own = ops.linear(hidden, weights.hidden, weights.hiddenBias);
  const [reset, update, candidate] = gatesOf(part, 3);
  const [ownReset, ownUpdate, ownCandidate] = gatesOf(own, 3);
  const r = ops.sigmoid(ops.add(reset, ownReset));
  const z = ops.sigmoid(ops.add(update, ownUpdate));
  const n = ops.tanh(ops.add(candidate, ops.mul(r, ownCandidate)));
  return ops.add(n, ops.mul(z, ops.sub(hidden, n)));
}

/** Equal parts of the last axis; an lstm's four and a gru's three. */
function gatesOf(x: Tensor, count: 3 | 4): readonly [Tensor, Tensor, Tensor, Tensor] {
  const size = (x.shape.at(-1) ?? 0) / count;
  const part = (index: number): Tensor => ops.slice(x, -1, { start: index * size, end: (index + 1) * size });
  return [part(0), part(1), part(2), part(count - 1)];
}
