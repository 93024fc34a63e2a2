// Tensors of a test on the device it compares, and ops on tensors there.
import { afterAll, beforeAll, expect } from 'vitest';

import { newTensor } from '#core/nn/index';
import { useBackend } from '#core/ops/dispatch';
import type { Tensor } from '#core/tensor/tensor';
import type { GpuBackend } from '#native';

import { backendOn, DEVICES } from './devices';

export type Place = 'cpu' | 'gpu';

/** The same tensor on a device; the one on the CPU goes. */
export function placed(tensor: Tensor, place: Place): Tensor {
  if (place === 'cpu') return tensor;
  const moved = newTensor(tensor.shape, tensor.dtype, place);
  if (tensor.storage.bytes > 0) moved.storage.write(0, tensor.storage.read(0, tensor.storage.bytes));
  tensor.storage.dispose();
  return moved;
}

/** The first device's backend, which takes the ops of the test file; nothing may be left on it. */
export function useGpuBackend(): GpuBackend {
  const [device] = DEVICES;
  if (!device) throw new Error('no device');
  const gpu = backendOn(device);
  let restore = (): void => {};
  beforeAll(() => {
    restore = useBackend(gpu);
  });
  afterAll(() => {
    restore();
    expect(gpu.native.live()).toMatchObject({ storages: 0, programs: 0 });
  });
  return gpu;
}
