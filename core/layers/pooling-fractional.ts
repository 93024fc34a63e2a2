// fractional_max_pool2d and 3d: the largest values of windows whose places are drawn. Source: https://arxiv.org/abs/1412.6071.
import * as ops from '../ops';
import type { Device } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type Inference, type LayerDeclaration } from './declaration';
import { integers, optionalArray, optionalIntegers, optionalNumbers, type NestedNumbers } from './params';
import { inputOf } from './pieces';
import { indexedOutputs, return_indices, WHAT, withIndices } from './pooling';
import { mismatch, outputs, product, refusal, type Size } from './shapes';
import { randomOf, uniformLike } from './sequences';
import { range } from './take';
import { each, spatialOf, spatialRankProblem, take, type SpatialRank } from './window';

interface Params {
  readonly kernel_size: readonly number[];
  readonly output_size: readonly number[] | null;
  readonly output_ratio: readonly number[] | null;
  readonly return_indices: boolean;
  readonly _random_samples: NestedNumbers | null;
}

const outputSize = ({ output_size, output_ratio }: Params, spatial: readonly Size[]): readonly Size[] =>
  spatial.map((size, axis) => {
    const ratio = output_ratio?.[axis] ?? output_ratio?.[0] ?? 1;
    return output_size?.[axis] ?? (size === null ? null : Math.floor(size * ratio));
  });

function inferFractional(name: string, rank: SpatialRank, params: Params, shape: readonly Size[]): Inference {
  const wrongRank = spatialRankProblem(name, rank, shape);
  if (wrongRank) return refusal(wrongRank);
  const spatial = spatialOf(rank, shape);
  const draws = product(shape.slice(0, -rank));
  const given = params._random_samples === null ? null : [params._random_samples].flat(3).length;
  if (given !== null && draws !== null && given !== draws * rank)
    return refusal(
      mismatch('_random_samples', `${draws * rank} numbers, ${rank} per sample and channel`, given),
    );
  const sizes = outputSize(params, spatial);
  for (const [axis, size] of spatial.entries()) {
    const most = size === null ? Infinity : size - (params.kernel_size[axis] ?? 1) + 1;
    const wanted = sizes[axis] ?? 1;
    if (wanted > most || wanted < 1)
      return refusal(mismatch('output_size', `1 to ${most} along spatial axis ${axis}`, wanted));
  }
  return outputs([...shape.slice(0, -rank), ...sizes]);
}

/** What window starts are computed in; PyTorch takes the input's dtype. */
const drawnIn = (device: Device) => (device === 'gpu' ? 'float32' : 'float64');

/**
 * Starts of the windows along an axis for draws u `[rows]` in [0, 1): int64 `[rows, out]`, the first at 0 and the last at the end,
 * those between at floor((i + u)·α) - floor(u·α). Source: at::native::generate_intervals.
 */
function starts(draws: Tensor, size: number, out: number, kernel: number): Tensor {
  const [rows = 0] = draws.shape;
  const last = size - kernel;
  if (out === 1) return ops.full([rows, 1], last, 'int64', draws.device);
  const step = last / (out - 1);
  const u = ops.reshape(draws, [rows, 1]);
  const places = ops.fromArray(Float64Array.from(range(out)), draws.dtype, draws.device);
  const between = ops.sub(ops.floor(ops.mul(ops.add(places, u), step)), ops.floor(ops.mul(u, step)));
  return ops.cast(ops.where(ops.lt(places, out - 1), between, last), 'int64');
}

/** Places in the flat spatial axes of each window's points: int64 `[rows, windows, points]`. */
function windowPlaces(
  draws: Tensor,
  sizes: readonly number[],
  out: readonly number[],
  kernel: readonly number[],
): Tensor {
  const [rows = 0] = draws.shape;
  return sizes.reduce<Tensor>(
    (places, size, axis) => {
      const [count, width] = [out[axis] ?? 1, kernel[axis] ?? 1];
      // PyTorch's samples name the last axis first, but in 3d the first.
      const order = sizes.length === 2 ? 1 - axis : axis;
      const own = starts(ops.select(draws, 1, order), size, count, width);
      const points = ops.fromArray(range(width), 'int64', draws.device);
      const axisPlaces = ops.addPromoted(ops.reshape(own, [rows, 1, count, 1, 1]), points);
      const [, windows = 1, known = 1] = places.shape;
      const before = ops.mulPromoted(places, ops.fromArray(size, 'int64', draws.device));
      const all = ops.addPromoted(ops.reshape(before, [rows, windows, 1, known, 1]), axisPlaces);
      return ops.reshape(all, [rows, windows * count, known * width]);
    },
    ops.zeros([rows, 1, 1], 'int64', draws.device),
  );
}

/** Draws `[rows, rank]`: those given, those of the step, or the middle where nothing is drawn. */
function drawsOf(
  { _random_samples: given }: Params,
  call: Pick<Parameters<LayerDeclaration['lower']>[0], 'random' | 'isTraining'>,
  [rows, rank]: readonly [number, number],
  like: Tensor,
): Tensor {
  const dtype = drawnIn(like.device);
  if (given !== null) return ops.reshape(ops.fromArray(given, dtype, like.device), [rows, rank]);
  const shape = [rows, rank];
  if (!call.isTraining || like.device === 'meta') return ops.full(shape, 0.5, dtype, like.device);
  return uniformLike(ops.zeros(shape, dtype, like.device), randomOf(call, 'fractional_max_pool'));
}

/** The largest value of each drawn window: `[N, C, *]` → `[N, C, *output_size]`, or both without N. */
function fractionalMaxPool(rank: 2 | 3): LayerDeclaration {
  const name = `fractional_max_pool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.FractionalMaxPool${rank}d`,
    category: 'pooling',
    summary: `Shrinks ${WHAT[rank - 1] ?? ''} by any factor to the largest values of windows drawn anew each time.`,
    keywords: ['maximum', 'random', 'downsample'],
    params: {
      kernel_size: integers({ count: rank, help: 'Size of the window.', initial: each(rank, 2) }),
      output_size: optionalIntegers({
        count: rank,
        help: 'Sizes of the output; blank: by output_ratio.',
        initial: null,
        torchDefault: null,
      }),
      output_ratio: optionalNumbers({
        min: 0,
        max: 1,
        help: 'Sizes of the output as shares of the input, one for all axes or one each; blank: by output_size.',
        initial: [0.5],
        torchDefault: null,
      }),
      return_indices,
      _random_samples: optionalArray({
        min: 0,
        max: 1,
        help: 'Where the windows lie, instead of draws: numbers in [0, 1) per sample, channel and axis, in PyTorch’s order.',
        initial: null,
        torchDefault: null,
      }),
    },
    check: ({ output_size, output_ratio }) =>
      (output_size === null) === (output_ratio === null)
        ? [
            mismatch(
              'output_size',
              'output_size or output_ratio, one of them',
              output_size === null ? 'neither' : 'both',
            ),
          ]
        : [],
    isRandom: true,
    inputs: [{ name: 'input' }],
    ...indexedOutputs,
    infer: (params, [input = null]) =>
      withIndices(params, input === null ? outputs(null) : inferFractional(name, rank, params, input)),
    lower(call) {
      const { params } = call;
      const input = inputOf(call);
      const spatial = input.shape.slice(-rank);
      const out = outputSize(params, spatial).map((size) => size ?? 1);
      const [rows, plane] = [product(input.shape.slice(0, -rank)) ?? 1, product(spatial) ?? 1];
      const places = windowPlaces(
        drawsOf(params, call, [rows, rank], input),
        spatial,
        out,
        params.kernel_size,
      );
      const planes = ops.fromArray(
        range(rows).map((row) => row * plane),
        'int64',
        input.device,
        [rows, 1, 1],
      );
      const points = ops.gather(ops.reshape(input, [-1]), ops.addPromoted(places, planes));
      const winner = ops.argmax(points, 2, { keepdim: true });
      const order = ops.fromArray(range(points.shape[2] ?? 1), 'int64', input.device);
      const chosen = ops.sumPromoted(ops.mulPromoted(ops.equal(order, winner), places), [2]);
      const whole = ops.addPromoted(chosen, ops.squeeze(planes, 2));
      const shape = [...input.shape.slice(0, -rank), ...out];
      const values = ops.reshape(ops.gather(ops.reshape(input, [-1]), whole), shape);
      return params.return_indices ? [values, ops.reshape(chosen, shape)] : [values];
    },
    flops: ({ kernel_size }, _inputs, [output = []]) => (product(output) ?? 0) * (product(kernel_size) ?? 0),
    examples: [
      {
        title: 'to a size',
        params: { kernel_size: 2, output_size: take(rank, 3, 2, 2), _random_samples: samples(rank, 2 * 2) },
        inputs: [[2, 2, ...take(rank, 6, 5, 4)]],
        outputs: [[2, 2, ...take(rank, 3, 2, 2)]],
      },
      {
        title: 'by a ratio, with places, no batch',
        params: {
          kernel_size: take(rank, 2, 3, 1),
          output_ratio: take(rank, 0.5, 0.5, 0.5),
          return_indices: true,
          _random_samples: samples(rank, 2),
        },
        inputs: [[2, ...take(rank, 7, 6, 4)]],
        outputs: [
          [2, ...take(rank, 3, 3, 2)],
          [2, ...take(rank, 3, 3, 2)],
        ],
      },
    ],
  });
}

/** Draws of the examples: `[1 or 2, 2, rank]`. */
const samples = (rank: number, rows: number): NestedNumbers =>
  range(rows / 2).map((sample) =>
    range(2).map((channel) => range(rank).map((axis) => (sample * 13 + channel * 7 + axis * 5 + 2) / 32)),
  );

export const fractionalMaxPool2d = fractionalMaxPool(2);
export const fractionalMaxPool3d = fractionalMaxPool(3);
