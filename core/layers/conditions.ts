// Layers that compare two inputs, and that choose between values by a condition. A condition holds where it is above 0.
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type LayerDeclaration } from './declaration';
import { number } from './params';
import { inputOf } from './pieces';
import { broadcastEdges, mismatch, outputs, product, refusal } from './shapes';

/** The common shape of inputs under broadcasting, or which of `ports` does not fit. */
function inferCommon(ports: readonly string[], inputs: readonly EdgeShape[]) {
  let common: EdgeShape = inputs[0] ?? null;
  for (const [index, port] of ports.entries()) {
    const joined = broadcastEdges(common, inputs[index] ?? null);
    if (joined === undefined)
      return refusal(
        mismatch(
          port,
          `sizes that broadcast with ${formatShape(common ?? [])}`,
          formatShape(inputs[index] ?? []),
          'sizes must be equal or 1, counted from the last axis',
        ),
      );
    common = joined;
  }
  return outputs(common);
}

/** Whole numbers and truths as numbers that ops compare; the result is float32. */
const asNumbers = (x: Tensor): Tensor => (x.dtype.startsWith('float') ? x : ops.cast(x, 'float64'));

/** Where a condition holds: what is true, or above 0, as numbers of `like`'s type. */
const holds = (condition: Tensor, like: Tensor): Tensor =>
  condition.dtype.startsWith('float')
    ? ops.gt(condition, 0)
    : ops.cast(ops.gt(ops.cast(condition, 'float64'), 0), like.dtype);

interface Comparison {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly compare: (left: Tensor, right: Tensor) => Tensor;
}

/** 1 where it holds, else 0, in the inputs' float type: it can be multiplied with. Has no gradient. */
const comparison = ({ type, torch, summary, keywords, compare }: Comparison): LayerDeclaration =>
  defineLayer({
    type,
    torch,
    category: 'arithmetic',
    summary,
    keywords: ['compare', 'condition', ...keywords],
    params: {},
    inputs: [
      { name: 'input', content: 'any' },
      { name: 'other', content: 'any' },
    ],
    outputs: [{ name: 'output' }],
    infer: (_params, inputs) => inferCommon(['input', 'other'], inputs),
    lower(call) {
      const [left, right] = [inputOf(call, 0), inputOf(call, 1)];
      const result = compare(asNumbers(left), asNumbers(right));
      const isWhole = !left.dtype.startsWith('float') && !right.dtype.startsWith('float');
      return [isWhole ? ops.cast(result, 'float32') : result];
    },
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

export const greater = comparison({
  type: 'greater',
  torch: 'torch.gt',
  summary: 'Gives 1 where the first input is larger, else 0.',
  keywords: ['more', 'above'],
  compare: (left, right) => ops.gt(left, right),
});
export const greaterEqual = comparison({
  type: 'greater_equal',
  torch: 'torch.ge',
  summary: 'Gives 1 where the first input is larger or equal, else 0.',
  keywords: ['at least'],
  compare: (left, right) => ops.ge(left, right),
});
export const less = comparison({
  type: 'less',
  torch: 'torch.lt',
  summary: 'Gives 1 where the first input is smaller, else 0.',
  keywords: ['below'],
  compare: (left, right) => ops.lt(left, right),
});
export const lessEqual = comparison({
  type: 'less_equal',
  torch: 'torch.le',
  summary: 'Gives 1 where the first input is smaller or equal, else 0.',
  keywords: ['at most'],
  compare: (left, right) => ops.le(left, right),
});
export const equal = comparison({
  type: 'equal',
  torch: 'torch.eq',
  summary: 'Gives 1 where both inputs are equal, else 0.',
  keywords: ['same'],
  compare: (left, right) => ops.eq(left, right),
});
export const notEqual = comparison({
  type: 'not_equal',
  torch: 'torch.ne',
  summary: 'Gives 1 where both inputs differ, else 0.',
  keywords: ['different'],
  compare: (left, right) => ops.ne(left, right),
});

/** `input` where the condition is above 0, else `other`. */
export const where = defineLayer({
  type: 'where',
  torch: 'torch.where',
  category: 'arithmetic',
  summary: 'Chooses between two inputs, value by value: the first where a condition is above 0.',
  keywords: ['if', 'select', 'mask', 'choose'],
  params: {},
  inputs: [
    { name: 'condition', content: 'mask', help: 'Numbers, or truths.' },
    { name: 'input' },
    { name: 'other' },
  ],
  outputs: [{ name: 'output' }],
  infer: (_params, inputs) => inferCommon(['condition', 'input', 'other'], inputs),
  lower: (call) => [ops.where(holds(inputOf(call, 0), inputOf(call, 1)), inputOf(call, 1), inputOf(call, 2))],
  flops: (_params, _inputs, [output = []]) => product(output) ?? 0,
  examples: [
    {
      title: 'three that broadcast',
      params: {},
      inputs: [[3, 4], [2, 3, 4], [4]],
      outputs: [[2, 3, 4]],
    },
  ],
});

/** `value` where the mask is above 0, else the input. The mask broadcasts to the input. */
export const maskedFill = defineLayer({
  type: 'masked_fill',
  torch: 'torch.masked_fill',
  category: 'arithmetic',
  summary: 'Replaces values by a number where a mask is above 0.',
  keywords: ['mask', 'attention', 'hide'],
  params: { value: number({ help: 'What masked values become.', initial: 0, mayBeInfinite: true }) },
  inputs: [{ name: 'input' }, { name: 'mask', content: 'mask', help: 'Numbers, or truths.' }],
  outputs: [{ name: 'output' }],
  infer: (_params, inputs) => inferCommon(['input', 'mask'], inputs),
  lower: (call) => [
    ops.where(holds(inputOf(call, 1), inputOf(call, 0)), call.params.value, inputOf(call, 0)),
  ],
  flops: (_params, _inputs, [output = []]) => product(output) ?? 0,
  examples: [
    {
      title: 'a mask that broadcasts',
      params: { value: -2.5 },
      inputs: [
        [2, 3, 4],
        [3, 1],
      ],
      outputs: [[2, 3, 4]],
    },
  ],
});
