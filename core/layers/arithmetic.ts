// Layers that join several inputs: sums, products and concatenation over any number, differences and quotients of two.
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration } from './declaration';
import { integer } from './params';
import { inferCommon, pairOf } from './pairs';
import { inputsOf } from './pieces';
import { axisIn, axisProblem, isCompatible, mismatch, outputs, product, refusal, type Size } from './shapes';

const needsInput = (port: string) => refusal(mismatch(port, 'at least one edge', 'none'));

const broadcastFlops = (inputs: readonly unknown[], output: readonly number[] = []): number =>
  Math.max(inputs.length - 1, 0) * (product(output) ?? 0);

interface Fold {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly combine: (left: Tensor, right: Tensor) => Tensor;
}

/** An elementwise operation over one or more inputs, from left to right, with broadcasting. */
function fold({ type, torch, summary, keywords, combine }: Fold): LayerDeclaration {
  return defineLayer({
    type,
    torch,
    category: 'arithmetic',
    summary,
    keywords,
    params: {},
    inputs: [{ name: 'inputs', isVariadic: true, content: 'any' }],
    outputs: [{ name: 'output' }],
    infer: (_params, inputs) =>
      inputs.length === 0
        ? needsInput('inputs')
        : inferCommon(
            inputs.map(() => 'inputs'),
            inputs,
          ),
    lower: (call) => [inputsOf(call).reduce((left, right) => combine(left, right))],
    flops: (_params, inputs, [output]) => broadcastFlops(inputs, output),
    examples: [
      {
        title: 'two of a shape',
        params: {},
        inputs: [
          [3, 4],
          [3, 4],
        ],
        outputs: [[3, 4]],
      },
      {
        title: 'three that broadcast',
        params: {},
        inputs: [[2, 3, 1], [4], [3, 4]],
        outputs: [[2, 3, 4]],
      },
    ],
  });
}

export const add = fold({
  type: 'add',
  torch: 'torch.add',
  summary: 'The sum of its inputs; a skip connection ends here.',
  keywords: ['sum', 'plus', 'residual', 'skip'],
  combine: ops.addPromoted,
});

export const multiply = fold({
  type: 'multiply',
  torch: 'torch.mul',
  summary: 'The product of its inputs, element by element; a gate.',
  keywords: ['product', 'times', 'gate', 'scale'],
  combine: ops.mulPromoted,
});

export const subtract = pairOf({
  type: 'subtract',
  torch: 'torch.sub',
  summary: 'The first input minus the second.',
  keywords: ['minus', 'difference'],
  combine: ops.subPromoted,
});

export const divide = pairOf({
  type: 'divide',
  torch: 'torch.div',
  summary: 'The first input divided by the second.',
  keywords: ['quotient', 'ratio'],
  combine: ops.divPromoted,
});

/** Joins along `dim`; every other size must agree. */
export const concatenate = defineLayer({
  type: 'concatenate',
  torch: 'torch.cat',
  category: 'arithmetic',
  summary: 'Joins its inputs along an axis.',
  keywords: ['cat', 'join', 'merge', 'dense connection'],
  params: {
    dim: integer({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Axis to join along; 1 joins channels or features.',
      initial: 1,
      torchDefault: 0,
    }),
  },
  inputs: [{ name: 'inputs', isVariadic: true, content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dim }, inputs) {
    if (inputs.length === 0) return needsInput('inputs');
    const known = inputs.find((input) => input !== null) ?? null;
    if (known === null) return outputs(null);
    const axis = axisIn(dim, known.length);
    if (axis === null) return refusal(axisProblem('dim', dim, known.length));
    const sizes: Size[] = [...known];
    for (const input of inputs) {
      if (input === null) continue;
      const fits =
        input.length === known.length &&
        input.every((size, at) => at === axis || size === null || (sizes[at] ?? size) === size);
      if (!fits)
        return refusal(
          mismatch('inputs', `${formatShape(known)} except along axis ${axis}`, formatShape(input)),
        );
      input.forEach((size, at) => {
        if (at !== axis) sizes[at] ??= size;
      });
    }
    const total = inputs.reduce<Size>((sum, input) => {
      const size = input?.[axis] ?? null;
      return sum === null || size === null ? null : sum + size;
    }, 0);
    return outputs(sizes.with(axis, total));
  },
  lower: (call) => [ops.concatenate(ops.joined(inputsOf(call)), call.params.dim)],
  flops: () => 0,
  examples: [
    {
      title: 'channels',
      params: { dim: 1 },
      inputs: [
        [2, 3, 4],
        [2, 1, 4],
        [2, 2, 4],
      ],
      outputs: [[2, 6, 4]],
    },
    {
      title: 'the last axis',
      params: { dim: -1 },
      inputs: [
        [3, 2],
        [3, 5],
      ],
      outputs: [[3, 7]],
    },
  ],
});

/** Joins inputs of one shape along a new axis. */
export const stack = defineLayer({
  type: 'stack',
  torch: 'torch.stack',
  category: 'arithmetic',
  summary: 'Joins its inputs along a new axis.',
  keywords: ['join', 'merge'],
  params: {
    dim: integer({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Where the new axis stands; negative counts from the end.',
      initial: 1,
      torchDefault: 0,
    }),
  },
  inputs: [{ name: 'inputs', isVariadic: true, content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dim }, inputs) {
    if (inputs.length === 0) return needsInput('inputs');
    const known = inputs.find((input) => input !== null) ?? null;
    if (known === null) return outputs(null);
    const axis = axisIn(dim, known.length + 1);
    if (axis === null) return refusal(axisProblem('dim', dim, known.length + 1));
    const sizes: Size[] = [...known];
    for (const input of inputs) {
      if (!isCompatible(sizes, input))
        return refusal(mismatch('inputs', `the shape ${formatShape(sizes)}`, formatShape(input ?? [])));
      input?.forEach((size, at) => {
        sizes[at] ??= size;
      });
    }
    return outputs(sizes.toSpliced(axis, 0, inputs.length));
  },
  lower: (call) => [ops.stack(ops.joined(inputsOf(call)), call.params.dim)],
  flops: () => 0,
  examples: [
    {
      title: 'three rows',
      params: { dim: 1 },
      inputs: [
        [2, 4],
        [2, 4],
        [2, 4],
      ],
      outputs: [[2, 3, 4]],
    },
    {
      title: 'at the end',
      params: { dim: -1 },
      inputs: [
        [2, 4],
        [2, 4],
      ],
      outputs: [[2, 4, 2]],
    },
  ],
});
