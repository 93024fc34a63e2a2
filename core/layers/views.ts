// Layers that show the same values in another shape: reshape, permute, transpose, squeeze, unsqueeze. Axis 0 is the batch.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { integer, integerList, shape } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, listed, mismatch, outputs, refusal, sizeAt } from './shapes';
import { fillHole, holesProblem } from './shape';

const axis = (help: string, initial: number) => integer({ min: Number.MIN_SAFE_INTEGER, help, initial });

/** All axes anew; one of them may be -1. */
export const reshape = defineLayer({
  type: 'reshape',
  torch: 'torch.reshape',
  category: 'shape',
  summary: 'Gives the same values another shape, batch included.',
  keywords: ['view'],
  params: {
    shape: shape({
      help: 'Sizes of the output, batch first; one of them may be -1 and is found.',
      initial: [-1, 1],
      allowsMinusOne: true,
    }),
  },
  check: ({ shape: sizes }) => holesProblem(sizes, 'shape'),
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ shape: sizes }, [input = null]) {
    const wanted = sizes ?? [];
    const total =
      input === null
        ? null
        : input.reduce<number | null>((n, size) => (n === null || size === null ? null : n * size), 1);
    const filled = fillHole(wanted, total);
    return filled
      ? outputs(filled)
      : refusal(mismatch('shape', `sizes whose product is ${total ?? '?'}, the input's`, listed(wanted)));
  },
  lower: (call) => [
    ops.reshape(
      inputOf(call),
      (call.params.shape ?? []).map((size) => size ?? -1),
    ),
  ],
  flops: () => 0,
  examples: [
    { title: 'rows', params: { shape: [-1, 6] }, inputs: [[4, 2, 3]], outputs: [[4, 6]] },
    { title: 'every size given', params: { shape: [3, 2, 2] }, inputs: [[3, 4]], outputs: [[3, 2, 2]] },
  ],
});

/** Axes in another order: output axis i is input axis dims[i]. */
export const permute = defineLayer({
  type: 'permute',
  torch: 'torch.permute',
  category: 'shape',
  summary: 'Puts axes in another order.',
  keywords: ['channels last', 'reorder'],
  params: { dims: integerList({ help: 'For each output axis the input axis it was.', initial: [0, 2, 1] }) },
  check({ dims }) {
    const positions = dims.map((dim) => axisIn(dim, dims.length));
    return new Set(positions).size === dims.length && !positions.includes(null)
      ? []
      : [mismatch('dims', `each of the ${dims.length} axes once`, listed(dims))];
  },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dims }, [input = null]) {
    if (input === null) return outputs(dims.map(() => null));
    if (input.length !== dims.length)
      return refusal(mismatch('dims', `${input.length} axes, as the input has`, dims.length));
    return outputs(dims.map((dim) => sizeAt(input, dim)));
  },
  lower: (call) => [ops.permute(inputOf(call), call.params.dims)],
  flops: () => 0,
  examples: [
    {
      title: 'channels last',
      params: { dims: [0, 2, 3, 1] },
      inputs: [[2, 3, 4, 5]],
      outputs: [[2, 4, 5, 3]],
    },
    { title: 'from the end', params: { dims: [0, -1, 1] }, inputs: [[2, 3, 4]], outputs: [[2, 4, 3]] },
  ],
});

/** Two axes swapped. */
export const transpose = defineLayer({
  type: 'transpose',
  torch: 'torch.transpose',
  category: 'shape',
  summary: 'Swaps two axes.',
  keywords: ['swap'],
  params: { dim0: axis('One axis.', 1), dim1: axis('The other axis.', 2) },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dim0, dim1 }, [input = null]) {
    if (input === null) return outputs(null);
    const [from, to] = [axisIn(dim0, input.length), axisIn(dim1, input.length)];
    if (from === null) return refusal(axisProblem('dim0', dim0, input.length));
    if (to === null) return refusal(axisProblem('dim1', dim1, input.length));
    return outputs(input.with(from, sizeAt(input, to)).with(to, sizeAt(input, from)));
  },
  lower: (call) => [ops.transpose(inputOf(call), call.params.dim0, call.params.dim1)],
  flops: () => 0,
  examples: [
    { title: 'the last two', params: { dim0: 1, dim1: -1 }, inputs: [[2, 3, 4]], outputs: [[2, 4, 3]] },
  ],
});

/** Without an axis whose size is 1; another axis stays. */
export const squeeze = defineLayer({
  type: 'squeeze',
  torch: 'torch.squeeze',
  category: 'shape',
  summary: 'Takes away an axis of size 1.',
  params: { dim: axis('The axis; it stays where its size is not 1.', 1) },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dim }, [input = null]) {
    if (input === null) return outputs(null);
    const at = axisIn(dim, input.length);
    if (at === null) return refusal(axisProblem('dim', dim, input.length));
    // Not even the rank is known before the size is.
    if (input[at] === null) return outputs(null);
    return outputs(input[at] === 1 ? input.toSpliced(at, 1) : input);
  },
  lower: (call) => [ops.squeeze(inputOf(call), call.params.dim)],
  flops: () => 0,
  examples: [
    { title: 'the last', params: { dim: -1 }, inputs: [[4, 3, 1]], outputs: [[4, 3]] },
    { title: 'one that stays', params: { dim: 1 }, inputs: [[4, 3, 1]], outputs: [[4, 3, 1]] },
  ],
});

/** With a new axis of size 1. */
export const unsqueeze = defineLayer({
  type: 'unsqueeze',
  torch: 'torch.unsqueeze',
  category: 'shape',
  summary: 'Adds an axis of size 1, such as the one channel of grey images.',
  keywords: ['expand dims', 'channel'],
  params: { dim: axis('Where the new axis stands; negative counts from the end.', 1) },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dim }, [input = null]) {
    if (input === null) return outputs(null);
    const at = axisIn(dim, input.length + 1);
    return at === null
      ? refusal(axisProblem('dim', dim, input.length + 1))
      : outputs(input.toSpliced(at, 0, 1));
  },
  lower: (call) => [ops.unsqueeze(inputOf(call), call.params.dim)],
  flops: () => 0,
  examples: [
    { title: 'channels', params: { dim: 1 }, inputs: [[4, 5, 6]], outputs: [[4, 1, 5, 6]] },
    { title: 'at the end', params: { dim: -1 }, inputs: [[4]], outputs: [[4, 1]] },
  ],
});
