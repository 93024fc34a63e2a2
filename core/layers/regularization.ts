// Layers that act only while training: dropout.
import { LazuliError } from '../errors';
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { number } from './params';
import { inputOf } from './pieces';
import { outputs, product } from './shapes';

export const probability = number({
  min: 0,
  max: 1,
  help: 'Probability that a value becomes 0.',
  initial: 0.5,
  torchDefault: 0.5,
});

/** While training each value becomes 0 with probability p, the others grow by 1 / (1 - p). Source: arXiv:1207.0580. */
export const dropout = defineLayer({
  type: 'dropout',
  torch: 'torch.nn.Dropout',
  category: 'regularization',
  summary: 'Sets random values to 0 while training, so that none is relied on.',
  keywords: ['overfitting', 'noise'],
  params: { p: probability },
  isRandom: true,
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) => outputs(input),
  lower(call) {
    const input = inputOf(call);
    if (!call.isTraining || call.params.p === 0) return [input];
    if (!call.random)
      throw new LazuliError('internal', 'dropout was lowered for training without a random state');
    return [
      ops.dropout(input, {
        probability: call.params.p,
        state: call.random.state,
        stream: call.random.nextStream(),
      }),
    ];
  },
  flops: (_params, [input = []]) => product(input) ?? 0,
  examples: [
    { title: 'half', params: {}, inputs: [[4, 6]], outputs: [[4, 6]] },
    { title: 'a few', params: { p: 0.2 }, inputs: [[2, 3, 5]], outputs: [[2, 3, 5]] },
  ],
});
