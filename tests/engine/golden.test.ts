// Initial weights of whole nets are PyTorch's bit for bit, and so are, within rounding, the logits they give.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

import { memorySource, readWeights, readContiguous } from '#core/formats/index';
import { chain, node } from '../graph/graphs';
import { openExample, openSession, projectOf } from './support';

interface Net {
  readonly name: string;
  readonly seed: number;
  readonly shape: number[];
  readonly nodes: { name: string; layer: string; params: Record<string, unknown> }[];
  readonly tensors: Record<string, { dtype: string; shape: number[]; sha256: string }>;
}
const golden = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../golden/engine.json'), 'utf8'),
) as { nets: Net[]; digits_logits: number[][] };

describe.each(golden.nets.map((net) => [net.name, net.seed, net] as const))(
  '%s with seed %i',
  (_name, seed, net) => {
    test('has PyTorch’s weights, in its order, with its keys', async () => {
      const graph = chain(...net.nodes.map(({ name, layer, params }) => node(name, layer, params)));
      const session = await openSession(projectOf(graph));
      await session.feedSample({ seed, shapes: { input: net.shape } });
      const { entries } = await readWeights(memorySource('state', await session.exportState()));
      const found: [string, object][] = [];
      for (const entry of entries) {
        const sha256 = createHash('sha256')
          .update(await readContiguous(entry))
          .digest('hex');
        found.push([entry.name, { dtype: entry.dtype, shape: entry.shape, sha256 }]);
      }
      expect(found).toEqual(Object.entries(net.tensors));
    });
  },
);

test('the digits net gives PyTorch’s logits', async () => {
  const session = await openExample('digits');
  await session.feedSample({ seed: 0 });
  const [prediction] = await session.predict();
  const scores = new Float32Array(prediction?.bytes.buffer ?? new ArrayBuffer(0));
  expect(prediction?.shape).toEqual([1797, 10]);
  golden.digits_logits.forEach((row, sample) =>
    row.forEach((logit, at) => expect(Math.abs((scores[sample * 10 + at] ?? 0) - logit)).toBeLessThan(1e-5)),
  );
});
