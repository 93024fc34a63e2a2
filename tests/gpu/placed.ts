// Tensors of a test on the device it compares.
import { newTensor } from '#core/nn/index';
import type { Tensor } from '#core/tensor/tensor';

export type Place = 'cpu' | 'gpu';

/** The same tensor on a device; the one on the CPU goes. */
export function placed(tensor: Tensor, place: Place): Tensor {
  if (place === 'cpu') return tensor;
  const moved = newTensor(tensor.shape, tensor.dtype, place);
  if (tensor.storage.bytes > 0) moved.storage.write(0, tensor.storage.read(0, tensor.storage.bytes));
  tensor.storage.dispose();
  return moved;
}
