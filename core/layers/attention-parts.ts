// The computation and the weights of attention with several heads, for multihead_attention and the transformer layers.
import { formatShape } from '../tensor/shape';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { isAttentionWatched, tellAttention } from './attention-watch';
import type { EdgeShape, LayerProblem, LowerCall, TensorSpec } from './declaration';
import { boolean, type ParamTable } from './params';
import { maybeTensor, parameter, tensorOf, WEIGHT_INITIALIZER, ZEROS } from './pieces';
import { constantLike, dropped } from './sequences';
import { isCompatible, mismatch, type Size } from './shapes';

type Call = LowerCall<ParamTable>;

export const is_causal = boolean({
  help: 'No step attends to a later one.',
  initial: false,
  torchDefault: false,
});

/** What an attention is made of; sizes null while they are blank. */
export interface AttentionOptions {
  readonly embedDim: Size;
  readonly heads: number;
  readonly dropout: number;
  readonly bias: boolean;
  readonly addBiasKv?: boolean;
  readonly addZeroAttention?: boolean;
  readonly keyDim?: Size;
  readonly valueDim?: Size;
}

const times = (factor: number, size: Size): Size => (size === null ? null : factor * size);

/** Keys and values of other sizes than the queries have weights of their own. */
const isSplit = ({ embedDim, keyDim = null, valueDim = null }: AttentionOptions): boolean =>
  (keyDim ?? embedDim) !== embedDim || (valueDim ?? embedDim) !== embedDim;

/** Under `prefix`, in PyTorch's order; PyTorch draws the output's projection first. */
export function attentionTensors(
  prefix: string,
  options: AttentionOptions,
  waits: string | null,
): readonly TensorSpec[] {
  const { embedDim, keyDim = null, valueDim = null } = options;
  const own = (name: string, shape: readonly Size[], initializer = ZEROS): TensorSpec =>
    parameter(`${prefix}${name}`, shape, initializer, waits);
  const projection = { kind: 'xavier_uniform', gain: 1 } as const;
  const extra = { kind: 'xavier_normal', gain: 1 } as const;
  const first = { drawOrder: -1 };
  return [
    ...(isSplit(options)
      ? [
          own('q_proj_weight', [embedDim, embedDim], projection),
          own('k_proj_weight', [embedDim, keyDim ?? embedDim], projection),
          own('v_proj_weight', [embedDim, valueDim ?? embedDim], projection),
        ]
      : [own('in_proj_weight', [times(3, embedDim), embedDim], projection)]),
    ...(options.bias ? [own('in_proj_bias', [times(3, embedDim)])] : []),
    ...(options.addBiasKv === true
      ? [own('bias_k', [1, 1, embedDim], extra), own('bias_v', [1, 1, embedDim], extra)]
      : []),
    { ...own('out_proj.weight', [embedDim, embedDim], WEIGHT_INITIALIZER), ...first },
    ...(options.bias
      ? [{ ...own('out_proj.bias', [embedDim], { kind: 'zeros_after_draw' }), ...first }]
      : []),
  ];
}

/** "embed_dim must be divisible by num_heads", PyTorch's words, at `where`. */
export const headsProblem = (where: string, embedDim: Size, heads: number): readonly LayerProblem[] =>
  embedDim === null || embedDim % heads === 0
    ? []
    : [
        {
          where,
          message: `embed_dim must be divisible by num_heads: ${embedDim} is not by ${heads}`,
          expected: `a divisor of ${embedDim}`,
          got: String(heads),
        },
      ];

/** Masks beside their ports' names: each null (absent) or of one of the `expected` shapes. */
export const maskProblems = (
  masks: readonly {
    readonly port: string;
    readonly shape: EdgeShape;
    readonly expected: readonly EdgeShape[];
  }[],
): readonly LayerProblem[] =>
  masks.flatMap(({ port, shape, expected }) =>
    expected.some((fitting) => isCompatible(fitting, shape))
      ? []
      : [
          mismatch(
            port,
            expected.map((fitting) => formatShape(fitting ?? [])).join(' or '),
            formatShape(shape ?? []),
          ),
        ],
  );

/** A mask as what is added to the scores: bool masks leave out what is true. */
export const additive = (mask: Tensor, like: Tensor): Tensor =>
  mask.dtype === 'bool' ? ops.where(ops.cast(mask, like.dtype), -Infinity, 0) : mask;

/** 0 where row ≥ column, else -∞: no step sees a later one. */
export const causalMask = (like: Tensor, rows: number, columns: number): Tensor =>
  constantLike(like, [rows, columns], (row, column) => (column > row ? -Infinity : 0));

/** Softmax along the last axis, with zeros for a row of -∞ alone. */
function safeSoftmax(scores: Tensor): Tensor {
  const isEmpty = ops.eq(ops.amax(scores.detach(), [-1], { keepdim: true }), -Infinity);
  return ops.where(isEmpty, 0, ops.softmax(ops.where(isEmpty, 0, scores), -1));
}

interface AttentionCall {
  readonly call: Call;
  readonly prefix: string;
  readonly options: AttentionOptions;
  /** [L, S] or [N·heads, L, S]. */
  readonly mask: Tensor | null;
  /** [N, S]. */
  readonly keyMask: Tensor | null;
  readonly isCausal: boolean;
  /** A query that may attend to nothing gets zeros, as scaled_dot_product_attention has it, and not NaN. */
  readonly isSafe: boolean;
}

/** softmax(q kᵀ/√d + masks) v: `[.., L, d]`, `[.., S, d]`, `[.., S, e]` → `[.., L, e]`, and the weights `[.., L, S]`. */
export function attend(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: {
    readonly masks: readonly Tensor[];
    readonly scale: number;
    readonly isSafe: boolean;
    /** Of those who look at the weights. */
    readonly name: string;
    readonly drop: (weights: Tensor) => Tensor;
  },
): { readonly output: Tensor; readonly weights: Tensor } {
  const scores = ops.matmul(ops.mul(query, options.scale), ops.transpose(key, -2, -1));
  const masked = options.masks.reduce((sum, mask) => ops.add(sum, mask), scores);
  const shares = options.isSafe && options.masks.length > 0 ? safeSoftmax(masked) : ops.softmax(masked, -1);
  tellAttention(options.name, shares);
  const weights = options.drop(shares);
  return { output: ops.matmul(weights, value), weights };
}

interface Attended {
  readonly output: Tensor;
  /** `[N, heads, L, S]`; computed when asked for. */
  readonly weights: () => Tensor;
}

/** `[N, L, E]`, `[N, S, keyDim]`, `[N, S, valueDim]` → `[N, L, E]` and the weights. */
export function multiHead(query: Tensor, key: Tensor, value: Tensor, given: AttentionCall): Attended {
  const { call, prefix, options } = given;
  const project = (x: Tensor): Tensor =>
    ops.linear(x, tensorOf(call, `${prefix}out_proj.weight`), maybeTensor(call, `${prefix}out_proj.bias`));
  if (!isPlain(query, key, value, given)) {
    const { output, weights } = general(query, key, value, given);
    return { output: project(output), weights: () => weights };
  }
  const qkv = ops.linear(
    query,
    tensorOf(call, `${prefix}in_proj_weight`),
    maybeTensor(call, `${prefix}in_proj_bias`),
  );
  // One op keeps no weights: they are computed besides.
  if (isAttentionWatched()) ops.noGrad(() => general(query, key, value, given));
  const attended = ops.selfAttention(qkv, { heads: options.heads, isCausal: given.isCausal });
  return { output: project(attended), weights: () => general(query, key, value, given).weights };
}

/**
 * Attention of one input to itself, with no mask but the causal one: what one op computes. On a GPU the products and the softmax
 * step by step are several times as fast as that op's kernel (docs/benchmarks/gpu.md).
 */
const isPlain = (
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { call, prefix, options, mask, keyMask }: AttentionCall,
): boolean =>
  query === key &&
  key === value &&
  query.device !== 'gpu' &&
  !isSplit(options) &&
  !mask &&
  !keyMask &&
  !maybeTensor(call, `${prefix}bias_k`) &&
  options.addZeroAttention !== true &&
  (options.dropout === 0 || !call.isTraining);

/** Any masks, sizes and dropout, step by step; without the output's projection. */
function general(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  given: AttentionCall,
): { readonly output: Tensor; readonly weights: Tensor } {
  const { call, prefix, options, mask, keyMask, isCausal, isSafe } = given;
  const { heads } = options;
  const [batch = 0, rows = 0, embed = 0] = query.shape;
  const size = embed / heads;
  const [q, ownKeys, ownValues] = projections(query, key, value, given);
  let [k, v] = [ownKeys, ownValues];
  const columns = key.shape[1] ?? 0;
  const masks = [
    ...(isCausal ? [causalMask(query, rows, columns)] : []),
    ...(mask ? [headMask(additive(mask, query), [batch, heads, rows, columns])] : []),
    ...(keyMask ? [ops.reshape(additive(keyMask, query), [batch, 1, 1, columns])] : []),
  ];
  const [biasKey, biasValue] = [maybeTensor(call, `${prefix}bias_k`), maybeTensor(call, `${prefix}bias_v`)];
  if (biasKey && biasValue) {
    k = ops.concatenate([k, ops.expand(biasKey, [batch, 1, embed])], 1);
    v = ops.concatenate([v, ops.expand(biasValue, [batch, 1, embed])], 1);
  }
  const split = (x: Tensor): Tensor =>
    ops.permute(ops.reshape(x, [batch, x.shape[1] ?? 0, heads, size]), [0, 2, 1, 3]);
  const withZero = (x: Tensor): Tensor => (options.addZeroAttention === true ? ops.pad(x, [0, 1, 0, 0]) : x);
  const extra = (biasKey ? 1 : 0) + (options.addZeroAttention === true ? 1 : 0);
  const { output, weights } = attend(split(q), withZero(split(k)), withZero(split(v)), {
    masks: masks.map((one) => (extra > 0 ? ops.pad(one, [0, extra]) : one)),
    scale: 1 / Math.sqrt(size),
    isSafe: isSafe && (mask ?? keyMask) !== null,
    name: prefix,
    drop: (x) => dropped(x, options.dropout, call),
  });
  return { output: ops.reshape(ops.permute(output, [0, 2, 1, 3]), [batch, rows, embed]), weights };
}

/** A mask of one step per pair, or of one per pair, sample and head. */
const headMask = (mask: Tensor, shape: readonly number[]): Tensor =>
  mask.rank === 3 ? ops.reshape(mask, shape) : mask;

/** Queries, keys and values; of one input they are one product. */
function projections(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { call, prefix, options }: AttentionCall,
): [Tensor, Tensor, Tensor] {
  const bias = maybeTensor(call, `${prefix}in_proj_bias`);
  const size = query.shape.at(-1) ?? 0;
  const third = (x: Tensor, axis: number, index: number): Tensor =>
    ops.slice(x, axis, { start: index * size, end: (index + 1) * size });
  const biasOf = (index: number): Tensor | null => bias && third(bias, 0, index);
  if (isSplit(options)) {
    const weight = (letter: string): Tensor => tensorOf(call, `${prefix}${letter}_proj_weight`);
    return [
      ops.linear(query, weight('q'), biasOf(0)),
      ops.linear(key, weight('k'), biasOf(1)),
      ops.linear(value, weight('v'), biasOf(2)),
    ];
  }
  const weight = tensorOf(call, `${prefix}in_proj_weight`);
  if (query === key && key === value) {
    const all = ops.linear(query, weight, bias);
    return [third(all, -1, 0), third(all, -1, 1), third(all, -1, 2)];
  }
  return [
    ops.linear(query, third(weight, 0, 0), biasOf(0)),
    ops.linear(key, third(weight, 0, 1), biasOf(1)),
    ops.linear(value, third(weight, 0, 2), biasOf(2)),
  ];
}
