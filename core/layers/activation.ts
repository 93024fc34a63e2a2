// Activations that work on each element alone: one formula each, all through one generator.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import {
  defineLayer,
  type LayerDeclaration,
  type LayerProblem,
  type ParamTable,
  type ParamsOf,
} from './declaration';
import { choice, number } from './params';
import { inputOf } from './pieces';
import { outputs, product } from './shapes';

interface Activation<P extends ParamTable> {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords?: readonly string[];
  readonly params: P;
  /** Options that make a second example, where there are any. */
  readonly variant?: Readonly<Record<string, unknown>>;
  readonly check?: (params: ParamsOf<P>) => readonly LayerProblem[];
  readonly formula: (x: Tensor, params: ParamsOf<P>) => Tensor;
}

/** An elementwise layer: `[*]` → `[*]`. */
function activation<P extends ParamTable>(spec: Activation<P>): LayerDeclaration {
  const { type, torch, summary, keywords, params, variant, check, formula } = spec;
  return defineLayer({
    type,
    torch,
    category: 'activation',
    summary,
    ...(keywords === undefined ? {} : { keywords }),
    params,
    ...(check === undefined ? {} : { check }),
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer: (_params, [input = null]) => outputs(input),
    lower: (call) => [formula(inputOf(call), call.params)],
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      { title: 'a batch', params: {}, inputs: [[3, 4, 5]], outputs: [[3, 4, 5]] },
      { title: 'a scalar', params: {}, inputs: [[]], outputs: [[]] },
      ...(variant === undefined
        ? []
        : [{ title: 'other options', params: variant, inputs: [[6, 7]], outputs: [[6, 7]] }]),
    ],
  });
}

const factor = (help: string, value: number) => number({ help, initial: value, torchDefault: value });

export const relu = activation({
  type: 'relu',
  torch: 'torch.nn.ReLU',
  summary: 'Keeps what is positive, replaces the rest by 0.',
  keywords: ['rectifier'],
  params: {},
  formula: (x) => ops.relu(x),
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
  summary: 'x · Φ(x), with Φ the normal distribution function.',
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
  summary: 'x · sigmoid(x).',
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
  formula: (x) => ops.sigmoid(x),
});

export const tanh = activation({
  type: 'tanh',
  torch: 'torch.nn.Tanh',
  summary: 'Squeezes each value between -1 and 1.',
  keywords: ['hyperbolic tangent'],
  params: {},
  formula: (x) => ops.tanh(x),
});
