// Layers that draw while training: what they drop, how often, what the rest becomes, and that the random state decides it.
import { describe, expect, it } from 'vitest';

import { LAYERS, parseParams } from '#core/layers/index';
import type { LayerDeclaration } from '#core/layers/declaration';
import * as ops from '#core/ops/index';
import { randomState } from './calls';
import { useNativeBackend } from './native';

useNativeBackend();

const RANDOM = LAYERS.filter(({ isRandom, params }) => isRandom === true && 'p' in params);
const rankOf = (layer: LayerDeclaration): number => Number(/(\d)d$/.exec(layer.type)?.[1] ?? 0);

/** The outputs of one training call, or of two with one random state between them. */
function run(
  layer: LayerDeclaration,
  p: number,
  shape: readonly number[],
  seed: number,
  calls = 1,
): number[][] {
  return ops.scope(() => {
    const random = randomState(seed);
    const params = parseParams(layer, { p }, 'torch');
    const inputs = [ops.ones(shape, 'float32')];
    return Array.from({ length: calls }, () => {
      const [output] = layer.lower({ params, inputs, tensors: {}, isTraining: true, random });
      return ops.toNumbers(output ?? ops.zeros([]));
    });
  });
}

describe('random layers', () => {
  it.each(RANDOM.map((layer) => [layer.type, layer] as const))('%s', (type, layer) => {
    const shape = [20, 100, ...[3, 2, 2].slice(0, rankOf(layer))];
    const perChannel = shape.slice(2).reduce((n, size) => n * size, 1);
    const [first = [], second = []] = run(layer, 0.3, shape, 5, 2);
    expect(run(layer, 0.3, shape, 5)[0]).toEqual(first);
    expect(second).not.toEqual(first);
    expect(run(layer, 0.3, shape, 6)[0]).not.toEqual(first);
    const values = [...new Set(first)].sort((a, b) => a - b);
    expect(values.length).toBe(2);
    const dropped = first.filter((value) => value === values[0]).length / first.length;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(0.05);
    // Whole channels share one fate.
    for (let start = 0; start < first.length; start += perChannel)
      expect(new Set(first.slice(start, start + perChannel)).size).toBe(1);
    if (!type.endsWith('alpha_dropout')) expect(values).toEqual([0, Math.fround(1 / (1 - 0.3))]);
    if (!type.endsWith('alpha_dropout')) expect(new Set(run(layer, 1, shape, 1)[0])).toEqual(new Set([0]));
    expect(new Set(run(layer, 0, shape, 1)[0])).toEqual(new Set([1]));
  });

  it('alpha_dropout keeps mean 0 and variance 1', () => {
    const layer = RANDOM.find(({ type }) => type === 'alpha_dropout');
    if (!layer) throw new Error('no alpha_dropout');
    ops.scope(() => {
      // ±1 in turn: mean 0, variance 1.
      const input = ops.fromArray(Array.from({ length: 40_000 }, (_, index) => (index % 2) * 2 - 1));
      const call = {
        params: { p: 0.4 },
        inputs: [input],
        tensors: {},
        isTraining: true,
        random: randomState(3),
      };
      const values = ops.toNumbers(layer.lower(call)[0] ?? input);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(Math.abs(mean)).toBeLessThan(0.03);
      expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    });
  });
});
