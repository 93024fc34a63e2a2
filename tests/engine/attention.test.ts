// Attention weights of the sample, by layer and head: those the layer gives itself, rows that add up to 1, and nothing ahead of time.
import { expect, test } from 'vitest';

import type { AttentionMaps } from '#core/session/activity';
import { chain, edge, node } from '../graph/graphs';
import { examples, openSession, projectOf, template } from './support';

/** Rows of an 8 × 8 digit as a sequence of 8 steps. */
const rows = node('rows', 'flatten', { start_dim: 1, end_dim: 2 });
const { data, training, sample } = template('digits');

const flat = node('flat', 'flatten');
const fc = node('fc', 'linear', { out_features: 10 });

/** rows → the layer, at each of these ports → flat → fc. */
async function fed(layer: ReturnType<typeof node>, ports: readonly string[]) {
  const { nodes, edges } = chain(rows, layer, flat, fc);
  const own = edges.filter(({ to }) => to.node !== layer.id);
  const graph = { nodes, edges: [...own, ...ports.map((port) => edge('rows', layer.id, port))] };
  const session = await openSession({ ...projectOf(graph, data), training, sample }, `${examples}/digits`);
  await session.feedSample();
  return session;
}

const headsOf = ({ shape, values }: AttentionMaps): number[][][] => {
  const [heads = 0, queries = 0, keys = 0] = shape;
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length: queries }, (_row, query) => {
      const from = (head * queries + query) * keys;
      return [...values.subarray(from, from + keys)];
    }),
  );
};

test('a transformer shows each attention by name and head; a causal one looks at nothing later', async () => {
  const encoder = node('encoder', 'transformer_encoder', {
    nhead: 2,
    num_layers: 2,
    is_causal: true,
    batch_first: true,
  });
  const session = await fed(encoder, ['src']);
  const { attention } = await session.activity('encoder');
  expect(attention.map(({ name }) => name)).toEqual(['layers.0.self_attn', 'layers.1.self_attn']);
  for (const maps of attention) {
    expect(maps).toMatchObject({ shape: [2, 8, 8], heads: 2, queries: 8, keys: 8 });
    for (const head of headsOf(maps))
      head.forEach((row, query) => {
        expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        expect(row.slice(query + 1).every((weight) => weight === 0)).toBe(true);
      });
  }
  expect((await session.activity('fc')).attention).toEqual([]);
});

test('the weights are those that multihead attention gives at its own port', async () => {
  const attention = node('attention', 'multihead_attention', {
    num_heads: 4,
    average_attn_weights: false,
    batch_first: true,
  });
  const session = await fed(attention, ['query', 'key', 'value']);
  const { attention: maps, outputs } = await session.activity('attention');
  const given = outputs[1]?.first;
  expect(given?.shape).toEqual([4, 8, 8]);
  expect(maps).toMatchObject([{ name: '', shape: [4, 8, 8] }]);
  const wanted = [...(given?.values ?? [])];
  maps[0]?.values.forEach((weight, at) => expect(weight).toBeCloseTo(wanted[at] ?? NaN, 6));
});
