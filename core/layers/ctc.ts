// Connectionist temporal classification: the loss of a sequence of labels without their times, as a layer.
import { reduction } from '../losses/pieces';
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape } from './declaration';
import { boolean, integer } from './params';
import { inputOf } from './pieces';
import { timeSteps } from './sequences';
import { isCompatible, mismatch, outputs, product, rankProblem, refusal } from './shapes';
import { range } from './take';

/** Log probabilities of batches `[T, N, C]` and what they are compared with; labels and lengths in int64. */
interface Batch {
  readonly logProbabilities: Tensor;
  /** `[N, S]`, whatever stands behind a row's length. */
  readonly labels: Tensor;
  readonly steps: Tensor;
  readonly lengths: Tensor;
}

const row = (values: readonly number[], like: Tensor): Tensor => ops.fromArray(values, 'int64', like.device);
const whole = (value: number, like: Tensor): Tensor => ops.fromArray(value, 'int64', like.device);

/** Rows of labels that stand one after the other in one list, as int64 `[N, S]` with S the length of the list. */
export function labelRows(list: Tensor, lengths: Tensor): Tensor {
  const [rows = 0, count = 0] = [lengths.shape[0], list.shape[0]];
  if (count === 0) return ops.zeros([rows, 0], 'int64', list.device);
  const starts = ops.subPromoted(ops.cumsum(lengths, 0), lengths);
  const places = ops.addPromoted(ops.reshape(starts, [rows, 1]), row(range(count), list));
  const within = ops.minimumPromoted(places, whole(count - 1, list));
  return ops.cast(ops.gather(list, within), 'int64');
}

/** log(e^a + e^b + e^c), -∞ where all are, with a gradient that stays finite there. */
const logSum = (...terms: readonly [Tensor, Tensor, Tensor]): Tensor =>
  ops.fused(terms, (f, ...operands) => {
    const [a = f.constant(0), b = a, c = a] = operands;
    const none = f.constant(-Infinity);
    const most = f.step('maximum', f.step('maximum', a, b), c);
    const isNothing = f.step('eq', most, none);
    const shift = f.step('where', isNothing, f.constant(0), most);
    const part = (term: typeof a) => f.step('exp', f.step('sub', term, shift));
    const sum = f.step('add', f.step('add', part(a), part(b)), part(c));
    const safe = f.step('where', isNothing, f.constant(1), sum);
    return f.step('where', isNothing, none, f.step('add', f.step('log', safe), shift));
  });

/**
 * -log of the probability of each row's labels, over all ways to spread them and blanks over the steps: the forward
 * variables of Graves et al. 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf, section 4.1.
 */
function negativeLogLikelihood({ logProbabilities, labels, steps, lengths }: Batch, blank: number): Tensor {
  const [time = 0, batch = 0, classes = 0] = logProbabilities.shape;
  const count = labels.shape[1] ?? 0;
  const width = 2 * count + 1;
  const { dtype, device } = logProbabilities;
  const column = (x: Tensor): Tensor => ops.reshape(x, [batch, 1]);
  const isLabel = ops.less(row(range(count), labels), column(lengths));
  const nothing = whole(blank, labels);
  const wanted = ops.wherePromoted(isLabel, labels, nothing);
  // Blank, label, blank, label, ..., blank.
  const between = ops.reshape(ops.stack([ops.fullLike(wanted, blank), wanted], 2), [batch, 2 * count]);
  const blanks = (size: number): Tensor => ops.full([batch, size], blank, 'int64', device);
  const path = ops.concatenate([between, blanks(1)], 1);
  const before = ops.concatenate(
    [blanks(Math.min(2, width)), ops.slice(path, 1, { end: Math.max(width - 2, 0) })],
    1,
  );
  const mayJump = ops.cast(ops.bitwiseAnd(ops.notEqual(path, nothing), ops.notEqual(path, before)), dtype);
  const cells = row(
    range(time * batch).map((cell) => cell * classes),
    labels,
  );
  const places = ops.addPromoted(ops.reshape(cells, [time, batch, 1]), path);
  const emitted = ops.gather(ops.reshape(logProbabilities, [-1]), places);
  const shifted = (x: Tensor, by: number): Tensor =>
    ops.pad(ops.slice(x, 1, { end: Math.max(width - by, 0) }), [0, 0, Math.min(by, width), 0], {
      value: -Infinity,
    });
  const isStart = ops.fromArray(
    range(width).map((place) => Number(place < 2)),
    dtype,
    device,
  );
  const [first, ...rest] = timeSteps(emitted).map((step) => ops.reshape(step, [batch, width]));
  if (!first) return ops.zeros([batch], dtype, device);
  const isGoing = (step: number): Tensor => ops.cast(ops.greater(column(steps), whole(step, steps)), dtype);
  let states = ops.where(isStart, first, -Infinity);
  for (const [index, step] of rest.entries()) {
    const jumped = ops.where(mayJump, shifted(states, 2), -Infinity);
    const moved = ops.add(logSum(states, shifted(states, 1), jumped), step);
    states = ops.where(isGoing(index + 1), moved, states);
  }
  const flat = ops.reshape(states, [-1]);
  const at = (offset: number): Tensor => {
    const place = ops.subPromoted(ops.addPromoted(lengths, lengths), whole(offset, lengths));
    const starts = row(
      range(batch).map((index) => index * width),
      labels,
    );
    const zero = whole(0, lengths);
    const value = ops.gather(flat, ops.addPromoted(starts, ops.maximumPromoted(place, zero)));
    return ops.where(ops.cast(ops.greaterEqual(place, zero), dtype), value, -Infinity);
  };
  const none = ops.full([batch], -Infinity, dtype, device);
  return ops.neg(logSum(at(0), at(1), none));
}

/**
 * PyTorch's gradient takes the inputs for outputs of log_softmax and adds their probabilities: what a log_softmax before it
 * takes away again. While a sequence lasts it is no number in rows that are `isLost` and at classes of no probability, but
 * for rows that `isLeftOut`. The value of this is 0. Source: at::ctc_loss_backward.
 */
function probabilities({ logProbabilities, steps }: Batch, isLost: Tensor, isLeftOut: Tensor | null): Tensor {
  const [time = 0, batch = 0] = logProbabilities.shape;
  const { dtype, device } = logProbabilities;
  const share = ops.noGrad(() => {
    const isStep = ops.less(ops.reshape(row(range(time), steps), [time, 1]), ops.reshape(steps, [1, batch]));
    const going = ops.reshape(ops.cast(isStep, dtype), [time, batch, 1]);
    const counted = isLeftOut ? ops.mul(going, ops.sub(1, ops.reshape(isLeftOut, [1, batch, 1]))) : going;
    const isNone = ops.maximum(ops.eq(logProbabilities, -Infinity), ops.reshape(isLost, [1, batch, 1]));
    const known = ops.where(counted, ops.exp(logProbabilities), 0);
    // The logarithm of -1 is no number, that of 1 is 0.
    return ops.add(known, ops.log(ops.where(ops.mul(isNone, counted), -1, 1)));
  });
  const zeros = ops.zeros([batch], dtype, device);
  return ops.withGradient('ctc_probabilities', logProbabilities, zeros, (gradOutput) =>
    ops.mul(ops.reshape(gradOutput, [1, batch, 1]), share),
  );
}

/** `[T, N, C]` log probabilities, `[N, S]` labels (or all in one list), and `[N]` lengths of both; or all without N. */
export const ctc = defineLayer({
  type: 'ctc',
  torch: 'torch.nn.CTCLoss',
  category: 'loss',
  compares: 'sequences',
  summary: 'A loss for sequences of labels whose times are not known, such as speech or handwriting.',
  keywords: ['speech', 'alignment', 'connectionist temporal classification', 'ocr', 'loss'],
  params: {
    blank: integer({ min: 0, help: 'Class that stands for no label.', initial: 0, torchDefault: 0 }),
    reduction,
    zero_infinity: boolean({
      help: 'A sequence too short for its labels counts as 0 instead of as infinite.',
      initial: false,
      torchDefault: false,
    }),
  },
  inputs: [
    { name: 'log_probs', help: 'Log probabilities of the classes at each step.' },
    { name: 'targets', content: 'index' },
    { name: 'input_lengths', content: 'index', help: 'Steps of each sequence.' },
    { name: 'target_lengths', content: 'index', help: 'Labels of each sequence.' },
  ],
  outputs: [{ name: 'loss' }],
  infer({ reduction: how, blank }, inputs: readonly EdgeShape[]) {
    const [scores = null, labels = null, steps = null, lengths = null] = inputs;
    const wrongRank =
      rankProblem('log_probs', scores, [2, 3]) ??
      rankProblem('targets', labels, scores?.length === 2 ? [1] : [1, 2]);
    if (wrongRank) return refusal(wrongRank);
    const batch = scores?.length === 3 ? [scores[1] ?? null] : scores ? [] : null;
    for (const [port, shape] of [
      ['input_lengths', steps],
      ['target_lengths', lengths],
    ] as const)
      // prettier-ignore
      if (!isCompatible(batch, shape))
        return refusal(mismatch(port, formatShape(batch ?? []) || 'a number', formatShape(shape ?? [])));
    const classes = scores?.at(-1) ?? null;
    if (classes !== null && blank >= classes)
      return refusal(mismatch('blank', `one of the ${classes} classes`, blank));
    return outputs(how === 'none' ? batch : []);
  },
  lower(call) {
    const { blank, reduction: how, zero_infinity } = call.params;
    const [given, targets] = [inputOf(call, 0), inputOf(call, 1)];
    const isSingle = given.rank === 2;
    const counts = (port: number): Tensor =>
      ops.reshape(ops.cast(inputOf(call, port), 'int64'), [isSingle ? 1 : (given.shape[1] ?? 0)]);
    const [steps, lengths] = [counts(2), counts(3)];
    const batch = {
      logProbabilities: isSingle ? ops.unsqueeze(given, 1) : given,
      labels: targets.rank === 1 ? labelRows(targets, lengths) : ops.cast(targets, 'int64'),
      steps,
      lengths,
    };
    const losses = negativeLogLikelihood(batch, blank);
    const isInfinite = ops.eq(losses.detach(), Infinity);
    const isLost = ops.maximum(isInfinite, ops.isNan(losses.detach()));
    const whole = ops.add(losses, probabilities(batch, isLost, zero_infinity ? isInfinite : null));
    const kept = zero_infinity ? ops.where(isInfinite, 0, whole) : whole;
    if (how === 'none') return [isSingle ? ops.reshape(kept, []) : kept];
    if (how === 'sum') return [ops.sum(kept)];
    const perLabel = ops.div(kept, ops.maximum(ops.cast(lengths, kept.dtype), 1));
    return [ops.mean(perLabel)];
  },
  flops: (_params, [scores = [], targets = []]) =>
    20 * (product(scores.slice(0, -1)) ?? 0) * (2 * (targets.at(-1) ?? 0) + 1),
  examples: [
    {
      title: 'a batch of labels',
      params: {},
      inputs: [[5, 2, 4], [2, 2], [2], [2]],
      inputValues: ['log probability'],
      inputData: { 1: [1, 3, 2, 2], 2: [5, 4], 3: [2, 1] },
      outputs: [[]],
    },
    {
      title: 'labels in one list, kept apart',
      params: { blank: 3, reduction: 'none', zero_infinity: true },
      inputs: [[4, 3, 4], [6], [3], [3]],
      inputValues: ['log probability'],
      inputData: { 1: [0, 1, 2, 2, 2, 0], 2: [4, 3, 2], 3: [2, 1, 3] },
      outputs: [[3]],
    },
  ],
});
