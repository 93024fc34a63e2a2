// Where a step stands in its sequence, added to it: sinusoidal positional_encoding and learned_position.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { number, size } from './params';
import { ZEROS, found, inputOf, parameter, tensorOf, waiting } from './pieces';
import { constantLike } from './sequences';
import { blankHint, mismatch, outputs, product, refusal, sizeAt } from './shapes';

/** x + P with P[t, 2i] = sin(t / base^(2i/d)), P[t, 2i+1] = cos(the same): `[*, T, d]` kept. Source: https://arxiv.org/abs/1706.03762. */
export const positionalEncoding = defineLayer({
  type: 'positional_encoding',
  torch: null,
  category: 'attention',
  summary: 'Adds waves of many lengths that tell each step where it stands.',
  keywords: ['transformer', 'position', 'sinusoidal', 'sine', 'time'],
  params: {
    base: number({
      min: 1,
      help: 'The longest wave is 2π times as many steps.',
      initial: 10000,
      torchDefault: 10000,
    }),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer(_params, [input = null]) {
    if (input !== null && input.length < 2)
      return refusal(mismatch('input', 'at least 2 dimensions: steps and features', input.length));
    return outputs(input);
  },
  lower(call) {
    const input = inputOf(call);
    const [steps = 0, width = 1] = input.shape.slice(-2);
    const waves = constantLike(input, [steps, width], (step, column) => {
      const angle = step / call.params.base ** ((column - (column % 2)) / width);
      return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
    return [ops.add(input, waves)];
  },
  flops: (_params, [input = []]) => product(input) ?? 0,
  examples: [
    { title: 'sequences', params: {}, inputs: [[2, 5, 6]], outputs: [[2, 5, 6]] },
    { title: 'short waves, odd size', params: { base: 10 }, inputs: [[3, 5]], outputs: [[3, 5]] },
  ],
});

/** x + weight with one learned row per step: `[*, T, d]` kept. Starts at zeros. */
export const learnedPosition = defineLayer({
  type: 'learned_position',
  torch: null,
  category: 'attention',
  summary: 'Adds a learned row to each step of a sequence.',
  keywords: ['transformer', 'position', 'embedding', 'vit'],
  params: {
    length: size('Steps of each sequence.'),
    embedding_dim: size('Size of the last input axis.'),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  inferSizes: (params, [input = null]) =>
    found(params, { length: sizeAt(input, -2), embedding_dim: sizeAt(input, -1) }),
  infer(params, [input = null]) {
    if (input !== null && input.length < 2)
      return refusal(mismatch('input', 'at least 2 dimensions: steps and features', input.length));
    for (const [param, got] of [
      ['length', sizeAt(input, -2)],
      ['embedding_dim', sizeAt(input, -1)],
    ] as const) {
      const expected = params[param];
      if (expected !== null && got !== null && got !== expected)
        return refusal(mismatch(param, expected, got, blankHint(param)));
    }
    return outputs(
      input && [
        ...input.slice(0, -2),
        params.length ?? sizeAt(input, -2),
        params.embedding_dim ?? sizeAt(input, -1),
      ],
    );
  },
  tensors({ length, embedding_dim }) {
    const waits = waiting('length', length) ?? waiting('embedding_dim', embedding_dim);
    return [parameter('weight', [length, embedding_dim], ZEROS, waits)];
  },
  lower: (call) => [ops.add(inputOf(call), tensorOf(call, 'weight'))],
  flops: (_params, [input = []]) => product(input) ?? 0,
  examples: [
    {
      title: 'sequences',
      params: { length: 5, embedding_dim: 3 },
      inputs: [[2, 5, 3]],
      outputs: [[2, 5, 3]],
    },
  ],
});
