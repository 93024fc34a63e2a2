// What a reference kernel is: inputs and outputs as tensors, attributes as the op's own type.
import type { OpAttributes, OpName } from '#core/ops/signatures';
import type { DenseTensor } from '#core/tensor/storage';

import { read } from './arrays';

export interface KernelCall<N extends OpName> {
  readonly inputs: readonly (DenseTensor | null)[];
  readonly outputs: readonly DenseTensor[];
  readonly attributes: OpAttributes[N];
}
export type Kernel<N extends OpName> = (call: KernelCall<N>) => void;

export function tensorAt(tensors: readonly (DenseTensor | null)[], index: number): DenseTensor {
  const tensor = tensors[index];
  if (!tensor) throw new Error(`tensor ${index} is missing`);
  return tensor;
}

/** The numbers of input `index`, or null when it is absent. */
export const maybe = (tensors: readonly (DenseTensor | null)[], index: number): number[] | null => {
  const tensor = tensors[index];
  return tensor ? read(tensor) : null;
};
