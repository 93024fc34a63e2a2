// Layers that move, copy or hide elements without computing: broadcasting, rolling, flipping, triangles, and picking by an index.
import * as ops from '../ops';
import { isFloatingPoint } from '../tensor/dtype';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type LayerDeclaration, type LayerProblem } from './declaration';
import { integer, integerList } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, isCompatible, mismatch, outputs, product, refusal, type Size } from './shapes';
import { range } from './take';

const ANY = Number.MIN_SAFE_INTEGER;

/** Copies along axes of size 1, and along new ones in front; -1 keeps an axis. */
export const expand = defineLayer({
  type: 'expand',
  torch: 'torch.Tensor.expand',
  category: 'shape',
  summary: 'Copies its input along axes of size 1, and along new ones in front.',
  keywords: ['broadcast', 'repeat', 'tile'],
  params: {
    size: integerList({ min: -1, help: 'Size of each axis; -1 keeps it as it is.', initial: [-1, -1] }),
  },
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ size }, [input = null]) {
    if (input === null) return outputs(null);
    const extra = size.length - input.length;
    const refuse = () =>
      refusal(mismatch('size', `sizes that ${formatShape(input)} expands to`, size.join('×')));
    if (extra < 0 || size.slice(0, extra).includes(-1)) return refuse();
    const sizes = size.map((wanted, axis): Size | undefined => {
      const own = axis < extra ? 1 : (input[axis - extra] ?? null);
      if (wanted === -1 || own === wanted) return own;
      return own === 1 || own === null ? wanted : undefined;
    });
    const known = sizes.flatMap((each) => (each === undefined ? [] : [each]));
    return known.length < sizes.length ? refuse() : outputs(known);
  },
  lower(call) {
    const input = inputOf(call);
    const { size } = call.params;
    const extra = size.length - input.rank;
    return [
      ops.expand(
        input,
        size.map((wanted, axis) => (wanted === -1 ? (input.shape[axis - extra] ?? 1) : wanted)),
      ),
    ];
  },
  flops: () => 0,
  examples: [
    {
      title: 'an axis of 1, and a new one',
      params: { size: [2, 3, -1] },
      inputs: [[1, 4]],
      outputs: [[2, 3, 4]],
    },
  ],
});

/** The axes of a list, or the problem of one that there is not. */
function axesOf(where: string, dims: readonly number[], rank: number): readonly number[] | LayerProblem {
  const axes: number[] = [];
  for (const dim of dims) {
    const axis = axisIn(dim, rank);
    if (axis === null) return axisProblem(where, dim, rank);
    axes.push(axis);
  }
  return axes;
}

const isProblem = (found: readonly number[] | LayerProblem): found is LayerProblem => 'where' in found;

/** Moves everything along axes; what leaves at one end comes in at the other. */
export const roll = defineLayer({
  type: 'roll',
  torch: 'torch.roll',
  category: 'shape',
  summary: 'Moves its input along axes; what leaves at one end comes in at the other.',
  keywords: ['shift', 'rotate', 'circular', 'swin'],
  params: {
    shifts: integerList({ min: ANY, help: 'By how many places, for each of dims.', initial: [1] }),
    dims: integerList({ min: ANY, help: 'Axes to move along; negative counts from the end.', initial: [-1] }),
  },
  check: ({ shifts, dims }) =>
    shifts.length === dims.length
      ? []
      : [mismatch('shifts', `one number for each of dims, ${dims.length}`, shifts.length)],
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [{ name: 'output' }],
  infer({ dims }, [input = null]) {
    const axes = input && axesOf('dims', dims, input.length);
    return axes && isProblem(axes) ? refusal(axes) : outputs(input);
  },
  lower(call) {
    const { shifts, dims } = call.params;
    return [dims.reduce((x, dim, at) => rolled(x, dim, shifts[at] ?? 0), inputOf(call))];
  },
  flops: () => 0,
  examples: [
    { title: 'one axis', params: { shifts: [2], dims: [-1] }, inputs: [[2, 5]], outputs: [[2, 5]] },
    {
      title: 'two axes',
      params: { shifts: [-1, 4], dims: [0, 1] },
      inputs: [[3, 2, 2]],
      outputs: [[3, 2, 2]],
    },
  ],
});

function rolled(x: Tensor, dim: number, shift: number): Tensor {
  const count = x.shape.at(dim) ?? 0;
  if (count === 0) return x;
  const first = ((-shift % count) + count) % count;
  if (first === 0) return x;
  const parts = [ops.slice(x, dim, { start: first, end: count }), ops.slice(x, dim, { end: first })];
  return ops.concatenate(parts, dim);
}

/** Turns axes round. */
export const flip = defineLayer({
  type: 'flip',
  torch: 'torch.flip',
  category: 'shape',
  summary: 'Turns axes round: the last comes first.',
  keywords: ['reverse', 'mirror'],
  params: {
    dims: integerList({ min: ANY, help: 'Axes to turn; negative counts from the end.', initial: [-1] }),
  },
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer({ dims }, [input = null]) {
    const axes = input && axesOf('dims', dims, input.length);
    return axes && isProblem(axes) ? refusal(axes) : outputs(input);
  },
  lower(call) {
    const input = inputOf(call);
    return [call.params.dims.reduce((x, dim) => flipped(x, dim < 0 ? dim + x.rank : dim), input)];
  },
  flops: () => 0,
  examples: [{ title: 'two axes', params: { dims: [0, -1] }, inputs: [[2, 3, 4]], outputs: [[2, 3, 4]] }],
});

/** Rows of an axis in the other order: looked up by number. */
function flipped(x: Tensor, axis: number): Tensor {
  const count = x.shape[axis] ?? 0;
  const order = BigInt64Array.from(range(count), (place) => BigInt(count - 1 - place));
  const turned = ops.gather(ops.transpose(x, 0, axis), ops.fromArray(order, 'int64', x.device));
  return ops.transpose(turned, 0, axis);
}

/** One triangle of the last two axes; the rest is 0. */
function triangle(
  type: 'tril' | 'triu',
  word: string,
  isKept: (row: number, column: number, diagonal: number) => boolean,
): LayerDeclaration {
  return defineLayer({
    type,
    torch: `torch.${type}`,
    category: 'shape',
    summary: `Keeps the ${word} triangle of the last two axes; the rest becomes 0.`,
    keywords: ['triangle', 'causal', 'mask'],
    params: {
      diagonal: integer({
        min: ANY,
        help: 'The diagonal that bounds it: 0 the main one, above it more, below it less.',
        initial: 0,
        torchDefault: 0,
      }),
    },
    inputs: [{ name: 'input', content: 'any' }],
    outputs: [{ name: 'output' }],
    infer: (_params, [input = null]) =>
      input !== null && input.length < 2
        ? refusal(mismatch('input', 'at least 2 dimensions', input.length))
        : outputs(input),
    lower(call) {
      const input = inputOf(call);
      const [rows = 0, columns = 0] = input.shape.slice(-2);
      const kept = range(rows).flatMap((row) =>
        range(columns).map((column) => (isKept(row, column, call.params.diagonal) ? 1 : 0)),
      );
      const isWhole = !isFloatingPoint(input.dtype);
      const mask = ops.fromArray(Float64Array.from(kept), isWhole ? 'bool' : input.dtype, input.device, [
        rows,
        columns,
      ]);
      if (!isWhole) return [ops.where(mask, input, 0)];
      return [ops.wherePromoted(mask, input, ops.full([], 0, input.dtype, input.device))];
    },
    flops: () => 0,
    examples: [
      { title: 'squares', params: {}, inputs: [[2, 3, 3]], outputs: [[2, 3, 3]] },
      { title: 'off the diagonal', params: { diagonal: -1 }, inputs: [[4, 3]], outputs: [[4, 3]] },
    ],
  });
}

export const tril = triangle('tril', 'lower', (row, column, diagonal) => column - row <= diagonal);
export const triu = triangle('triu', 'upper', (row, column, diagonal) => column - row >= diagonal);

const dim = integer({
  min: ANY,
  help: 'Axis that the index is of; negative counts from the end.',
  initial: 1,
});

/** An index has the input's axes, and on all but `dim` no more places. */
function indexProblem(along: number, input: EdgeShape, index: EdgeShape): LayerProblem | null {
  if (input === null) return null;
  const axis = axisIn(along, input.length);
  if (axis === null) return axisProblem('dim', along, input.length);
  const fits =
    index === null ||
    (index.length === input.length &&
      index.every((size, at) => at === axis || size === null || size <= (input[at] ?? size)));
  if (fits) return null;
  return mismatch(
    'index',
    `${input.length} axes, none but ${axis} longer than in ${formatShape(input)}`,
    formatShape(index ?? []),
  );
}

/** The input at whole numbers along an axis: the shape of the index. */
export const gather = defineLayer({
  type: 'gather',
  torch: 'torch.gather',
  category: 'shape',
  summary: 'Picks values along an axis by an index of whole numbers.',
  keywords: ['take', 'select', 'index', 'lookup'],
  params: { dim },
  inputs: [{ name: 'input' }, { name: 'index', content: 'index' }],
  outputs: [{ name: 'output' }],
  infer({ dim: along }, [input = null, index = null]) {
    const problem = indexProblem(along, input, index);
    return problem ? refusal(problem) : outputs(index);
  },
  lower: (call) => [ops.gatherAlong(inputOf(call, 0), call.params.dim, inputOf(call, 1))],
  flops: () => 0,
  examples: [
    {
      title: 'the middle axis',
      params: { dim: 1 },
      inputs: [
        [2, 4, 3],
        [2, 5, 2],
      ],
      inputRange: 4,
      outputs: [[2, 5, 2]],
    },
  ],
});

/** The input with other values added where whole numbers point along an axis. */
export const scatterAdd = defineLayer({
  type: 'scatter_add',
  torch: 'torch.scatter_add',
  category: 'shape',
  summary: 'Adds values where an index of whole numbers points along an axis.',
  keywords: ['index', 'accumulate', 'graph', 'message passing', 'aggregate'],
  params: { dim },
  inputs: [
    { name: 'input' },
    { name: 'index', content: 'index' },
    { name: 'src', help: 'What is added: the shape of the index.' },
  ],
  outputs: [{ name: 'output' }],
  infer({ dim: along }, [input = null, index = null, source = null]) {
    const problem = indexProblem(along, input, index);
    if (problem) return refusal(problem);
    return isCompatible(index, source)
      ? outputs(input)
      : refusal(mismatch('src', formatShape(index ?? []), formatShape(source ?? [])));
  },
  lower: (call) => [
    ops.scatterAddAlong(inputOf(call, 0), call.params.dim, inputOf(call, 1), inputOf(call, 2)),
  ],
  flops: (_params, [, index = []]) => product(index) ?? 0,
  examples: [
    {
      title: 'the first axis',
      params: { dim: 0 },
      inputs: [
        [3, 4],
        [5, 3],
        [5, 3],
      ],
      inputRange: 3,
      outputs: [[3, 4]],
    },
  ],
});

/** Every product of a value of one list and one of another: `[n]`, `[m]` → `[n, m]`. */
export const outer = defineLayer({
  type: 'outer',
  torch: 'torch.outer',
  category: 'arithmetic',
  summary: 'Every product of a value of one list and one of another.',
  keywords: ['product', 'rank one', 'ger'],
  params: {},
  inputs: [{ name: 'input' }, { name: 'vec2' }],
  outputs: [{ name: 'output' }],
  infer(_params, [first = null, second = null]) {
    for (const [port, shape] of [
      ['input', first],
      ['vec2', second],
    ] as const)
      // prettier-ignore
      if (shape !== null && shape.length !== 1) return refusal(mismatch(port, '1 dimension', shape.length));
    return outputs([first?.[0] ?? null, second?.[0] ?? null]);
  },
  lower: (call) => [ops.mul(ops.unsqueeze(inputOf(call, 0), 1), inputOf(call, 1))],
  flops: (_params, _inputs, [output = []]) => product(output) ?? 0,
  examples: [{ title: 'two lists', params: {}, inputs: [[3], [5]], outputs: [[3, 5]] }],
});
