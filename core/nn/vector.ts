// torch.nn.utils.convert_parameters: all parameters as one vector, and back. Rules: docs/spec/modules.md.
import { TorchError } from '../errors';
import { cast, concatenate, reshape, resultType } from '../ops';
import { contiguousStrides } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import { noAttribute, torchTypename } from './python-names';

/** The elements of all parameters in order, `[n]`; gradients reach the parameters. RuntimeError for one that is not contiguous. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const parts = [...parameters].map((parameter) => {
    if (!(parameter instanceof Tensor))
      throw new TorchError('AttributeError', noAttribute(parameter, 'device'));
    parameter.assertUsable('<method view>');
    if (!parameter.isContiguous())
      throw new TorchError(
        'RuntimeError',
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
        'shape_mismatch',
      );
    return parameter;
  });
  checkDevices(parts);
  if (parts.length === 0)
    throw new TorchError('ValueError', 'torch.cat(): expected a non-empty list of Tensors');
  const dtype = resultType(parts);
  const flat = parts.map((part) => reshape(part, [part.numel()]));
  return concatenate(
    flat.map((part) => (parts.every((other) => other.dtype === dtype) ? part : cast(part, dtype))),
  );
}

/**
 * Gives each parameter its part of `vector` `[n]` as data: they share its memory and take its dtype. What is left of the vector is not
 * looked at. TypeError for what is no tensor, RuntimeError where the vector ends too soon.
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  if (!(vector instanceof Tensor))
    throw new TorchError('TypeError', `expected torch.Tensor, but got: ${torchTypename(vector)}`);
  const all = [...parameters];
  let at = 0;
  for (const [index, parameter] of all.entries()) {
    checkDevices(all.slice(0, index + 1));
    const count = parameter.numel();
    const left = Math.max(Math.min(count, vector.numel() - at), 0);
    const { shape } = parameter;
    if (left !== count)
      throw new TorchError(
        'RuntimeError',
        `shape '[${shape.join(', ')}]' is invalid for input of size ${left}`,
        'shape_mismatch',
      );
    const { storage, dtype } = vector;
    const step = vector.strides[0] ?? 1;
    const strides = contiguousStrides(shape).map((stride) => stride * step);
    parameter.data = new Tensor(storage, { dtype, shape, strides, offset: vector.offset + at * step });
    at += count;
  }
}

/** One device for all: the CPU and meta count as one until they are joined. */
function checkDevices(tensors: readonly Tensor[]): void {
  const isGpu = (tensor: Tensor): boolean => tensor.device === 'gpu';
  if (tensors.some(isGpu) && !tensors.every(isGpu))
    throw new TorchError(
      'TypeError',
      'Found two parameters on different devices, this is currently not supported.',
    );
}
