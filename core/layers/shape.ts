// Layers that join and split axes, and identity. Those that reorder or reshape everything are in views.ts.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { integer, shape } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, mismatch, outputs, product, refusal, sizeAt, type Size } from './shapes';

const ANY_AXIS = Number.MIN_SAFE_INTEGER;
const axisParam = (help: string, initial: number, torchDefault?: number) =>
  integer({ min: ANY_AXIS, help, initial, ...(torchDefault === undefined ? {} : { torchDefault }) });

/** `sizes` with its one -1 (or blank) replaced so that the product is `total`; null when that is impossible. */
export function fillHole(sizes: readonly Size[], total: Size): readonly Size[] | null {
  const isHole = (item: Size) => item === -1 || item === null;
  const known = product(sizes.filter((item) => !isHole(item))) ?? 0;
  if (!sizes.some(isHole)) return total === null || known === total ? sizes : null;
  if (total === null) return sizes.map((item) => (isHole(item) ? null : item));
  if (known === 0 || total % known !== 0) return null;
  return sizes.map((item) => (isHole(item) ? total / known : item));
}

/** More than one -1 (or blank) among sizes. */
export const holesProblem = (sizes: readonly Size[] | null, where: string) =>
  (sizes ?? []).filter((item) => item === -1 || item === null).length > 1
    ? [{ where, message: 'only one dimension can be inferred', expected: 'at most one -1' }]
    : [];

/** Joins axes start_dim to end_dim into one: `[N, 8, 6, 6]` → `[N, 288]`. */
export const flatten = defineLayer({
  type: 'flatten',
  torch: 'torch.nn.Flatten',
  category: 'shape',
  summary: 'Joins several axes into one; goes between convolutions and linear layers.',
  keywords: ['vector', 'ravel'],
  params: {
    start_dim: axisParam('First axis to join.', 1, 1),
    end_dim: axisParam('Last axis to join; -1 is the last one.', -1, -1),
  },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ start_dim, end_dim }, [input = null]) {
    if (input === null) return outputs(null);
    if (input.length === 0) return outputs([1]);
    const start = axisIn(start_dim, input.length);
    const end = axisIn(end_dim, input.length);
    if (start === null) return refusal(axisProblem('start_dim', start_dim, input.length));
    if (end === null) return refusal(axisProblem('end_dim', end_dim, input.length));
    if (start > end) return refusal(mismatch('start_dim', `at most end_dim, axis ${end}`, `axis ${start}`));
    const joined = product(input.slice(start, end + 1));
    return outputs([...input.slice(0, start), joined, ...input.slice(end + 1)]);
  },
  lower: (call) => [ops.flatten(inputOf(call), call.params.start_dim, call.params.end_dim)],
  flops: () => 0,
  examples: [
    { title: 'all but the batch', params: {}, inputs: [[2, 3, 4, 5]], outputs: [[2, 60]] },
    {
      title: 'the middle axes',
      params: { start_dim: 1, end_dim: -2 },
      inputs: [[2, 3, 4, 5]],
      outputs: [[2, 12, 5]],
    },
    { title: 'everything', params: { start_dim: 0 }, inputs: [[3, 2]], outputs: [[6]] },
  ],
});

/** Splits one axis into several: `[N, 288]` → `[N, 8, 6, 6]`. */
export const unflatten = defineLayer({
  type: 'unflatten',
  torch: 'torch.nn.Unflatten',
  category: 'shape',
  summary: 'Splits one axis into several, such as a row of pixels into an image.',
  keywords: ['image', 'view'],
  params: {
    dim: axisParam('Axis to split.', 1),
    unflattened_size: shape({
      help: 'Sizes it becomes; one of them may be -1.',
      initial: [1, -1],
      allowsMinusOne: true,
    }),
  },
  check: ({ unflattened_size: sizes }) => [
    ...(sizes === null || sizes.length === 0
      ? [mismatch('unflattened_size', 'one size or more', 'none')]
      : []),
    ...holesProblem(sizes, 'unflattened_size'),
  ],
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dim, unflattened_size }, [input = null]) {
    if (input === null || unflattened_size === null) return outputs(null);
    const axis = axisIn(dim, input.length);
    if (axis === null) return refusal(axisProblem('dim', dim, input.length));
    const whole = sizeAt(input, axis);
    const parts = fillHole(unflattened_size, whole);
    if (parts === null)
      return refusal(
        mismatch(
          'unflattened_size',
          `sizes whose product is ${whole ?? '?'}, the size of axis ${axis}`,
          unflattened_size.join('×'),
        ),
      );
    return outputs([...input.slice(0, axis), ...parts, ...input.slice(axis + 1)]);
  },
  lower: (call) => [
    ops.unflatten(
      inputOf(call),
      call.params.dim,
      (call.params.unflattened_size ?? []).map((size) => size ?? -1),
    ),
  ],
  flops: () => 0,
  examples: [
    {
      title: 'rows to images',
      params: { dim: 1, unflattened_size: [1, 4, 5] },
      inputs: [[3, 20]],
      outputs: [[3, 1, 4, 5]],
    },
    {
      title: 'the last axis, one size found',
      params: { dim: -1, unflattened_size: [2, -1] },
      inputs: [[2, 3, 8]],
      outputs: [[2, 3, 2, 4]],
    },
  ],
});

/** Returns its input. */
export const identity = defineLayer({
  type: 'identity',
  torch: 'torch.nn.Identity',
  category: 'shape',
  summary: 'Passes its input on unchanged.',
  keywords: ['nothing', 'placeholder', 'skip'],
  params: {},
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer: (_params, [input = null]) => outputs(input),
  lower: (call) => [inputOf(call)],
  flops: () => 0,
  examples: [{ title: 'anything', params: {}, inputs: [[2, 3]], outputs: [[2, 3]] }],
});
