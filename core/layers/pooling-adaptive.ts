// Poolings to a size you choose, whatever the input's own: cell i of o covers floor(i·s/o) to ceil((i+1)·s/o) of s places.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type Inference, type LayerExample } from './declaration';
import { integersOrBlanks } from './params';
import { inputOf } from './pieces';
import { indexedOutputs, return_indices, WHAT, withIndices } from './pooling';
import { outputs, product, refusal } from './shapes';
import { range, takeAlong } from './take';
import { each, spatialOf, spatialRankProblem, take, type SpatialRank } from './window';

const outputSize = (rank: SpatialRank) =>
  integersOrBlanks({
    count: rank,
    help: 'Sizes of the output; a blank one keeps the size of the input.',
    initial: each(rank, 1),
  });

function inferAdaptive(
  name: string,
  rank: SpatialRank,
  size: readonly (number | null)[],
  input: EdgeShape,
): Inference {
  if (input === null) return outputs(null);
  const wrongRank = spatialRankProblem(name, rank, input);
  if (wrongRank) return refusal(wrongRank);
  const sizes = spatialOf(rank, input).map((length, axis) => size[axis] ?? length);
  return outputs([...input.slice(0, -rank), ...sizes]);
}

const examplesOf = (rank: SpatialRank): readonly [LayerExample, ...LayerExample[]] => [
  {
    title: 'global',
    params: { output_size: 1 },
    inputs: [[2, 3, ...take(rank, 7, 5, 4)]],
    outputs: [[2, 3, ...take(rank, 1, 1, 1)]],
  },
  {
    title: 'uneven parts',
    params: { output_size: take(rank, 3, 2, 5) },
    inputs: [[1, 2, ...take(rank, 7, 5, 3)]],
    outputs: [[1, 2, ...take(rank, 3, 2, 5)]],
  },
];

/** The mean of as many even parts as the output is to have. */
function adaptiveAvgPool(rank: SpatialRank) {
  const name = `adaptive_avg_pool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.AdaptiveAvgPool${rank}d`,
    category: 'pooling',
    summary: `Averages ${WHAT[rank - 1] ?? ''} down to a size you choose, whatever its own.`,
    keywords: ['global average pooling', 'gap', 'mean'],
    params: { output_size: outputSize(rank) },
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer: ({ output_size }, [input = null]) => inferAdaptive(name, rank, output_size, input),
    lower(call) {
      const [input, { output_size }] = [inputOf(call), call.params];
      // One place for all is the mean over the last axes to PyTorch, whatever comes before them.
      const isMean = rank > 1 && output_size.every((size) => size === 1);
      const axes = range(rank).map((axis) => axis - rank);
      const isUsual = input.rank === rank + 1 || input.rank === rank + 2;
      return [
        isMean && !isUsual
          ? ops.mean(input, axes, { keepdim: true })
          : ops.adaptiveAvgPool(input, output_size),
      ];
    },
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      ...examplesOf(rank),
      // torch.nn.AdaptiveAvgPool1d refuses None.
      ...(rank === 1
        ? []
        : [
            {
              title: 'one axis kept',
              params: { output_size: [...take(rank, 2, 4, 3).slice(0, rank - 1), null] },
              inputs: [[3, ...take(rank, 5, 6, 4)]],
              outputs: [[3, ...take(rank, 2, 4, 3).slice(0, rank - 1), take(rank, 5, 6, 4)[rank - 1] ?? 0]],
            },
          ]),
    ],
  });
}

/** The places of `size` that each of `cells` parts covers, all as many: a short part repeats its last place. */
function windowsOf(size: number, cells: number) {
  const bounds = range(cells).map((cell) => ({
    start: Math.floor((cell * size) / cells),
    end: Math.ceil(((cell + 1) * size) / cells),
  }));
  const length = Math.max(1, ...bounds.map(({ start, end }) => end - start));
  return {
    size,
    length,
    places: bounds.flatMap(({ start, end }) => range(length).map((at) => Math.min(start + at, end - 1))),
  };
}

type Windows = ReturnType<typeof windowsOf>;

/** Places in the flat axes of the windows as places in the flat axes they were taken from. */
function placesBefore(indices: Tensor, windows: readonly Windows[]): Tensor {
  const flat = windows.reduceRight<readonly number[]>(
    (inner, { places }, axis) => {
      const stride = product(windows.slice(axis + 1).map(({ size }) => size)) ?? 1;
      return places.flatMap((place) => inner.map((rest) => place * stride + rest));
    },
    [0],
  );
  const table = ops.fromArray(BigInt64Array.from(flat.map(BigInt)), 'int64', indices.device);
  return ops.gather(table, indices);
}

/** The largest value of as many even parts as the output is to have. */
function adaptiveMaxPool(rank: SpatialRank) {
  const name = `adaptive_max_pool${rank}d`;
  return defineLayer({
    type: name,
    torch: `torch.nn.AdaptiveMaxPool${rank}d`,
    category: 'pooling',
    summary: `Shrinks ${WHAT[rank - 1] ?? ''} to the largest values, to a size you choose, whatever its own.`,
    keywords: ['global max pooling', 'maximum'],
    params: { output_size: outputSize(rank), return_indices },
    inputs: [{ name: 'input' }],
    ...indexedOutputs,
    infer: (params, [input = null]) =>
      withIndices(params, inferAdaptive(name, rank, params.output_size, input)),
    lower({ params, ...call }) {
      const input = inputOf(call);
      const windows = spatialOf(rank, input.shape).map((size, axis) =>
        windowsOf(size ?? 1, params.output_size[axis] ?? size ?? 1),
      );
      const parted = windows.reduce((x, { places }, axis) => takeAlong(x, axis - rank, places), input);
      const kernel = windows.map(({ length }) => length);
      const { values, indices } = ops.maxPoolWithIndices(parted, { kernel });
      return params.return_indices ? [values, placesBefore(indices, windows)] : [values];
    },
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      ...examplesOf(rank),
      {
        title: 'even parts, no batch',
        params: { output_size: take(rank, 2, 3, 2) },
        inputs: [[2, ...take(rank, 6, 6, 4)]],
        outputs: [[2, ...take(rank, 2, 3, 2)]],
      },
      {
        title: 'with the places of the largest',
        params: { output_size: take(rank, 3, 2, 3), return_indices: true },
        inputs: [[2, 2, ...take(rank, 5, 3, 4)]],
        outputs: [
          [2, 2, ...take(rank, 3, 2, 3)],
          [2, 2, ...take(rank, 3, 2, 3)],
        ],
      },
    ],
  });
}

export const adaptiveAvgPool1d = adaptiveAvgPool(1);
export const adaptiveAvgPool2d = adaptiveAvgPool(2);
export const adaptiveAvgPool3d = adaptiveAvgPool(3);
export const adaptiveMaxPool1d = adaptiveMaxPool(1);
export const adaptiveMaxPool2d = adaptiveMaxPool(2);
export const adaptiveMaxPool3d = adaptiveMaxPool(3);
