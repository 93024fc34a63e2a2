// Layers that resize the spatial axes: upsample in all of PyTorch's modes, and its two older forms for images.
import {
  defineLayer,
  type EdgeShape,
  type LayerDeclaration,
  type LayerExample,
  type LayerProblem,
} from './declaration';
import { choice, optionalBoolean, optionalIntegerList, optionalNumbers } from './params';
import { inputOf } from './pieces';
import { RESIZE_MODES, resizeAlong, type ResizeMode } from './resize';
import { mismatch, outputs, product, rankProblem, refusal, type Size } from './shapes';

interface Options {
  readonly size: readonly number[] | null;
  readonly scale_factor: readonly number[] | null;
  readonly recompute_scale_factor?: boolean | null;
}

/** Ranks of the batched input that a mode works on. */
const RANKS: Readonly<Record<ResizeMode, readonly number[]>> = {
  nearest: [3, 4, 5],
  'nearest-exact': [3, 4, 5],
  linear: [3],
  bilinear: [4],
  bicubic: [4],
  trilinear: [5],
};
const canAlign = (mode: ResizeMode): boolean => !mode.startsWith('nearest');

const size = optionalIntegerList({
  min: 1,
  help: 'Sizes of the output, one for all axes or one each; blank: by scale_factor.',
  initial: null,
  torchDefault: null,
});
const scale_factor = (initial: readonly number[] | null) =>
  optionalNumbers({
    min: Number.MIN_VALUE,
    help: 'How much each axis grows, one for all axes or one each; blank: by size.',
    initial,
    torchDefault: null,
  });

function checkOptions({ size: sizes, scale_factor: factors }: Options): readonly LayerProblem[] {
  if (sizes === null && factors === null)
    return [mismatch('scale_factor', 'size or scale_factor', 'neither')];
  if (sizes !== null && factors !== null)
    return [mismatch('scale_factor', 'size or scale_factor, one of them', 'both')];
  const given = sizes ?? factors ?? [];
  const where = sizes === null ? 'scale_factor' : 'size';
  return given.length >= 1 && given.length <= 3
    ? []
    : [mismatch(where, 'one number, or one per spatial axis', given.length)];
}

/** One number for all of `count` axes, or one each; null when there is none. */
const perAxis = (given: readonly number[] | null, count: number): readonly number[] | null =>
  given?.length === 1 ? new Array<number>(count).fill(given[0] ?? 1) : given;

function inferResize(
  { size: sizes, scale_factor: factors }: Options,
  ranks: readonly number[],
  input: EdgeShape,
) {
  if (input === null) return outputs(null);
  const wrongRank = rankProblem('input', input, ranks, 'feed [batch, channels, ...]');
  if (wrongRank) return refusal(wrongRank);
  const spatial = input.slice(2);
  const [given, where] = sizes === null ? [factors, 'scale_factor'] : [sizes, 'size'];
  const each = perAxis(given, spatial.length);
  if (each?.length !== spatial.length)
    return refusal(mismatch(where, `one number, or ${spatial.length}`, each?.length ?? 'none'));
  const grown = spatial.map((length, axis): Size => {
    if (sizes !== null) return each[axis] ?? null;
    return length === null ? null : Math.floor(length * (each[axis] ?? 1));
  });
  if (grown.includes(0)) return refusal(mismatch('scale_factor', 'sizes of at least 1', grown.join('×')));
  return outputs([...input.slice(0, 2), ...grown]);
}

function resize(
  call: Parameters<typeof inputOf>[0],
  options: Options,
  mode: ResizeMode,
  alignCorners: boolean,
) {
  const input = inputOf(call);
  const spatial = input.shape.slice(2);
  const sizes = perAxis(options.size, spatial.length);
  const factors = perAxis(options.scale_factor, spatial.length);
  return spatial.reduce((x, from, axis) => {
    const factor = factors?.[axis] ?? null;
    const to = sizes?.[axis] ?? Math.floor(from * (factor ?? 1));
    const scale = options.recompute_scale_factor === true ? null : factor;
    return resizeAlong(x, axis + 2, mode, { from, to, scale, alignCorners, isImage: spatial.length === 2 });
  }, input);
}

/** Every place of the output is a weighted sum of near places of the input. */
export const upsample = defineLayer({
  type: 'upsample',
  torch: 'torch.nn.Upsample',
  category: 'shape',
  summary: 'Resizes a sequence, an image or a volume.',
  keywords: [
    'interpolate',
    'resize',
    'bilinear',
    'nearest',
    'bicubic',
    'trilinear',
    'scale',
    'decoder',
    'u-net',
  ],
  params: {
    size,
    scale_factor: scale_factor([2]),
    mode: choice({
      options: RESIZE_MODES,
      help: 'How values between are found; linear for sequences, bilinear and bicubic for images, trilinear for volumes.',
      initial: 'nearest',
      torchDefault: 'nearest',
    }),
    align_corners: optionalBoolean({
      help: 'Keeps the corner values where they are; not for nearest.',
      initial: null,
      torchDefault: null,
    }),
    recompute_scale_factor: optionalBoolean({
      help: 'Computes with the ratio of the sizes instead of scale_factor, from which it differs where sizes are rounded.',
      initial: null,
      torchDefault: null,
    }),
  },
  check: (params) => [
    ...(params.recompute_scale_factor === true && params.size !== null
      ? [mismatch('recompute_scale_factor', 'a scale_factor to compute anew', 'size')]
      : []),
    ...checkOptions(params),
    ...(params.align_corners === null || canAlign(params.mode)
      ? []
      : [mismatch('align_corners', 'blank in a nearest mode', String(params.align_corners))]),
  ],
  inputs: [{ name: 'input' }],
  outputs: [{ name: 'output' }],
  infer: (params, [input = null]) => inferResize(params, RANKS[params.mode], input),
  lower: (call) => [resize(call, call.params, call.params.mode, call.params.align_corners === true)],
  flops: ({ mode }, _inputs, [output = []]) =>
    canAlign(mode) ? (product(output) ?? 0) * (mode === 'bicubic' ? 16 : 6) : 0,
  examples: [
    {
      title: 'twice the size',
      params: { scale_factor: [2, 2] },
      inputs: [[2, 3, 4, 3]],
      outputs: [[2, 3, 8, 6]],
    },
    { title: 'nearest to a size', params: { size: [7] }, inputs: [[1, 2, 5]], outputs: [[1, 2, 7]] },
    {
      title: 'nearest by factors',
      params: { scale_factor: [1.5, 0.7, 2.3] },
      inputs: [[1, 2, 3, 5, 4]],
      outputs: [[1, 2, 4, 3, 9]],
    },
    {
      title: 'nearest exact',
      params: { mode: 'nearest-exact', size: [5, 3] },
      inputs: [[1, 2, 3, 7]],
      outputs: [[1, 2, 5, 3]],
    },
    {
      title: 'linear',
      params: { mode: 'linear', scale_factor: [2.4], align_corners: false },
      inputs: [[2, 3, 5]],
      outputs: [[2, 3, 12]],
    },
    {
      title: 'linear, corners aligned',
      params: { mode: 'linear', size: [4], align_corners: true },
      inputs: [[2, 3, 7]],
      outputs: [[2, 3, 4]],
    },
    {
      title: 'bilinear',
      params: { mode: 'bilinear', scale_factor: [1.7, 3] },
      inputs: [[2, 2, 4, 3]],
      outputs: [[2, 2, 6, 9]],
    },
    {
      title: 'bilinear, corners aligned',
      params: { mode: 'bilinear', size: [5, 2], align_corners: true },
      inputs: [[1, 2, 3, 4]],
      outputs: [[1, 2, 5, 2]],
    },
    {
      title: 'bicubic',
      params: { mode: 'bicubic', scale_factor: [2, 1.5] },
      inputs: [[1, 2, 4, 5]],
      outputs: [[1, 2, 8, 7]],
    },
    {
      title: 'bilinear by the ratio of the sizes',
      params: { mode: 'bilinear', scale_factor: [1.7, 0.6], recompute_scale_factor: true },
      inputs: [[1, 2, 4, 5]],
      outputs: [[1, 2, 6, 3]],
    },
    {
      title: 'bicubic, corners aligned',
      params: { mode: 'bicubic', size: [3, 9], align_corners: true },
      inputs: [[2, 1, 5, 4]],
      outputs: [[2, 1, 3, 9]],
    },
    {
      title: 'trilinear',
      params: { mode: 'trilinear', scale_factor: [2, 1.5, 2] },
      inputs: [[1, 2, 2, 3, 2]],
      outputs: [[1, 2, 4, 4, 4]],
    },
    {
      title: 'trilinear, corners aligned',
      params: { mode: 'trilinear', size: [3, 2, 5], align_corners: true },
      inputs: [[1, 2, 2, 3, 4]],
      outputs: [[1, 2, 3, 2, 5]],
    },
  ],
});

interface ImageResize {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly mode: 'nearest' | 'bilinear';
  readonly examples: readonly [LayerExample, ...LayerExample[]];
}

/** One of PyTorch's older classes for images: bilinear ones align the corners. */
const imageResize = ({ type, torch, summary, mode, examples }: ImageResize): LayerDeclaration =>
  defineLayer({
    type,
    torch,
    category: 'shape',
    summary,
    keywords: ['interpolate', 'resize'],
    params: { size, scale_factor: scale_factor([2]) },
    check: checkOptions,
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer: (params, [input = null]) => inferResize(params, [4], input),
    lower: (call) => [resize(call, call.params, mode, mode === 'bilinear')],
    flops: (_params, _inputs, [output = []]) => (mode === 'bilinear' ? 6 * (product(output) ?? 0) : 0),
    examples,
  });

const IMAGE_EXAMPLES: readonly [LayerExample, LayerExample] = [
  { title: 'by a factor', params: { scale_factor: [2, 2] }, inputs: [[2, 3, 3, 4]], outputs: [[2, 3, 6, 8]] },
  { title: 'to a size', params: { size: [5, 3] }, inputs: [[1, 2, 4, 4]], outputs: [[1, 2, 5, 3]] },
];

export const upsamplingNearest2d = imageResize({
  type: 'upsampling_nearest2d',
  torch: 'torch.nn.UpsamplingNearest2d',
  summary: 'Resizes an image by the nearest pixel.',
  mode: 'nearest',
  examples: IMAGE_EXAMPLES,
});

export const upsamplingBilinear2d = imageResize({
  type: 'upsampling_bilinear2d',
  torch: 'torch.nn.UpsamplingBilinear2d',
  summary: 'Resizes an image bilinearly, with its corners aligned.',
  mode: 'bilinear',
  examples: IMAGE_EXAMPLES,
});
