// What an uninitialized tensor holds until it has a shape, whom its errors name, and PyTorch's words for them. No classes here.
import { TorchError } from '../errors';
import { canRequireGradient, type DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { tensorMethod } from './python-names';

/** What an uninitialized tensor holds meanwhile: an empty tensor of its device and dtype, and who to name in errors. */
export interface Pending {
  data: Tensor;
  owner: () => string | null;
}
export const pendings = new WeakMap<Tensor, Pending>();

/** Throws AttributeError for a tensor that has its shape. */
export function pendingOf(tensor: Tensor): Pending {
  const pending = pendings.get(tensor);
  if (pending === undefined) throw new TorchError('AttributeError', 'the tensor is not uninitialized');
  return pending;
}

/** " (parameter 'weight' of 'fc1')", or nothing while no module with a name owns the tensor. */
function suffix(tensor: Tensor): string {
  const owner = pendings.get(tensor)?.owner() ?? null;
  return owner === null ? '' : ` (${owner})`;
}

/** The ValueError PyTorch raises when `callable` (as Python prints it) is given an uninitialized tensor. */
export function unusable(tensor: Tensor, callable: string): TorchError {
  return new TorchError(
    'ValueError',
    `Attempted to use an uninitialized parameter in ${callable}. This error happens when you are using a \`LazyModule\` or explicitly manipulating \`torch.nn.parameter.${tensor.constructor.name}\` objects. When using LazyModules Call \`forward\` with a dummy batch to initialize the parameters before calling torch functions${suffix(tensor)}`,
    'uninitialized',
  );
}

export const unknownShape = (tensor: Tensor): TorchError =>
  new TorchError('RuntimeError', SHAPE_TEXT + suffix(tensor), 'uninitialized');
export const unsharable = (tensor: Tensor): TorchError =>
  new TorchError('RuntimeError', SHARE_TEXT + suffix(tensor), 'uninitialized');
const SHAPE_TEXT =
  "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before accessing their attributes.";
const SHARE_TEXT =
  "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before calling `module.share_memory()`.";

/** `linear` as Python prints torch's function of that name; a name in angle brackets is already complete. */
export function callableRepr(functionName: string): string {
  if (functionName.startsWith('<method ')) return tensorMethod(functionName.slice(8, -1));
  return functionName.startsWith('<') ? functionName : `<built-in method ${functionName} of type object>`;
}

export const integerData = (dtype: DType): TorchError =>
  new TorchError(
    'RuntimeError',
    'data set to a tensor that requires gradients must be floating point or complex dtype',
    'dtype_mismatch',
    { got: dtype },
  );

/** Throws where the data of a tensor that requires gradients would not allow them. */
export function checkData(tensor: Tensor, dtype: DType): void {
  if (tensor.requiresGrad && !canRequireGradient(dtype)) throw integerData(dtype);
}
