// max_unpool1d to max_unpool3d: values put back where a max pooling with return_indices took them from.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration } from './declaration';
import { integers, optionalIntegers } from './params';
import { inputOf } from './pieces';
import { WHAT } from './pooling';
import { isCompatible, mismatch, outputs, product, refusal, type Size } from './shapes';
import { range } from './take';
import { each, spatialOf, spatialRankProblem, take, type SpatialRank } from './window';

interface Params {
  readonly kernel_size: readonly number[];
  readonly stride: readonly number[] | null;
  readonly padding: readonly number[];
  readonly output_size: readonly number[] | null;
}

/** The size along an axis: (size - 1) · stride - 2 · padding + kernel, unless output_size says another near it. */
function sizesOf({ kernel_size, stride, padding, output_size }: Params, spatial: readonly Size[]): Size[] {
  return spatial.map((length, axis) => {
    const kernel = kernel_size[axis] ?? 1;
    const step = stride?.[axis] ?? kernel;
    const usual = length === null ? null : (length - 1) * step - 2 * (padding[axis] ?? 0) + kernel;
    return output_size?.[axis] ?? usual;
  });
}

/**
 * `values` at `places` of `[rows, count]` zeros; each gets the gradient of its place. Where windows overlapped one value
 * stands at one place several times, and is put there once.
 */
function placed(values: Tensor, places: Tensor, count: number): Tensor {
  const [rows = 0] = values.shape;
  const starts = ops.fromArray(
    range(rows).map((row) => row * count),
    'int64',
    values.device,
    [rows, 1],
  );
  const flat = ops.reshape(ops.addPromoted(ops.cast(places, 'int64'), starts), [-1]);
  const column = (x: Tensor): Tensor => ops.reshape(x, [-1, 1]);
  const total = ops.scatterRows(column(values), flat, rows * count);
  const times = ops.noGrad(() => ops.scatterRows(column(ops.fullLike(values, 1)), flat, rows * count));
  const extra = ops.mul(total, ops.sub(ops.div(1, ops.maximum(times, 1)), 1)).detach();
  return ops.add(total, ops.where(ops.gt(times, 1), extra, 0));
}

/** `[N, C, *]` and int64 places in the flat spatial axes of the output → `[N, C, *]` larger; or both without N. */
function maxUnpool(rank: SpatialRank): LayerDeclaration {
  const name = `max_unpool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.MaxUnpool${rank}d`,
    category: 'pooling',
    summary: `Grows ${WHAT[rank - 1] ?? ''} again: values go back to where the maxima were, zeros elsewhere.`,
    keywords: ['unpool', 'segnet', 'decoder'],
    params: {
      kernel_size: integers({
        count: rank,
        help: 'Size of the window of the pooling.',
        initial: each(rank, 2),
      }),
      stride: optionalIntegers({
        count: rank,
        help: 'Steps between its windows; blank: the kernel size.',
        initial: null,
        torchDefault: null,
      }),
      padding: integers({
        count: rank,
        min: 0,
        help: 'The padding of the pooling.',
        initial: each(rank, 0),
        torchDefault: each(rank, 0),
      }),
      output_size: optionalIntegers({
        count: rank,
        help: 'Sizes of the output, where the pooling rounded them down; blank: the smallest.',
        initial: null,
        torchDefault: null,
      }),
    },
    inputs: [
      { name: 'input' },
      { name: 'indices', help: 'The indices of the max pooling.', content: 'index' },
    ],
    outputs: [{ name: 'output' }],
    infer(params, [input = null, indices = null]) {
      if (input === null) return outputs(null);
      const wrongRank = spatialRankProblem(name, rank, input);
      if (wrongRank) return refusal(wrongRank);
      if (!isCompatible(input, indices))
        return refusal(mismatch('indices', 'the shape of the input', 'another'));
      return outputs([...input.slice(0, -rank), ...sizesOf(params, spatialOf(rank, input))]);
    },
    lower(call) {
      const input = inputOf(call);
      const sizes = sizesOf(call.params, spatialOf(rank, input.shape)).map((size) => size ?? 1);
      const [count, rows] = [product(sizes) ?? 1, product(input.shape.slice(0, -rank)) ?? 1];
      const flat = (x: Tensor): Tensor => ops.reshape(x, [rows, product(spatialOf(rank, input.shape)) ?? 1]);
      const values = placed(flat(input), flat(inputOf(call, 1)), count);
      return [ops.reshape(values, [...input.shape.slice(0, -rank), ...sizes])];
    },
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      {
        title: 'the least size',
        params: { kernel_size: 2 },
        inputs: [
          [2, 1, ...take(rank, 2, 1, 1)],
          [2, 1, ...take(rank, 2, 1, 1)],
        ],
        inputData: {
          1:
            [
              [1, 2, 0, 3],
              [3, 4, 1, 6],
              [9, 8, 3, 15],
            ][rank - 1] ?? [],
        },
        outputs: [[2, 1, ...take(rank, 4, 2, 2)]],
      },
      {
        title: 'a given size, no batch',
        params: { kernel_size: 3, stride: 2, padding: 1, output_size: take(rank, 4, 4, 4) },
        inputs: [
          [1, ...take(rank, 2, 2, 2)],
          [1, ...take(rank, 2, 2, 2)],
        ],
        inputData: {
          1:
            [
              [0, 3],
              [0, 2, 9, 15],
              [0, 2, 9, 15, 33, 35, 60, 63],
            ][rank - 1] ?? [],
        },
        outputs: [[1, ...take(rank, 4, 4, 4)]],
      },
    ],
  });
}

export const maxUnpool1d = maxUnpool(1);
export const maxUnpool2d = maxUnpool(2);
export const maxUnpool3d = maxUnpool(3);
