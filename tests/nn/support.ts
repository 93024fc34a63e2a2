// What the tests of the parameter system share: PyTorch's classes, hashes, small tensors and thrown errors.
import { createHash } from 'node:crypto';

import { TorchError } from '#core/errors';
import { LAYERS } from '#core/layers/index';
import type { LayerOptions } from '#core/nn/index';
import { classNameOf, denseBytes, newTensor, torchClasses, type LayerModule } from '#core/nn/index';
import { HostStorage } from '#core/tensor/host-storage';
import type { DType } from '#core/tensor/dtype';
import { encodeElements } from '#core/tensor/elements';
import type { Shape } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';

const CLASSES = torchClasses(LAYERS);

/** `torch.nn.<name>(**keywords)`. */
export function nn(
  name: string,
  keywords: Record<string, unknown> = {},
  options: LayerOptions = {},
): LayerModule {
  const TorchClass = CLASSES[name];
  if (TorchClass === undefined) throw new Error(`no class ${name}`);
  return new TorchClass(keywords, options);
}

/** The class itself, for instanceof and for deriving. */
export const classOf = (name: string): NonNullable<(typeof CLASSES)[string]> => {
  const found = CLASSES[name];
  if (found === undefined) throw new Error(`no class ${name}`);
  return found;
};

export const declarationOf = (className: string) => {
  const found = LAYERS.find((declaration) => classNameOf(declaration) === className);
  if (found === undefined) throw new Error(`no declaration ${className}`);
  return found;
};

export const hash = (tensor: Tensor): string => createHash('sha256').update(denseBytes(tensor)).digest('hex');

export const meta = (...shape: number[]): Tensor => newTensor(shape, 'float32', 'meta');

/** A host tensor of the given values. */
export function tensor(
  values: readonly number[],
  shape: Shape = [values.length],
  dtype: DType = 'float32',
): Tensor {
  return new Tensor(new HostStorage(encodeElements(dtype, values, values.length)), { dtype, shape });
}

/** The error `body` throws, as "PythonClass: message"; fails when it throws none. */
export function thrown(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof TorchError) return `${error.pythonClass}: ${error.message}`;
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  throw new Error('nothing was thrown');
}
