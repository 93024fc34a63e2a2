// Layers of whole numbers and truths: converting between dtypes, arithmetic that keeps them whole, masks, and one-hot rows.
// Dtypes meet as in PyTorch (core/ops/functional/promoted); nothing of whole numbers has a gradient. floor_divide and remainder take floats too.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration, type PortContent } from './declaration';
import { choice, integer } from './params';
import { inferCommon, pairOf, type Pair } from './pairs';
import { inputOf } from './pieces';
import { outputs, product } from './shapes';

const BOTH = [
  { name: 'input', content: 'any' },
  { name: 'other', content: 'any' },
] as const;
const WHOLE = {
  title: 'two that broadcast',
  params: {},
  inputs: [[2, 3], [3]],
  outputs: [[2, 3]],
  inputDType: 'int64',
  inputData: { 0: [7, -7, 5, 0, 12, -1], 1: [2, 3, -4] },
} as const;
/** Two inputs that broadcast, in the type they meet in. */
const pair = (spec: Pair): LayerDeclaration =>
  pairOf({ ...spec, keywords: ['integer', 'whole', ...spec.keywords] }, 'whole', [WHOLE]);
/** Whole numbers or floats. */
const division = (spec: Pair, examples: LayerDeclaration['examples']): LayerDeclaration =>
  pairOf({ ...spec, keywords: ['integer', 'whole', ...spec.keywords] }, 'any', examples);

export const floorDivide = division(
  {
    type: 'floor_divide',
    torch: 'torch.floor_divide',
    summary: 'The first number divided by the second, rounded down. It has no gradient.',
    keywords: ['quotient', 'div'],
    combine: ops.floorDivide,
  },
  [WHOLE],
);
export const remainder = division(
  {
    type: 'remainder',
    torch: 'torch.remainder',
    summary: 'What is left of the first number after dividing by the second; it has the sign of the second.',
    keywords: ['modulo', 'mod', 'fmod', 'wrap', 'phase'],
    combine: ops.remainder,
  },
  [
    WHOLE,
    {
      title: 'floats',
      params: {},
      inputs: [[2, 4], [4]],
      outputs: [[2, 4]],
      inputData: { 0: [5.25, -5.25, 7.5, 0.35, 100.7, -0.2, 3, -8.1], 1: [2, 3, -4, 0.25] },
    },
  ],
);
export const bitwiseAnd = pair({
  type: 'bitwise_and',
  torch: 'torch.bitwise_and',
  summary: 'Bits that both inputs have; of two masks where both hold.',
  keywords: ['and', 'mask', 'logical'],
  combine: ops.bitwiseAnd,
});
export const bitwiseOr = pair({
  type: 'bitwise_or',
  torch: 'torch.bitwise_or',
  summary: 'Bits that either input has; of two masks where either holds.',
  keywords: ['or', 'mask', 'logical'],
  combine: ops.bitwiseOr,
});
export const bitwiseXor = pair({
  type: 'bitwise_xor',
  torch: 'torch.bitwise_xor',
  summary: 'Bits that one input has; of two masks where just one holds.',
  keywords: ['xor', 'mask', 'logical'],
  combine: ops.bitwiseXor,
});

export const maximum = larger('maximum', 'larger', ops.maximumPromoted);
export const minimum = larger('minimum', 'smaller', ops.minimumPromoted);

function larger(type: 'maximum' | 'minimum', word: string, combine: Pair['combine']): LayerDeclaration {
  return defineLayer({
    type,
    torch: `torch.${type}`,
    category: 'arithmetic',
    summary: `The ${word} of two inputs, value by value.`,
    keywords: [word, 'clamp'],
    params: {},
    inputs: BOTH,
    outputs: [{ name: 'output' }],
    infer: (_params, inputs) => inferCommon(['input', 'other'], inputs),
    lower: (call) => [combine(inputOf(call, 0), inputOf(call, 1))],
    flops: (_params, _inputs, [output = []]) => product(output) ?? 0,
    examples: [
      {
        title: 'two that broadcast',
        params: {},
        inputs: [
          [2, 3, 4],
          [3, 1],
        ],
        outputs: [[2, 3, 4]],
      },
    ],
  });
}

interface Single {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly turn: (x: Tensor) => Tensor;
  /** Default: whole. */
  readonly content?: PortContent;
}

const single = ({ type, torch, summary, keywords, turn, content = 'whole' }: Single): LayerDeclaration =>
  defineLayer({
    type,
    torch,
    category: 'arithmetic',
    summary,
    keywords: ['mask', ...keywords],
    params: {},
    inputs: [{ name: 'input', content }],
    outputs: [{ name: 'output' }],
    infer: (_params, [input = null]) => outputs(input),
    lower: (call) => [turn(inputOf(call))],
    flops: (_params, _inputs, [output = []]) => product(output) ?? 0,
    examples: [
      {
        title: 'whole numbers',
        params: {},
        inputs: [[2, 3]],
        outputs: [[2, 3]],
        inputDType: 'int64',
        inputData: { 0: [0, 1, -1, 5, 0, 1024] },
      },
    ],
  });

export const bitwiseNot = single({
  type: 'bitwise_not',
  torch: 'torch.bitwise_not',
  summary: 'Every bit turned; of a mask the opposite.',
  keywords: ['not', 'invert'],
  turn: ops.bitwiseNot,
});
export const logicalNot = single({
  type: 'logical_not',
  torch: 'torch.logical_not',
  summary: 'Holds where the input is 0.',
  keywords: ['not', 'invert', 'zero'],
  turn: ops.logicalNot,
  content: 'any',
});

/** The same values in another dtype: floats lose their fraction in whole numbers, and all but 0 is true. */
export const to = defineLayer({
  type: 'to',
  torch: 'torch.Tensor.to',
  category: 'arithmetic',
  summary: 'Converts to another dtype: numbers to whole numbers, to truths, and back.',
  keywords: ['cast', 'convert', 'dtype', 'type', 'integer', 'float', 'bool', 'long'],
  params: {
    dtype: choice({
      options: ['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'],
      help: 'Dtype of the output.',
      initial: 'float32',
    }),
  },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) => outputs(input),
  lower: (call) => [ops.cast(inputOf(call), call.params.dtype)],
  flops: () => 0,
  examples: [
    { title: 'to whole numbers', params: { dtype: 'int64' }, inputs: [[3, 4]], outputs: [[3, 4]] },
    { title: 'to truths', params: { dtype: 'bool' }, inputs: [[5]], outputs: [[5]] },
  ],
});

/** `[*]` class numbers → `[*, num_classes]`. */
export const oneHot = defineLayer({
  type: 'one_hot',
  torch: 'torch.nn.functional.one_hot',
  category: 'arithmetic',
  summary: 'A row per class number: 1 at its place, 0 elsewhere.',
  keywords: ['classes', 'encode', 'dummy', 'categorical'],
  params: {
    num_classes: integer({ min: 1, help: 'Classes, and so the size of the new axis.', initial: 10 }),
  },
  inputs: [{ name: 'input', content: 'index' }],
  outputs: [{ name: 'output' }],
  infer: ({ num_classes }, [input = null]) => outputs(input && [...input, num_classes]),
  lower: (call) => [ops.oneHot(inputOf(call), call.params.num_classes)],
  flops: () => 0,
  examples: [
    {
      title: 'rows',
      params: { num_classes: 5 },
      inputs: [[2, 3]],
      outputs: [[2, 3, 5]],
      inputDType: 'int64',
      inputRange: 5,
    },
  ],
});
