// The padding layers: zeros, a constant, and three ways to continue the input, over 1 to 3 spatial axes.
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import { defineLayer, type LayerDeclaration, type ParamTable } from './declaration';
import { integers, number } from './params';
import { inputOf } from './pieces';
import { mismatch, outputs, refusal } from './shapes';
import { spatialOf, spatialRankProblem, take, tooSmall, type SpatialRank } from './window';

interface Padding<P extends ParamTable> {
  /** `reflection_pad`: the type without its rank. */
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly mode: 'constant' | 'reflect' | 'replicate' | 'circular';
  readonly extra: P;
  readonly example: Readonly<Record<string, unknown>>;
}

/** PyTorch lists the last axis first: (left, right, top, bottom, front, back). Ours is outermost first. */
const outermostFirst = (padding: readonly number[]): readonly number[] =>
  Array.from({ length: padding.length / 2 }, (_, axis) => axis)
    .reverse()
    .flatMap((axis) => [padding[2 * axis] ?? 0, padding[2 * axis + 1] ?? 0]);

/** `[N, C, *]` or `[C, *]` with each spatial axis longer by its two paddings. */
function padding<P extends ParamTable>(spec: Padding<P>, rank: SpatialRank): LayerDeclaration {
  const name = `${spec.type}${rank}d`;
  const pads = integers({
    count: 2 * rank,
    min: Number.MIN_SAFE_INTEGER,
    help: 'Amounts before and after each axis, the last axis first; negative ones crop.',
    initial: new Array<number>(2 * rank).fill(1),
  });
  const params: ParamTable = { padding: pads, ...spec.extra };
  const amounts = (given: Readonly<Record<string, unknown>>) => outermostFirst(pads.parse(given['padding']));
  return defineLayer({
    type: name,
    torch: `torch.nn.${spec.torch}${rank}d`,
    category: 'shape',
    summary: spec.summary,
    keywords: ['border', 'pad'],
    params,
    inputs: [{ name: 'input', content: 'any' }],
    outputs: [{ name: 'output' }],
    infer(given, [input = null]) {
      if (input === null) return outputs(null);
      const wrongRank = spatialRankProblem(name, rank, input);
      if (wrongRank) return refusal(wrongRank);
      const added = amounts(given);
      const spatial = spatialOf(rank, input);
      for (const [axis, length] of spatial.entries()) {
        const most = Math.max(added[2 * axis] ?? 0, added[2 * axis + 1] ?? 0);
        const cropped = Math.min(added[2 * axis] ?? 0, 0) + Math.min(added[2 * axis + 1] ?? 0, 0);
        const limit = (length ?? Infinity) + (spec.mode === 'reflect' ? -1 : cropped);
        if ((spec.mode === 'reflect' || spec.mode === 'circular') && most > limit)
          return refusal(
            mismatch(
              'padding',
              `at most ${limit} along spatial axis ${axis} of ${formatShape(spatial)}`,
              most,
            ),
          );
      }
      const sizes = spatial.map((length, axis) =>
        length === null ? null : length + (added[2 * axis] ?? 0) + (added[2 * axis + 1] ?? 0),
      );
      if (sizes.some((length) => length !== null && length < 1))
        return refusal(tooSmall(name, spatial, sizes));
      return outputs([...input.slice(0, -rank), ...sizes]);
    },
    lower(call) {
      const input = inputOf(call);
      const value = Number(call.params['value'] ?? 0);
      return [ops.pad(input, amounts(call.params), { mode: spec.mode, value })];
    },
    flops: () => 0,
    examples: [
      {
        title: 'each side apart',
        params: { padding: take3(rank, [1, 2], [0, 1], [2, 0]), ...spec.example },
        inputs: [[2, 3, ...take(rank, 4, 5, 3)]],
        outputs: [[2, 3, ...padded(rank)]],
      },
      {
        title: 'all sides, no batch',
        params: { padding: 1, ...spec.example },
        inputs: [[2, ...take(rank, 4, 3, 2)]],
        outputs: [[2, ...take(rank, 6, 5, 4)]],
      },
    ],
  });
}

/** The example's paddings, the last axis first. */
const take3 = (rank: SpatialRank, ...pairs: readonly (readonly number[])[]): readonly number[] =>
  pairs.slice(0, rank).flat();

/** 4×5×3 under the example's paddings (1, 2), (0, 1), (2, 0) of the last axis, the one before, the first. */
const padded = (rank: SpatialRank): readonly number[] => {
  const added = [3, 1, 2].slice(0, rank).reverse();
  return take(rank, 4, 5, 3).map((size, axis) => size + (added[axis] ?? 0));
};

const over = <P extends ParamTable>(spec: Padding<P>): readonly LayerDeclaration[] =>
  ([1, 2, 3] as const).map((rank) => padding(spec, rank));

/** All padding layers, by kind and then by rank. */
export const paddings: readonly LayerDeclaration[] = [
  ...over({
    type: 'zero_pad',
    torch: 'ZeroPad',
    summary: 'Adds zeros around.',
    mode: 'constant',
    extra: {},
    example: {},
  }),
  ...over({
    type: 'constant_pad',
    torch: 'ConstantPad',
    summary: 'Adds a number around.',
    mode: 'constant',
    extra: { value: number({ help: 'What is added.', initial: 0, mayBeInfinite: true }) },
    example: { value: -1.5 },
  }),
  ...over({
    type: 'reflection_pad',
    torch: 'ReflectionPad',
    summary: 'Continues the input as in a mirror.',
    mode: 'reflect',
    extra: {},
    example: {},
  }),
  ...over({
    type: 'replication_pad',
    torch: 'ReplicationPad',
    summary: 'Continues the input with its border.',
    mode: 'replicate',
    extra: {},
    example: {},
  }),
  ...over({
    type: 'circular_pad',
    torch: 'CircularPad',
    summary: 'Continues the input with its other end.',
    mode: 'circular',
    extra: {},
    example: {},
  }),
];
