// Functions of each element alone that are no activations: powers, roots, logarithms, sines, rounding, and limits.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type ExampleValues, type LayerDeclaration } from './declaration';
import { number, optionalNumber } from './params';
import { pairOf } from './pairs';
import { inputOf } from './pieces';
import { mismatch, outputs, product } from './shapes';

interface Pointwise {
  readonly type: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  /** What the example is about, where not any number will do. */
  readonly values?: ExampleValues;
  readonly formula: (x: Tensor) => Tensor;
  /** Of whole numbers it gives whole numbers. */
  readonly keepsWhole?: boolean;
}

const WHOLE = { inputDType: 'int64', inputData: { 0: [0, 2, -3, 5, -9, 12] } } as const;

/** `[*]` → `[*]`, as PyTorch's function of the same name. */
const pointwise = ({
  type,
  summary,
  keywords,
  values,
  formula,
  keepsWhole = false,
}: Pointwise): LayerDeclaration =>
  defineLayer({
    type,
    torch: `torch.${type}`,
    category: 'arithmetic',
    summary,
    keywords: ['function', ...keywords],
    params: {},
    inputs: [{ name: 'input', content: 'any' }],
    outputs: [{ name: 'output' }],
    infer: (_params, [input = null]) => outputs(input),
    lower: (call) => [formula(inputOf(call))],
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      {
        title: 'a batch',
        params: {},
        inputs: [[3, 4]],
        outputs: [[3, 4]],
        ...(values === undefined ? {} : { inputValues: [values] }),
      },
      ...(keepsWhole
        ? [{ title: 'whole numbers', params: {}, inputs: [[2, 3]], outputs: [[2, 3]], ...WHOLE }]
        : []),
    ],
  });

export const abs = pointwise({ type: 'abs', summary: 'The size of each value.', keywords: ['absolute', 'magnitude'], formula: ops.absPromoted, keepsWhole: true }); // prettier-ignore
export const neg = pointwise({ type: 'neg', summary: 'Each value with the other sign.', keywords: ['negative', 'minus'], formula: ops.negPromoted, keepsWhole: true }); // prettier-ignore
export const sign = pointwise({ type: 'sign', summary: '-1, 0 or 1: on which side of 0 each value is.', keywords: ['signum'], formula: ops.signPromoted, keepsWhole: true }); // prettier-ignore
export const square = pointwise({ type: 'square', summary: 'Each value times itself.', keywords: ['power'], formula: ops.squarePromoted, keepsWhole: true }); // prettier-ignore
export const sqrt = pointwise({ type: 'sqrt', summary: 'The square root of each value.', keywords: ['root'], values: 'positive', formula: (x) => ops.sqrt(ops.floatOf(x)) }); // prettier-ignore
export const rsqrt = pointwise({ type: 'rsqrt', summary: '1 over the square root of each value.', keywords: ['root', 'inverse'], values: 'positive', formula: (x) => ops.rsqrt(ops.floatOf(x)) }); // prettier-ignore
export const reciprocal = pointwise({ type: 'reciprocal', summary: '1 over each value.', keywords: ['inverse'], values: 'positive', formula: (x) => ops.reciprocal(ops.floatOf(x)) }); // prettier-ignore
export const exp = pointwise({ type: 'exp', summary: 'The exponential of each value.', keywords: ['exponential'], formula: (x) => ops.exp(ops.floatOf(x)) }); // prettier-ignore
export const log = pointwise({ type: 'log', summary: 'The natural logarithm of each value.', keywords: ['logarithm', 'ln'], values: 'positive', formula: (x) => ops.log(ops.floatOf(x)) }); // prettier-ignore
export const log1p = pointwise({ type: 'log1p', summary: 'The natural logarithm of 1 plus each value, exact near 0.', keywords: ['logarithm'], values: 'positive', formula: (x) => ops.log1p(ops.floatOf(x)) }); // prettier-ignore
export const expm1 = pointwise({ type: 'expm1', summary: 'The exponential of each value less 1, exact near 0.', keywords: ['exponential'], formula: (x) => ops.expm1(ops.floatOf(x)) }); // prettier-ignore
export const sin = pointwise({ type: 'sin', summary: 'The sine of each value.', keywords: ['periodic', 'wave'], formula: (x) => ops.sin(ops.floatOf(x)) }); // prettier-ignore
export const cos = pointwise({ type: 'cos', summary: 'The cosine of each value.', keywords: ['periodic', 'wave'], formula: (x) => ops.cos(ops.floatOf(x)) }); // prettier-ignore
export const erf = pointwise({ type: 'erf', summary: 'The error function of each value.', keywords: ['gaussian', 'normal'], formula: (x) => ops.erf(ops.floatOf(x)) }); // prettier-ignore
export const floor = pointwise({ type: 'floor', summary: 'The next whole number below each value.', keywords: ['round down'], formula: ops.floorPromoted, keepsWhole: true }); // prettier-ignore
export const ceil = pointwise({ type: 'ceil', summary: 'The next whole number above each value.', keywords: ['round up'], formula: ops.ceilPromoted, keepsWhole: true }); // prettier-ignore
export const round = pointwise({ type: 'round', summary: 'The nearest whole number; of two the even one.', keywords: ['quantize'], formula: ops.roundPromoted, keepsWhole: true }); // prettier-ignore

export const pow = pairOf(
  {
    type: 'pow',
    torch: 'torch.pow',
    summary: 'The first input to the power of the second.',
    keywords: ['power', 'exponent'],
    combine: ops.pow,
  },
  'float',
  [
    {
      title: 'two that broadcast',
      params: {},
      inputs: [
        [2, 3, 4],
        [3, 1],
      ],
      inputValues: ['positive'],
      outputs: [[2, 3, 4]],
    },
  ],
);

/** Each value to the power of a number. */
export const power = defineLayer({
  type: 'power',
  torch: 'torch.Tensor.pow',
  title: 'pow(number)',
  category: 'arithmetic',
  summary: 'Each value to the power of a number.',
  keywords: ['pow', 'exponent', 'square', 'cube', 'root'],
  params: { exponent: number({ help: 'The power.', initial: 2 }) },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) => outputs(input),
  lower: (call) => [ops.powPromoted(inputOf(call), call.params.exponent)],
  flops: (_params, [input = []]) => product(input) ?? 0,
  examples: [
    { title: 'cubes', params: { exponent: 3 }, inputs: [[3, 4]], outputs: [[3, 4]] },
    { title: 'of whole numbers', params: { exponent: 3 }, inputs: [[2, 3]], outputs: [[2, 3]], ...WHOLE },
    {
      title: 'a root',
      params: { exponent: -0.5 },
      inputs: [[5]],
      inputValues: ['positive'],
      outputs: [[5]],
    },
  ],
});

const bound = (help: string, initial: number | null) => optionalNumber({ help, initial, torchDefault: null });

/** Each value, but at least `min` and at most `max`. By tensors: maximum and minimum. */
export const clamp = defineLayer({
  type: 'clamp',
  torch: 'torch.clamp',
  category: 'arithmetic',
  summary: 'Limits each value to a range.',
  keywords: ['clip', 'limit', 'bound'],
  params: { min: bound('Smallest value; blank: none.', 0), max: bound('Largest value; blank: none.', null) },
  check: ({ min, max }) =>
    min === null && max === null ? [mismatch('min', 'a bound, or one in max', 'none')] : [],
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) => outputs(input),
  lower: (call) => [ops.clampPromoted(inputOf(call), call.params)],
  flops: (_params, [input = []]) => 2 * (product(input) ?? 0),
  examples: [
    { title: 'both sides', params: { min: -0.4, max: 1.1 }, inputs: [[3, 4]], outputs: [[3, 4]] },
    {
      title: 'whole numbers',
      params: { min: 2, max: 6 },
      inputs: [[2, 3]],
      outputs: [[2, 3]],
      ...WHOLE,
    },
    { title: 'from below', params: { min: 0.3, max: null }, inputs: [[5]], outputs: [[5]] },
  ],
});
