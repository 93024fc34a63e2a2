// The usual activations: relu and its smooth relatives, sigmoid and tanh. The rarer ones are in activation-more.ts.
import * as ops from '../ops';
import { activation } from './elementwise';
import { choice, number } from './params';

/** A number with PyTorch's default. */
export const factor = (help: string, value: number) => number({ help, initial: value, torchDefault: value });

export const relu = activation({
  type: 'relu',
  torch: 'torch.nn.ReLU',
  summary: 'Keeps what is positive, replaces the rest by 0.',
  keywords: ['rectifier'],
  params: {},
  formula: ops.reluPromoted,
});

export const leakyRelu = activation({
  type: 'leaky_relu',
  torch: 'torch.nn.LeakyReLU',
  summary: 'Keeps what is positive, shrinks the rest by a factor.',
  params: { negative_slope: factor('Factor for what is negative.', 0.01) },
  variant: { negative_slope: 0.3 },
  formula: (x, { negative_slope }) => ops.leakyRelu(x, negative_slope),
});

export const gelu = activation({
  type: 'gelu',
  torch: 'torch.nn.GELU',
  summary: 'Weighs each value by the normal distribution: x · Φ(x).',
  keywords: ['transformer', 'gaussian'],
  params: {
    approximate: choice({
      options: ['none', 'tanh'],
      help: 'Exact, or the formula with tanh.',
      initial: 'none',
      torchDefault: 'none',
    }),
  },
  variant: { approximate: 'tanh' },
  formula: (x, { approximate }) => ops.gelu(x, approximate),
});

export const silu = activation({
  type: 'silu',
  torch: 'torch.nn.SiLU',
  summary: 'Weighs each value by its own sigmoid: x · sigmoid(x).',
  keywords: ['swish'],
  params: {},
  formula: (x) => ops.silu(x),
});

export const elu = activation({
  type: 'elu',
  torch: 'torch.nn.ELU',
  summary: 'Keeps what is positive, bends the rest towards -alpha.',
  keywords: ['exponential'],
  params: { alpha: factor('Value that what is negative approaches, negated.', 1) },
  variant: { alpha: 1.7 },
  formula: (x, { alpha }) => ops.elu(x, alpha),
});

export const sigmoid = activation({
  type: 'sigmoid',
  torch: 'torch.nn.Sigmoid',
  summary: 'Squeezes each value between 0 and 1.',
  keywords: ['logistic'],
  params: {},
  formula: (x) => ops.sigmoid(ops.floatOf(x)),
});

export const tanh = activation({
  type: 'tanh',
  torch: 'torch.nn.Tanh',
  summary: 'Squeezes each value between -1 and 1.',
  keywords: ['hyperbolic tangent'],
  params: {},
  formula: (x) => ops.tanh(ops.floatOf(x)),
});
