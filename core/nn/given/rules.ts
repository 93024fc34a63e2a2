// What a row of refusals is, and the words that PyTorch's functions share.
import { TorchError, type PythonClass } from '../../errors';
import { CPP_TYPES } from '../../ops/infer/checks';
import type { Tensor } from '../../tensor/tensor';
import type { Siblings } from '../initialize';
import type { LayerModule } from '../layer-module';
import { scalarTypeName } from '../python-names';

export interface Given {
  readonly layer: LayerModule;
  readonly input: Tensor;
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly tensors: Siblings;
}
export interface GivenRules {
  /** In the order forward reads them. */
  readonly reads: readonly string[];
  /** Throws what PyTorch throws. Nothing is uninitialized then. */
  check?(given: Given): void;
}

export const refuse = (message: string, pythonClass: PythonClass = 'RuntimeError'): never => {
  throw new TorchError(pythonClass, message, 'dtype_mismatch');
}; // prettier-ignore
export const cpp = ({ dtype }: Tensor): string => CPP_TYPES[dtype] ?? dtype;
export const scalar = ({ dtype }: Tensor): string => scalarTypeName(dtype);
export const expected = (one: Tensor, other: Tensor): never =>
  refuse(`expected scalar type ${scalar(one)} but found ${scalar(other)}`);
export const noTensor = (functionName: string, argument: string, position: number): never =>
  refuse(`${functionName}(): argument '${argument}' (position ${position}) must be Tensor, not NoneType`, 'TypeError'); // prettier-ignore
