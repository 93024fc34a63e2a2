// Lazy nets against real PyTorch (scripts/golden/nn_lazy.py): same seed, same weights, same reprs.
import { Generator, LazyModule, Module, Sequential } from '#core/nn/index';
import { newTensor } from '#core/nn/tensor-memory';
import { Tensor } from '#core/tensor/tensor';
import type { DType } from '#core/tensor/dtype';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-lazy.json';
import { hash, nn } from './support';

interface Net {
  name: string;
  dtype: string;
  seed: number;
  input: number[] | null;
  layers: { name: string; keywords: Record<string, unknown> }[];
  before: string;
  after: string;
  state: Record<string, { shape: number[]; dtype: string; sha256: string }>;
  metadata: Record<string, number>;
  next: number[];
}

const asDType = (name: string): DType => (name === 'float64' || name === 'bfloat16' ? name : 'float32');

describe('lazy nets have PyTorch’s weights', () => {
  for (const net of golden.nets as unknown as Net[])
    it(`LAZY-1 ${net.name}, ${net.dtype}, seed ${net.seed}: weights and repr equal PyTorch's`, () => {
      const generator = new Generator(net.seed);
      const dtype = asDType(net.dtype);
      const model = new Sequential(
        net.layers.map(({ name, keywords }) => nn(name, keywords, { generator, dtype })),
      );
      expect(String(model)).toBe(net.before);
      if (net.input !== null) model.forward(newTensor(net.input, dtype, 'meta'));
      expect(String(model)).toBe(net.after);
      const state = model.stateDict();
      const entries = [...state].map(([key, value]) => {
        if (!(value instanceof Tensor)) throw new Error(`${key} is no tensor`);
        return [key, { shape: [...value.shape], dtype: value.dtype, sha256: hash(value) }] as const;
      });
      expect(Object.fromEntries(entries)).toEqual(net.state);
      expect(entries.map(([key]) => key)).toEqual(Object.keys(net.state));
      const versions = [...(state.metadata ?? [])].map(([key, { version }]) => [key, version] as const);
      expect(Object.fromEntries(versions)).toEqual(net.metadata);
      expect(Array.from(generator.uniform('float64', 2))).toEqual(net.next);
    });

  it('LAZY-1 the mixin is a module like any other', () => {
    expect(new LazyModule()).toBeInstanceOf(Module);
  });
});
