// Activations that look at axes: prelu with a slope per channel, glu with half of them as a gate.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { integer, number, size } from './params';
import { found, inputOf, parameter, tensorOf, waiting } from './pieces';
import { axisIn, axisProblem, blankHint, mismatch, outputs, product, refusal, sizeAt } from './shapes';

/** x where x > 0, else weight · x, with one weight, or one per channel (axis 1). Source: https://arxiv.org/abs/1502.01852. */
export const prelu = defineLayer({
  type: 'prelu',
  torch: 'torch.nn.PReLU',
  category: 'activation',
  summary: 'A leaky relu that learns its slope.',
  keywords: ['parametric'],
  params: {
    num_parameters: size('Slopes: 1 for all channels, or one per channel; blank: one per channel.', {
      initial: 1,
      torchDefault: 1,
    }),
    init: number({ help: 'First value of the slopes.', initial: 0.25, torchDefault: 0.25 }),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  inferSizes: (params, [input = null]) =>
    found(params, { num_parameters: input === null ? null : input.length < 2 ? 1 : sizeAt(input, 1) }),
  infer({ num_parameters }, [input = null]) {
    const channels = input === null ? null : input.length < 2 ? 1 : sizeAt(input, 1);
    if (num_parameters !== null && num_parameters !== 1 && channels !== null && channels !== num_parameters)
      return refusal(mismatch('num_parameters', num_parameters, channels, blankHint('num_parameters')));
    return outputs(input);
  },
  tensors: ({ num_parameters, init }) => [
    parameter(
      'weight',
      [num_parameters],
      { kind: 'constant', value: init },
      waiting('num_parameters', num_parameters),
    ),
  ],
  lower(call) {
    const input = inputOf(call);
    const weight = tensorOf(call, 'weight');
    const slope =
      input.rank < 2
        ? ops.reshape(weight, new Array<number>(input.rank).fill(1))
        : ops.reshape(weight, [-1, ...new Array<number>(input.rank - 2).fill(1)]);
    const isPositive = ops.gt(input, 0);
    // An infinite value that the slope does not reach adds nothing to its gradient.
    return [ops.where(isPositive, input, ops.mul(ops.where(isPositive, 0, input), slope))];
  },
  flops: (_params, [input = []]) => 2 * (product(input) ?? 0),
  examples: [
    {
      title: 'a slope per channel',
      params: { num_parameters: 3, init: 0.1 },
      inputs: [[2, 3, 4]],
      outputs: [[2, 3, 4]],
    },
    { title: 'one slope', params: { num_parameters: 1 }, inputs: [[5]], outputs: [[5]] },
  ],
});

/** The first half of an axis times the sigmoid of the second. Source: https://arxiv.org/abs/1612.08083. */
export const glu = defineLayer({
  type: 'glu',
  torch: 'torch.nn.GLU',
  category: 'activation',
  summary: 'Halves an axis: one half passes, the other says how much of it.',
  keywords: ['gate', 'gated linear unit'],
  params: {
    dim: integer({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Axis to halve; negative counts from the end.',
      initial: -1,
      torchDefault: -1,
    }),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer({ dim }, [input = null]) {
    if (input === null) return outputs(null);
    const axis = axisIn(dim, input.length);
    if (axis === null) return refusal(axisProblem('dim', dim, input.length));
    const whole = sizeAt(input, axis);
    if (whole !== null && whole % 2 !== 0)
      return refusal(mismatch('input', `an even size along axis ${axis}`, whole));
    return outputs(input.with(axis, whole === null ? null : whole / 2));
  },
  lower(call) {
    const input = inputOf(call);
    const half = (input.shape.at(call.params.dim) ?? 0) / 2;
    const [passed, gate] = [0, half].map((start) =>
      ops.slice(input, call.params.dim, { start, end: start + half }),
    );
    return passed && gate ? [ops.mul(passed, ops.sigmoid(gate))] : [];
  },
  flops: (_params, [input = []]) => 2 * (product(input) ?? 0),
  examples: [
    { title: 'the last axis', params: {}, inputs: [[3, 8]], outputs: [[3, 4]] },
    { title: 'channels', params: { dim: 1 }, inputs: [[2, 6, 5]], outputs: [[2, 3, 5]] },
  ],
});
