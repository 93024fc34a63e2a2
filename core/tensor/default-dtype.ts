// The element type that tensors have where nobody says: torch.get_default_dtype and torch.set_default_dtype.
import { TorchError } from '../errors';
import { DTYPES, type DType } from './dtype';

let current: DType = 'float32';

export const getDefaultDType = (): DType => current;

/** What Parameter(), uninitialized tensors and PyTorch's layers take from now on. TypeError for what is no floating point type. */
export function setDefaultDType(dtype: DType): void {
  if (DTYPES[dtype].kind !== 'float')
    throw new TorchError(
      'TypeError',
      'only floating-point types are supported as the default type',
      'dtype_mismatch',
      { expected: 'float32, float64, float16 or bfloat16', got: dtype },
    );
  current = dtype;
}
