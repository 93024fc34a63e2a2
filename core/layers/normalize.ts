// Vectors scaled to length 1.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { vectorNorm } from './formulas';
import { integerList, number } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, outputs, product, refusal } from './shapes';

/** `[*]` → `[*]`: divided by its norm along axes, or by `eps` where that is less. Source: torch.nn.functional.normalize. */
export const normalize = defineLayer({
  type: 'normalize',
  torch: 'torch.nn.functional.normalize',
  category: 'normalization',
  summary: 'Scales vectors to length 1.',
  keywords: ['l2', 'unit', 'length', 'embedding', 'contrastive'],
  params: {
    p: number({
      help: 'Power of the norm: 2 is the usual length, 1 the sum of sizes, Infinity the largest.',
      initial: 2,
      torchDefault: 2,
      mayBeInfinite: true,
    }),
    dim: integerList({
      help: 'Axes along which the vectors lie; negative counts from the end.',
      initial: [1],
      torchDefault: [1],
    }),
    eps: number({ min: 0, help: 'Least norm that is divided by.', initial: 1e-12, torchDefault: 1e-12 }),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer({ dim }, [input = null]) {
    if (input === null) return outputs(null);
    const wrong = dim.find((axis) => axisIn(axis, input.length) === null);
    return wrong === undefined ? outputs(input) : refusal(axisProblem('dim', wrong, input.length));
  },
  lower(call) {
    const x = inputOf(call);
    const { p, dim, eps } = call.params;
    return [ops.div(x, ops.clamp(vectorNorm(x, p, dim, { keepdim: true }), { min: eps }))];
  },
  flops: (_params, [input = []]) => 3 * (product(input) ?? 0),
  examples: [
    { title: 'rows', params: {}, inputs: [[3, 5]], outputs: [[3, 5]] },
    { title: 'channels', params: { dim: [-3] }, inputs: [[2, 3, 4, 2]], outputs: [[2, 3, 4, 2]] },
    {
      title: 'several axes, another norm',
      params: { p: 1, dim: [1, -1], eps: 0.5 },
      inputs: [[2, 3, 4]],
      outputs: [[2, 3, 4]],
    },
    { title: 'a cubic norm', params: { p: 3, dim: [-1] }, inputs: [[2, 4]], outputs: [[2, 4]] },
  ],
});
