// Params, weights and shapes of the layers that read sequences step by step. Their computation is in recurrent.ts.
import { formatShape } from '../tensor/shape';
import type { EdgeShape, LayerProblem, TensorSpec } from './declaration';
import { boolean, choice, integer, size, type ParamsOf } from './params';
import { parameter, waiting } from './pieces';
import { GATES, type RecurrentKind } from './recurrent-cells';
import { batch_first, dropoutParam } from './sequences';
import { blankHint, isCompatible, mismatch, outputs, rankProblem, refusal, sizeAt } from './shapes';

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
export const TABLES = {
  rnn: { ...common, nonlinearity },
  gru: common,
  lstm: { ...common, proj_size },
};

export type Params = ParamsOf<typeof common> & {
  readonly nonlinearity?: 'tanh' | 'relu';
  readonly proj_size?: number;
};

export const directions = ({ bidirectional }: Params): number => (bidirectional ? 2 : 1);
/** Size of an output step in one direction. */
export const stateSize = ({ hidden_size: hidden, proj_size: projected = 0 }: Params): number =>
  projected > 0 ? projected : hidden;

/** `_l0`, `_l0_reverse`, `_l1` ...: the endings of the weights' names, in order. */
export const suffixes = (params: Params): string[] =>
  Array.from({ length: params.num_layers }, (_, layer) =>
    params.bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`],
  ).flat();

export function tensors(kind: RecurrentKind, params: Params): readonly TensorSpec[] {
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

/**
 * Input, then the initial states: `[layers·directions, N, H]` each, without N for one sequence, then the lengths `[N]` of the
 * sequences where they are padded.
 */
export function infer(kind: RecurrentKind, params: Params, [input = null, ...others]: readonly EdgeShape[]) {
  const stateCount = kind === 'lstm' ? 2 : 1;
  const [given, lengths = null] = [others.slice(0, stateCount), others[stateCount]];
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
  if (lengths !== null && input !== null && !isCompatible(batch.length > 0 ? batch : null, lengths))
    problems.push(mismatch('lengths', 'one number per sequence', formatShape(lengths)));
  if (others.length > stateCount && input?.length === 2)
    problems.push(mismatch('lengths', 'a batch of sequences', 'one sequence'));
  if (problems.length > 0) return refusal(...problems);
  const states = input === null ? [null] : kind === 'lstm' ? [hidden, cell] : [hidden];
  const last = stateSize(params) * directions(params);
  if (input === null) return outputs(null, null, ...(kind === 'lstm' ? [null] : []));
  return outputs([...input.slice(0, -1), last], ...states);
}
