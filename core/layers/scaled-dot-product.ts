// Attention without weights of its own: scaled_dot_product_attention.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { additive, attend, causalMask, is_causal } from './attention-parts';
import { defineLayer } from './declaration';
import { number, optionalNumber } from './params';
import { inputOf } from './pieces';
import { dropped } from './sequences';
import { broadcastEdges, broadcastSize, mismatch, outputs, product, refusal, sizeAt } from './shapes';

/** softmax(Q Kᵀ · scale + mask) V: `[.., L, E]`, `[.., S, E]`, `[.., S, V]` → `[.., L, V]`; scale 1/√E when blank. */
export const scaledDotProductAttention = defineLayer({
  type: 'scaled_dot_product_attention',
  torch: 'torch.nn.functional.scaled_dot_product_attention',
  category: 'attention',
  summary: 'Attention without weights of its own: queries, keys and values as they come.',
  keywords: ['sdpa', 'transformer', 'query', 'key', 'value'],
  params: {
    dropout_p: number({
      min: 0,
      max: 1,
      help: 'Probability that an attention weight becomes 0 while training.',
      initial: 0,
      torchDefault: 0,
    }),
    is_causal,
    scale: optionalNumber({
      help: 'Factor of the scores; blank: 1/√E.',
      initial: null,
      torchDefault: null,
    }),
  },
  isRandom: true,
  inputs: [
    { name: 'query' },
    { name: 'key' },
    { name: 'value' },
    {
      name: 'attn_mask',
      help: 'Added to the scores, or false where not to attend.',
      isOptional: true,
      content: 'mask',
    },
  ],
  outputs: [{ name: 'output' }],
  infer(_params, [query = null, key = null, value = null, mask]) {
    for (const [port, shape] of [
      ['query', query],
      ['key', key],
      ['value', value],
    ] as const)
      // prettier-ignore
      if (shape !== null && shape.length < 2) return refusal(mismatch(port, 'at least 2 dimensions', shape.length));
    for (const [port, a, b] of [
      ['key', sizeAt(query, -1), sizeAt(key, -1)],
      ['value', sizeAt(key, -2), sizeAt(value, -2)],
    ] as const)
      if (a !== null && b !== null && a !== b)
        return refusal(mismatch(port, port === 'key' ? `a last size of ${a}` : `${a} steps`, b));
    if (query === null || key === null || value === null) return outputs(null);
    const leading = broadcastEdges(query.slice(0, -2), key.slice(0, -2));
    const whole = leading && broadcastEdges(leading, value.slice(0, -2));
    if (!whole) return refusal(mismatch('key', 'leading sizes that fit the queries', 'others'));
    const scores = [...whole, sizeAt(query, -2), sizeAt(key, -2) ?? sizeAt(value, -2)];
    const covers =
      mask === undefined ||
      mask === null ||
      (mask.length <= scores.length &&
        mask.every(
          (size, axis) =>
            broadcastSize(size, scores[axis + scores.length - mask.length] ?? null) !== undefined,
        ));
    if (!covers)
      return refusal(
        mismatch('attn_mask', `sizes that broadcast with the scores ${scores.join('×')}`, mask.join('×')),
      );
    return outputs([...whole, sizeAt(query, -2), sizeAt(value, -1)]);
  },
  lower(call) {
    const [query, key, value] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)];
    const { params } = call;
    const mask = call.inputs[3];
    const [rows = 0, size = 1] = query.shape.slice(-2);
    const masks = [
      ...(params.is_causal ? [causalMask(query, rows, key.shape.at(-2) ?? 0)] : []),
      // Here a bool mask is true where to attend.
      ...(mask
        ? [
            mask.dtype === 'bool'
              ? ops.where(ops.cast(mask, query.dtype), 0, -Infinity)
              : additive(mask, query),
          ]
        : []),
    ];
    const drop = (weights: Tensor): Tensor => dropped(weights, params.dropout_p, call);
    return [
      attend(query, key, value, {
        masks,
        scale: params.scale ?? 1 / Math.sqrt(size),
        isSafe: mask !== undefined,
        name: '',
        drop,
      }).output,
    ];
  },
  flops: (_params, [query = [], key = []], [output = []]) =>
    2 * ((product(query) ?? 0) + (product(output) ?? 0)) * (key.at(-2) ?? 0),
  examples: [
    {
      title: 'a mask',
      params: { dropout_p: 0 },
      inputs: [
        [2, 3, 4],
        [2, 5, 4],
        [2, 5, 6],
        [3, 5],
      ],
      outputs: [[2, 3, 6]],
    },
    {
      title: 'heads, causal and scaled',
      params: { is_causal: true, scale: 0.3 },
      inputs: [
        [2, 2, 4, 3],
        [2, 2, 4, 3],
        [2, 2, 4, 3],
      ],
      outputs: [[2, 2, 4, 3]],
    },
  ],
});
