// Attention with several heads as a layer: multihead_attention. Whole transformers are in transformer.ts.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import {
  attentionTensors,
  headsProblem,
  is_causal,
  maskProblems,
  multiHead,
  type AttentionOptions,
} from './attention-parts';
import { defineLayer, type EdgeShape } from './declaration';
import { boolean, integer, optionalInteger, size, type ParamsOf } from './params';
import { found, inputOf, waiting } from './pieces';
import { batch_first, dropoutParam } from './sequences';
import { blankHint, mismatch, outputs, product, rankProblem, refusal, sizeAt, type Size } from './shapes';

const multiheadParams = {
  embed_dim: size('Size of the last axis of the queries, and of the outputs.'),
  num_heads: integer({ help: 'Heads that attend side by side; they divide embed_dim.', initial: 4 }),
  dropout: dropoutParam('Probability that an attention weight becomes 0 while training.', 0),
  bias: boolean({ help: 'Adds learnable numbers to the projections.', initial: true, torchDefault: true }),
  add_bias_kv: boolean({
    help: 'Adds one learned key and value to each sequence.',
    initial: false,
    torchDefault: false,
  }),
  add_zero_attn: boolean({
    help: 'Adds one key and value of zeros to each sequence.',
    initial: false,
    torchDefault: false,
  }),
  kdim: optionalInteger({
    help: 'Size of the keys; blank: as embed_dim.',
    initial: null,
    torchDefault: null,
  }),
  vdim: optionalInteger({
    help: 'Size of the values; blank: as embed_dim.',
    initial: null,
    torchDefault: null,
  }),
  batch_first,
  need_weights: boolean({
    help: 'Also gives how much each query attends to each key.',
    initial: true,
    torchDefault: true,
  }),
  average_attn_weights: boolean({
    help: 'Gives the mean of the attention weights of all heads instead of each.',
    initial: true,
    torchDefault: true,
  }),
  is_causal,
};

const optionsOf = (params: ParamsOf<typeof multiheadParams>): AttentionOptions => ({
  embedDim: params.embed_dim,
  heads: params.num_heads,
  dropout: params.dropout,
  bias: params.bias,
  addBiasKv: params.add_bias_kv,
  addZeroAttention: params.add_zero_attn,
  keyDim: params.kdim,
  valueDim: params.vdim,
});

/** Queries, keys and values as `[N, T, F]` with their common sizes, or what does not fit. */
function inferMultihead(params: ParamsOf<typeof multiheadParams>, inputs: readonly EdgeShape[]) {
  const [query = null, key = null, value = null, keyMask = null, mask = null] = inputs;
  const named = [['query', query], ['key', key], ['value', value]] as const; // prettier-ignore
  for (const [port, shape] of named) {
    const wrong = rankProblem(port, shape, query === null ? [2, 3] : [query.length]);
    if (wrong) return refusal(wrong);
  }
  const embed = sizeAt(query, -1);
  if (params.embed_dim !== null && embed !== null && embed !== params.embed_dim)
    return refusal(mismatch('embed_dim', params.embed_dim, embed, blankHint('embed_dim')));
  const indivisible = headsProblem('num_heads', params.embed_dim ?? embed, params.num_heads);
  if (indivisible.length > 0) return refusal(...indivisible);
  for (const [port, shape, wanted] of [
    ['key', key, params.kdim ?? params.embed_dim ?? embed],
    ['value', value, params.vdim ?? params.embed_dim ?? embed],
  ] as const) {
    const got = sizeAt(shape, -1);
    if (wanted !== null && got !== null && got !== wanted)
      return refusal(mismatch(port, `a last size of ${wanted}`, got));
  }
  const rank = (query ?? key ?? value)?.length;
  if (rank === undefined) return params.need_weights ? outputs(null, null) : outputs(null);
  const time = rank === 3 && params.batch_first ? 1 : 0;
  const common = (a: Size, b: Size): Size | undefined =>
    a === null ? b : b === null || a === b ? a : undefined;
  const steps = common(sizeAt(key, time - rank), sizeAt(value, time - rank));
  if (steps === undefined)
    return refusal(
      mismatch(
        'value',
        `${sizeAt(key, time - rank)} steps, as the keys have`,
        sizeAt(value, time - rank) ?? '?',
      ),
    );
  let batch: Size = null;
  if (rank === 3)
    for (const [port, shape] of named) {
      const both = common(batch, sizeAt(shape, -2 - time));
      if (both === undefined)
        return refusal(mismatch(port, `a batch of ${batch}`, sizeAt(shape, -2 - time) ?? '?'));
      batch = both;
    }
  const rows = query === null ? null : sizeAt(query, time - rank);
  const perHead = batch === null && rank === 3 ? null : (batch ?? 1) * params.num_heads;
  const problems = maskProblems([
    {
      port: 'attn_mask',
      shape: mask,
      expected: [
        [rows, steps],
        [perHead, rows, steps],
      ],
    },
    { port: 'key_padding_mask', shape: keyMask, expected: [rank === 3 ? [batch, steps] : [steps]] },
  ]);
  if (problems.length > 0) return refusal(...problems);
  const extra = (params.add_bias_kv ? 1 : 0) + (params.add_zero_attn ? 1 : 0);
  const leading = rank === 3 ? [batch] : [];
  const weights = [
    ...leading,
    ...(params.average_attn_weights ? [] : [params.num_heads]),
    rows,
    steps === null ? null : steps + extra,
  ];
  const last = params.embed_dim ?? embed;
  const output = rank === 2 ? [rows, last] : time === 1 ? [batch, rows, last] : [rows, batch, last];
  return params.need_weights ? outputs(output, weights) : outputs(output);
}

/**
 * Concat(head₁, ...) W_O with headᵢ = attention(Q Wᵢ, K Wᵢ, V Wᵢ): `[N, L, E]`, `[N, S, kdim]`, `[N, S, vdim]` → `[N, L, E]` and
 * the attention weights `[N, L, S]`. Source: https://arxiv.org/abs/1706.03762.
 */
export const multiheadAttention = defineLayer({
  type: 'multihead_attention',
  torch: 'torch.nn.MultiheadAttention',
  category: 'attention',
  summary: 'Each query step gathers from the value steps whose keys fit it, in several heads.',
  keywords: ['self-attention', 'transformer', 'query', 'key', 'value', 'mha', 'cross-attention'],
  params: multiheadParams,
  check: ({ embed_dim, num_heads }) => headsProblem('num_heads', embed_dim, num_heads),
  isRandom: true,
  inputs: [
    { name: 'query', help: 'The steps that ask; connect one source to all three for self-attention.' },
    { name: 'key' },
    { name: 'value' },
    {
      name: 'key_padding_mask',
      help: '[N, S]: added to the scores, or true at keys to ignore.',
      isOptional: true,
      content: 'mask',
    },
    {
      name: 'attn_mask',
      help: '[L, S] or [N·heads, L, S]: added to the scores, or true where not to attend.',
      isOptional: true,
      content: 'mask',
    },
  ],
  outputs: [{ name: 'output' }, { name: 'weights', help: 'How much each query attends to each key.' }],
  outputCount: ({ need_weights }) => (need_weights ? 2 : 1),
  torchForward: [
    'query', 'key', 'value', 'key_padding_mask', 'need_weights', 'attn_mask', 'average_attn_weights', 'is_causal',
  ], // prettier-ignore
  inferSizes: (params, [query = null]) => found(params, { embed_dim: sizeAt(query, -1) }),
  infer: inferMultihead,
  tensors: (params) => attentionTensors('', optionsOf(params), waiting('embed_dim', params.embed_dim)),
  submodules: () => ['out_proj'],
  lower(call) {
    const { params } = call;
    const query = inputOf(call);
    const isBatched = query.rank === 3;
    const made = new Map<Tensor, Tensor>();
    // One view per tensor, so that self-attention is seen as such.
    const rows = (port: number): Tensor => {
      const x = inputOf(call, port);
      const view =
        made.get(x) ?? (!isBatched ? ops.unsqueeze(x, 0) : params.batch_first ? x : ops.transpose(x, 0, 1));
      made.set(x, view);
      return view;
    };
    const keyMask = call.inputs[3] ?? null;
    const { output, weights } = multiHead(rows(0), rows(1), rows(2), {
      call,
      prefix: '',
      options: { ...optionsOf(params), embedDim: query.shape.at(-1) ?? null },
      mask: call.inputs[4] ?? null,
      keyMask: keyMask && !isBatched ? ops.unsqueeze(keyMask, 0) : keyMask,
      isCausal: params.is_causal,
      // Where PyTorch gives no weights it computes as scaled_dot_product_attention does.
      isSafe: !params.need_weights,
    });
    const first = isBatched && !params.batch_first ? ops.transpose(output, 0, 1) : output;
    if (!params.need_weights) return [isBatched ? first : ops.squeeze(first, 0)];
    const all = weights();
    const shown = params.average_attn_weights ? ops.mean(all, [1]) : all;
    return isBatched ? [first, shown] : [ops.squeeze(first, 0), ops.squeeze(shown, 0)];
  },
  flops(params, [query = [], key = []]) {
    const embed = query.at(-1) ?? 0;
    const queries = (product(query) ?? 0) / Math.max(embed, 1);
    const keys = product(key.slice(0, -1)) ?? 0;
    const steps = key.at(params.batch_first || key.length === 2 ? -2 : 0) ?? 0;
    return 2 * embed * (2 * embed * (queries + keys) + 2 * queries * steps);
  },
  examples: [
    {
      title: 'queries and keys, time first',
      params: { embed_dim: 6, num_heads: 2, batch_first: false },
      inputs: [
        [3, 2, 6],
        [5, 2, 6],
        [5, 2, 6],
      ],
      outputs: [
        [3, 2, 6],
        [2, 3, 5],
      ],
    },
    {
      title: 'causal, each head',
      params: {
        embed_dim: 4,
        num_heads: 2,
        batch_first: true,
        is_causal: true,
        average_attn_weights: false,
        bias: false,
        dropout: 0.1,
      },
      inputs: [
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 4],
      ],
      outputs: [
        [2, 3, 4],
        [2, 2, 3, 3],
      ],
    },
    {
      title: 'masks, keys and values of other sizes, extra steps',
      params: {
        embed_dim: 6,
        num_heads: 3,
        kdim: 5,
        vdim: 4,
        add_bias_kv: true,
        add_zero_attn: true,
        batch_first: true,
      },
      inputs: [
        [2, 3, 6],
        [2, 4, 5],
        [2, 4, 4],
        [2, 4],
        [3, 4],
      ],
      outputs: [
        [2, 3, 6],
        [2, 3, 6],
      ],
    },
    {
      title: 'one sequence, a mask per head, no weights given',
      params: { embed_dim: 4, num_heads: 2, batch_first: false, need_weights: false },
      inputs: [[3, 4], [2, 4], [2, 4], [2], [2, 3, 2]],
      outputs: [[3, 4]],
    },
  ],
});
