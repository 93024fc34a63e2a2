// Tensors without ops: layout, shapes, elements and storages.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { fromFloat16Bits, toFloat16Bits } from '#core/tensor/half-precision';
import { HostStorage } from '#core/tensor/host-storage';
import { MetaStorage } from '#core/tensor/meta-storage';
import { broadcastShapes, contiguousStrides, formatShape, numel, torchSize } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';

describe('shapes', () => {
  test('strides are row-major', () => {
    expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(contiguousStrides([])).toEqual([]);
    expect([numel([]), numel([2, 0, 3])]).toEqual([1, 0]);
  });
  test('broadcast as NumPy', () => {
    expect(broadcastShapes([3, 1, 4], [2, 1])).toEqual([3, 2, 4]);
    expect(broadcastShapes([0, 3], [1, 3])).toEqual([0, 3]);
    expect(broadcastShapes([2], [3])).toBeNull();
  });
  test('print', () => {
    expect([formatShape([64, null, 8]), formatShape([]), torchSize([2, 3])]).toEqual([
      '64×?×8',
      'scalar',
      'torch.Size([2, 3])',
    ]);
  });
  test('broadcasting is symmetric and keeps what fits', () => {
    const shape = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 4 });
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        expect(broadcastShapes(a, b)).toEqual(broadcastShapes(b, a));
        expect(broadcastShapes(a, a)).toEqual(a);
      }),
    );
  });
});

describe('a tensor', () => {
  const storage = new HostStorage(48);
  test('knows whether it is dense', () => {
    const dense = (shape: number[], strides: number[]) =>
      new Tensor(storage, { dtype: 'float32', shape, strides }).isContiguous();
    expect(dense([3, 4], [4, 1])).toBe(true);
    expect(dense([4, 3], [1, 4])).toBe(false);
    expect(dense([1, 4], [99, 1])).toBe(true);
    expect(dense([0, 4], [7, 7])).toBe(true);
  });
  test('of integers cannot require a gradient', () => {
    const tensor = new Tensor(storage, { dtype: 'int64', shape: [2] });
    expect(() => (tensor.requiresGrad = true)).toThrow(
      'only Tensors of floating point and complex dtype can require gradients',
    );
  });
  test('gives the bytes of its part', () => {
    storage.write(4, new Uint8Array([0, 0, 128, 63]));
    const part = new Tensor(storage, { dtype: 'float32', shape: [1], offset: 1 });
    expect([...part.bytes()]).toEqual([0, 0, 128, 63]);
    const strided = new Tensor(storage, { dtype: 'float32', shape: [2], strides: [2] });
    expect(() => strided.bytes()).toThrow('strided view');
  });
});

describe('storages', () => {
  test('refuse to be used after dispose, and outside', () => {
    const storage = new HostStorage(8);
    expect(() => storage.read(4, 5)).toThrow('bytes 4..9 are outside a storage of 8');
    storage.dispose();
    storage.dispose();
    expect(storage.isDisposed).toBe(true);
    expect(() => storage.read(0, 1)).toThrow('after dispose()');
  });
  test('on meta hold nothing', () => {
    expect(() => new MetaStorage(8).read()).toThrow('Cannot copy out of meta tensor; no data!');
  });
});

test('all half precision numbers go through float64 and back', () => {
  const all = Array.from({ length: 0x10000 }, (_, bits) => bits);
  expect(
    all.filter(
      (bits) => !Number.isNaN(fromFloat16Bits(bits)) && toFloat16Bits(fromFloat16Bits(bits)) !== bits,
    ),
  ).toEqual([]);
});
