// Layers that cut out, repeat, surround or replace what they are given: slice, repeat, pad, constant.
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import { defineLayer, type LayerProblem } from './declaration';
import { choice, integer, integerList, number, optionalInteger } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, mismatch, outputs, product, refusal, type Size } from './shapes';

const ANY = Number.MIN_SAFE_INTEGER;

/** How many of `size` places a slice takes, from which on; Python's rules. */
function sliced(size: number, start: number | null, end: number | null, step: number) {
  const bound = (index: number): number => Math.min(Math.max(index < 0 ? index + size : index, 0), size);
  const from = bound(start ?? 0);
  return { from, count: Math.max(0, Math.ceil((bound(end ?? size) - from) / step)) };
}

/** Places start, start + step, ... before end along an axis. */
export const slice = defineLayer({
  type: 'slice',
  torch: 'torch.slice_copy',
  category: 'shape',
  summary: 'Takes a part along an axis.',
  keywords: ['narrow', 'crop', 'select', 'split', 'chunk', 'part'],
  params: {
    dim: integer({
      min: ANY,
      help: 'Axis to cut; negative counts from the end.',
      initial: 1,
      torchDefault: 0,
    }),
    start: optionalInteger({
      min: ANY,
      help: 'First place; negative counts from the end; blank: the first.',
      initial: 0,
      torchDefault: null,
    }),
    end: optionalInteger({
      min: ANY,
      help: 'Past the last place; negative counts from the end; blank: to the end.',
      initial: null,
      torchDefault: null,
    }),
    step: integer({ help: 'Distance between the places.', initial: 1, torchDefault: 1 }),
  },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dim, start, end, step }, [input = null]) {
    if (input === null) return outputs(null);
    const axis = axisIn(dim, input.length);
    if (axis === null) return refusal(axisProblem('dim', dim, input.length));
    const size = input[axis] ?? null;
    return outputs(input.with(axis, size === null ? null : sliced(size, start, end, step).count));
  },
  lower(call) {
    const input = inputOf(call);
    const { dim, start, end, step } = call.params;
    const size = input.shape.at(dim) ?? 0;
    const { from, count } = sliced(size, start, end, step);
    // A part of nothing starts nowhere.
    if (input.numel() === 0) return [ops.slice(input, dim, { start: 0, end: count })];
    const past = count === 0 ? from : from + (count - 1) * step + 1;
    return [ops.slice(input, dim, { start: from, end: past, step })];
  },
  flops: () => 0,
  examples: [
    { title: 'the middle', params: { dim: 1, start: 1, end: -1 }, inputs: [[2, 5, 3]], outputs: [[2, 3, 3]] },
    { title: 'every second', params: { dim: -1, step: 2 }, inputs: [[3, 7]], outputs: [[3, 4]] },
  ],
});

/** The input `dims[i]` times along axis i; the last axes where there are fewer numbers than axes. */
export const repeat = defineLayer({
  type: 'repeat',
  torch: 'torch.tile',
  category: 'shape',
  summary: 'Repeats its input along axes.',
  keywords: ['tile', 'expand', 'copy'],
  params: {
    dims: integerList({
      min: 1,
      help: 'How often, for each axis; the last number is the last axis.',
      initial: [2],
    }),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer({ dims }, [input = null]) {
    if (input === null) return outputs(null);
    const rank = Math.max(input.length, dims.length);
    return outputs(
      Array.from({ length: rank }, (_, axis): Size => {
        const size = axis < rank - input.length ? 1 : (input[axis - rank + input.length] ?? null);
        return size === null ? null : size * (dims[axis - rank + dims.length] ?? 1);
      }),
    );
  },
  lower(call) {
    const { dims } = call.params;
    const input = inputOf(call);
    const rank = Math.max(input.rank, dims.length);
    const sizes = [...new Array<number>(rank - input.rank).fill(1), ...input.shape];
    const times = [...new Array<number>(rank - dims.length).fill(1), ...dims];
    const apart = ops.reshape(
      input,
      sizes.flatMap((size) => [1, size]),
    );
    const copies = ops.expand(
      apart,
      sizes.flatMap((size, axis) => [times[axis] ?? 1, size]),
    );
    return [
      ops.reshape(
        copies,
        sizes.map((size, axis) => size * (times[axis] ?? 1)),
      ),
    ];
  },
  flops: () => 0,
  examples: [
    { title: 'the last axis', params: { dims: [3] }, inputs: [[2, 4]], outputs: [[2, 12]] },
    { title: 'a new axis too', params: { dims: [2, 1, 2] }, inputs: [[3, 2]], outputs: [[2, 3, 4]] },
  ],
});

/** PyTorch lists the last axis first; ours is outermost first. */
const outermostFirst = (padding: readonly number[]): readonly number[] =>
  Array.from({ length: padding.length / 2 }, (_, axis) => padding.length / 2 - 1 - axis).flatMap((axis) => [
    padding[2 * axis] ?? 0,
    padding[2 * axis + 1] ?? 0,
  ]);

/** The last axes, as many as there are pairs, longer by the amounts before and after. */
export const pad = defineLayer({
  type: 'pad',
  torch: 'torch.nn.functional.pad',
  category: 'shape',
  summary: 'Adds to both ends of any of the last axes.',
  keywords: ['border', 'padding', 'crop'],
  params: {
    pad: integerList({
      help: 'Amounts before and after each axis, the last axis first; negative ones crop.',
      initial: [1, 1],
    }),
    mode: choice({
      options: ['constant', 'reflect', 'replicate', 'circular'],
      help: 'What is added: a number, or the input continued.',
      initial: 'constant',
      torchDefault: 'constant',
    }),
    value: number({
      help: 'The number that is added.',
      initial: 0,
      torchDefault: 0,
      mayBeInfinite: true,
    }),
  },
  check: ({ pad: amounts, mode, value }): readonly LayerProblem[] => [
    ...(amounts.length > 0 && amounts.length % 2 === 0
      ? []
      : [mismatch('pad', 'two numbers for each axis', amounts.length)]),
    ...(mode === 'constant' || value === 0 ? [] : [mismatch('value', '0 where no number is added', value)]),
  ],
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ pad: amounts, mode }, [input = null]) {
    if (input === null) return outputs(null);
    const count = amounts.length / 2;
    const ranks = `${count} axes or more`;
    if (input.length < count) return refusal(mismatch('input', ranks, input.length));
    if (mode !== 'constant' && (count > 3 || input.length < count + 1 || input.length > count + 2))
      return refusal(
        mismatch('input', `${count + 1} or ${count + 2} dimensions to continue ${count} axes`, input.length),
      );
    const added = outermostFirst(amounts);
    const padded = input.slice(-count);
    for (const [axis, size] of padded.entries()) {
      const most = Math.max(added[2 * axis] ?? 0, added[2 * axis + 1] ?? 0);
      const cropped = Math.min(added[2 * axis] ?? 0, 0) + Math.min(added[2 * axis + 1] ?? 0, 0);
      const limit = (size ?? Infinity) + (mode === 'reflect' ? -1 : cropped);
      if ((mode === 'reflect' || mode === 'circular') && most > limit)
        return refusal(mismatch('pad', `at most ${limit} along an axis of ${size ?? '?'}`, most));
    }
    const sizes = padded.map((size, axis): Size =>
      size === null ? null : size + (added[2 * axis] ?? 0) + (added[2 * axis + 1] ?? 0),
    );
    if (sizes.some((size) => size !== null && size < 0))
      return refusal(
        mismatch('pad', `less than the input, ${formatShape(input)}, to crop`, amounts.join(', ')),
      );
    return outputs([...input.slice(0, -count), ...sizes]);
  },
  lower: (call) => [
    ops.pad(inputOf(call), outermostFirst(call.params.pad), {
      mode: call.params.mode,
      value: call.params.value,
    }),
  ],
  flops: () => 0,
  examples: [
    {
      title: 'a number, one end cropped',
      params: { pad: [1, 2, 0, -1], value: 0.5 },
      inputs: [[2, 3, 4]],
      outputs: [[2, 2, 7]],
    },
    {
      title: 'a mirror',
      params: { pad: [2, 1], mode: 'reflect' },
      inputs: [[2, 3, 4]],
      outputs: [[2, 3, 7]],
    },
    {
      title: 'the other end',
      params: { pad: [1, 1, 2, 0], mode: 'circular' },
      inputs: [[2, 3, 4, 3]],
      outputs: [[2, 3, 6, 5]],
    },
  ],
});

/** One number in the shape of the input. */
export const constant = defineLayer({
  type: 'constant',
  torch: 'torch.full_like',
  category: 'arithmetic',
  summary: 'A number in the shape of its input.',
  keywords: ['fill', 'ones', 'zeros', 'full'],
  params: { fill_value: number({ help: 'The number.', initial: 1, mayBeInfinite: true }) },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) => outputs(input),
  lower(call) {
    const input = inputOf(call);
    const { fill_value: value } = call.params;
    // Chosen rather than filled, so that the input has a gradient: 0.
    return [ops.where(ops.isNan(input), value, value)];
  },
  flops: (_params, [input = []]) => product(input) ?? 0,
  examples: [{ title: 'a number', params: { fill_value: 2.5 }, inputs: [[2, 3]], outputs: [[2, 3]] }],
});
