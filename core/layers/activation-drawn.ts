// Activations that the generator of elementwise layers does not fit: random slopes, and softmax over the channels of an image.
import * as ops from '../ops';
import { defineLayer, type LayerProblem } from './declaration';
import { number } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, product, rankProblem, refusal } from './shapes';
import { randomOf, uniformLike } from './sequences';

/** x, or for x < 0 a · x with a drawn from [lower, upper) while training, else their middle. Source: arXiv:1505.00853. */
export const rrelu = defineLayer({
  type: 'rrelu',
  torch: 'torch.nn.RReLU',
  category: 'activation',
  summary: 'A leaky relu whose slope is random while training.',
  keywords: ['randomized leaky relu', 'noise'],
  params: {
    lower: number({ help: 'Smallest slope.', initial: 1 / 8, torchDefault: 1 / 8 }),
    upper: number({ help: 'Largest slope.', initial: 1 / 3, torchDefault: 1 / 3 }),
  },
  check: ({ lower, upper }): readonly LayerProblem[] =>
    lower <= upper ? [] : [mismatch('upper', `at least lower, ${lower}`, upper)],
  isRandom: true,
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) => outputs(input),
  lower(call) {
    const input = inputOf(call);
    const { lower, upper } = call.params;
    const slope =
      call.isTraining && lower < upper
        ? ops.add(ops.mul(uniformLike(input, randomOf(call, 'rrelu')), upper - lower), lower)
        : (lower + upper) / 2;
    return [ops.where(ops.gt(input, 0), input, ops.mul(input, slope))];
  },
  flops: (_params, [input = []]) => 2 * (product(input) ?? 0),
  examples: [
    { title: 'a batch', params: {}, inputs: [[3, 4, 5]], outputs: [[3, 4, 5]] },
    { title: 'other slopes', params: { lower: 0.2, upper: 0.7 }, inputs: [[6, 7]], outputs: [[6, 7]] },
  ],
});

/** Softmax over the channels of `[N, C, H, W]` or `[C, H, W]`, pixel by pixel. */
export const softmax2d = defineLayer({
  type: 'softmax2d',
  torch: 'torch.nn.Softmax2d',
  category: 'activation',
  summary: 'Turns the scores of each pixel into probabilities over the channels.',
  keywords: ['probability', 'segmentation'],
  params: {},
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer(_params, [input = null]) {
    const wrongRank = rankProblem('input', input, [3, 4], 'feed [batch, channels, height, width]');
    return wrongRank ? refusal(wrongRank) : outputs(input);
  },
  lower: (call) => [ops.softmax(inputOf(call), -3)],
  flops: (_params, [input = []]) => 3 * (product(input) ?? 0),
  examples: [
    { title: 'images', params: {}, inputs: [[2, 5, 3, 2]], outputs: [[2, 5, 3, 2]] },
    { title: 'no batch', params: {}, inputs: [[4, 2, 3]], outputs: [[4, 2, 3]] },
  ],
});
