// The tiles of products on matrix units: chosen by the sizes and what a device has room for, or as LAZULI_GPU_TILES says. No software
// driver here has such units, so the choice is asked for by itself.
import { afterEach, expect, test } from 'vitest';

import { loadNative, openGpuBackend } from '#native';

import { DEVICES } from './devices';

afterEach(() => {
  delete process.env['LAZULI_GPU_TILES'];
});

/** Units as an H200 has them. */
const UNITS = { name: 'a GPU', shape: [16, 16, 16], subgroup_size: 32, shared_memory: 49152 };
const tiles = (sizes: readonly number[], units: Partial<typeof UNITS> = {}): readonly number[] | null =>
  loadNative().gpuTiles(sizes, { ...UNITS, ...units });
const LARGE = [4096, 4096, 4096, 1];

test('tiles are large where many of them keep a device busy, smaller where few would', () => {
  expect(tiles(LARGE)).toEqual([128, 128, 64, 64, 32]);
  expect(tiles([1024, 2048, 1024, 1])).toEqual([64, 128, 32, 64, 32]);
  expect(tiles([1024, 512, 1024, 1])).toEqual([64, 64, 32, 32, 32]);
  expect(tiles([64, 64, 64, 300])).toEqual([128, 128, 64, 64, 32]);
});

test('a product is not for matrix units where it is thinner than 16, or the device has none or no room', () => {
  expect(tiles([4096, 8, 4096, 1])).toBeNull();
  expect(tiles(LARGE, { shape: [0, 0, 0] })).toBeNull();
  expect(tiles(LARGE, { shared_memory: 8192 })).toBeNull();
});

test.each([
  ['128x256/64x64x32', [128, 256, 64, 64, 32], 49152],
  ['128x128/32x64x32', [128, 128, 32, 64, 32], 49152],
  ['256x128/64x64x64', [256, 128, 64, 64, 64], 98304],
])('LAZULI_GPU_TILES=%s is taken for every product on matrix units', (wish, expected, shared_memory) => {
  process.env['LAZULI_GPU_TILES'] = wish;
  for (const sizes of [LARGE, [64, 64, 64, 1]]) expect(tiles(sizes, { shared_memory })).toEqual(expected);
  expect(tiles([8, 8, 8, 1])).toBeNull();
});

test('a wish that the device has no room for is an error that names both', () => {
  process.env['LAZULI_GPU_TILES'] = '256x256/64x64x64';
  expect(() => tiles(LARGE)).toThrow('LAZULI_GPU_TILES: a GPU has no room for tiles of 256x256/64x64x64');
});

test.each([
  'large',
  '128x128',
  '128x128/64x64',
  '128x128/64x64x32x',
  '100x128/50x64x32',
  '128x128/96x64x32',
  '1024x128/64x64x32',
])('LAZULI_GPU_TILES=%s is told when a device is opened, with matrix units or without', (wish) => {
  process.env['LAZULI_GPU_TILES'] = wish;
  expect(() => openGpuBackend(DEVICES[0]?.index ?? 0)).toThrow(
    `LAZULI_GPU_TILES: expected MxN/MxNxDEPTH in multiples of 32, up to 512, got '${wish}'`,
  );
});
