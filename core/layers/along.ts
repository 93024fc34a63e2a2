// Layers that go along one axis: sums and products up to each place, the product of all, the place of an extreme.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type LayerDeclaration } from './declaration';
import { boolean, integer } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, outputs, product, refusal, type Size } from './shapes';

const dim = (help: string) => integer({ min: Number.MIN_SAFE_INTEGER, help, initial: -1 });
const ENDS = {
  category: 'arithmetic',
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
} as const;

/** The shape with what `change` makes of it at the axis. */
function inferAlong(
  along: number,
  input: EdgeShape,
  change: (shape: readonly Size[], axis: number) => readonly Size[],
) {
  if (input === null) return outputs(null);
  const axis = axisIn(along, input.length);
  return axis === null ? refusal(axisProblem('dim', along, input.length)) : outputs(change(input, axis));
}

interface Running {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly verb: string;
  readonly run: (x: Tensor, axis: number) => Tensor;
}

const running = ({ verb, run, ...named }: Running): LayerDeclaration =>
  defineLayer({
    ...named,
    ...ENDS,
    params: { dim: dim(`Axis to ${verb} along; negative counts from the end.`) },
    infer: ({ dim: along }, [input = null]) => inferAlong(along, input, (shape) => shape),
    lower: (call) => [run(inputOf(call), call.params.dim)],
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      { title: 'the first of two axes', params: { dim: 0 }, inputs: [[4, 3]], outputs: [[4, 3]] },
      {
        title: 'whole numbers',
        params: { dim: -1 },
        inputs: [[2, 4]],
        outputs: [[2, 4]],
        inputDType: 'int64',
        inputData: { 0: [1, 2, 3, 4, -1, 5, 0, 7] },
      },
    ],
  });

export const cumsum = running({
  type: 'cumsum',
  torch: 'torch.cumsum',
  summary: 'The sum of everything up to each place along an axis.',
  keywords: ['prefix sum', 'running total', 'cumulative'],
  verb: 'sum',
  run: ops.cumsum,
});

export const cumprod = running({
  type: 'cumprod',
  torch: 'torch.cumprod',
  summary: 'The product of everything up to each place along an axis.',
  keywords: ['prefix product', 'cumulative', 'survival', 'transmittance'],
  verb: 'multiply',
  run: ops.cumprod,
});

const keepdim = boolean({ help: 'Keeps the axis with size 1.', initial: false, torchDefault: false });

/** The shape with one number a line. */
const inferOne = (
  params: { readonly dim: number; readonly keepdim: boolean },
  [input = null]: readonly EdgeShape[],
) =>
  inferAlong(params.dim, input, (shape, axis) =>
    params.keepdim ? shape.with(axis, 1) : shape.toSpliced(axis, 1),
  );

/** Where the largest or smallest value stands along an axis. */
const placeOf = (
  type: 'argmax' | 'argmin',
  word: string,
  find: (x: Tensor, axis: number, options: { readonly keepdim: boolean }) => Tensor,
): LayerDeclaration =>
  defineLayer({
    type,
    torch: `torch.${type}`,
    summary: `The place of the ${word} value along an axis, as a whole number; the first of equal ones.`,
    keywords: ['class', word, 'index', 'prediction'],
    ...ENDS,
    params: { dim: dim('Axis to look along; negative counts from the end.'), keepdim },
    infer: inferOne,
    lower: (call) => [find(inputOf(call), call.params.dim, { keepdim: call.params.keepdim })],
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      { title: 'the last axis', params: { dim: -1 }, inputs: [[2, 3, 5]], outputs: [[2, 3]] },
      {
        title: 'whole numbers, kept',
        params: { dim: 0, keepdim: true },
        inputs: [[3, 2]],
        outputs: [[1, 2]],
        inputDType: 'int64',
        inputData: { 0: [1, 4, 3, 4, 3, -2] },
      },
    ],
  });

export const argmax = placeOf('argmax', 'largest', ops.argmaxPromoted);
export const argmin = placeOf('argmin', 'smallest', ops.argminPromoted);

/** The product of all elements along an axis. */
export const prod = defineLayer({
  type: 'prod',
  torch: 'torch.prod',
  summary: 'The product along an axis.',
  keywords: ['multiply', 'factor', 'likelihood'],
  ...ENDS,
  params: {
    dim: dim('Axis to multiply along; negative counts from the end.'),
    keepdim,
  },
  infer: inferOne,
  lower: (call) => [ops.prodPromoted(inputOf(call), call.params.dim, { keepdim: call.params.keepdim })],
  flops: (_params, [input = []]) => product(input) ?? 0,
  examples: [
    { title: 'the last axis', params: { dim: -1 }, inputs: [[2, 3, 5]], outputs: [[2, 3]] },
    {
      title: 'a factor of zero',
      params: { dim: 0, keepdim: true },
      inputs: [[3, 2]],
      outputs: [[1, 2]],
      inputData: { 0: [1.5, 0, -2, 3, 0.5, 0] },
    },
    {
      title: 'whole numbers',
      params: { dim: 1 },
      inputs: [[2, 4]],
      outputs: [[2]],
      inputDType: 'int64',
      inputData: { 0: [1, 2, 3, 4, -1, 5, 0, 7] },
    },
  ],
});
