// Layers that compare two inputs, and that choose between values by a condition. A condition holds where it is above 0.
import * as ops from '../ops';
import { isFloatingPoint } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration } from './declaration';
import { number } from './params';
import { inferCommon, pairOf, type Pair } from './pairs';
import { inputOf } from './pieces';
import { product } from './shapes';

/** Where a condition holds: what is true, or above 0. */
const holds = (condition: Tensor): Tensor =>
  condition.dtype === 'bool'
    ? condition
    : ops.greater(condition, ops.zeros([], condition.dtype, condition.device));

/** Truths: true where it holds. Times a number they count as 1 and 0. Has no gradient. */
const comparison = (spec: Pair): LayerDeclaration =>
  pairOf({ ...spec, keywords: ['compare', 'condition', ...spec.keywords] });

export const greater = comparison({
  type: 'greater',
  torch: 'torch.gt',
  summary: 'Holds where the first input is larger.',
  keywords: ['more', 'above'],
  combine: ops.greater,
});
export const greaterEqual = comparison({
  type: 'greater_equal',
  torch: 'torch.ge',
  summary: 'Holds where the first input is larger or equal.',
  keywords: ['at least'],
  combine: ops.greaterEqual,
});
export const less = comparison({
  type: 'less',
  torch: 'torch.lt',
  summary: 'Holds where the first input is smaller.',
  keywords: ['below'],
  combine: ops.less,
});
export const lessEqual = comparison({
  type: 'less_equal',
  torch: 'torch.le',
  summary: 'Holds where the first input is smaller or equal.',
  keywords: ['at most'],
  combine: ops.lessEqual,
});
export const equal = comparison({
  type: 'equal',
  torch: 'torch.eq',
  summary: 'Holds where both inputs are equal.',
  keywords: ['same'],
  combine: ops.equal,
});
export const notEqual = comparison({
  type: 'not_equal',
  torch: 'torch.ne',
  summary: 'Holds where both inputs differ.',
  keywords: ['different'],
  combine: ops.notEqual,
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
    { name: 'input', content: 'any' },
    { name: 'other', content: 'any' },
  ],
  outputs: [{ name: 'output' }],
  infer: (_params, inputs) => inferCommon(['condition', 'input', 'other'], inputs),
  lower: (call) => [ops.wherePromoted(holds(inputOf(call, 0)), inputOf(call, 1), inputOf(call, 2))],
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

/** `value` in the input's dtype where the mask holds. */
function filled(x: Tensor, mask: Tensor, value: number): Tensor {
  if (isFloatingPoint(x.dtype)) return ops.where(ops.cast(mask, x.dtype), value, x);
  return ops.wherePromoted(mask, ops.full([], Math.trunc(value), x.dtype, x.device), x);
}

/** `value` where the mask is above 0, else the input. The mask broadcasts to the input. */
export const maskedFill = defineLayer({
  type: 'masked_fill',
  torch: 'torch.masked_fill',
  category: 'arithmetic',
  summary: 'Replaces values by a number where a mask is above 0.',
  keywords: ['mask', 'attention', 'hide'],
  params: { value: number({ help: 'What masked values become.', initial: 0, mayBeInfinite: true }) },
  inputs: [
    { name: 'input', content: 'any' },
    { name: 'mask', content: 'mask', help: 'Numbers, or truths.' },
  ],
  outputs: [{ name: 'output' }],
  infer: (_params, inputs) => inferCommon(['input', 'mask'], inputs),
  lower: (call) => [filled(inputOf(call), holds(inputOf(call, 1)), call.params.value)],
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
