// A layer's declared tensors as objects: registered uninitialized or with memory, and as stand-ins for a dry run.
import { TorchError } from '../errors';
import type { TensorSpec } from '../layers/declaration';
import { getDefaultDType } from '../tensor/default-dtype';
import { MetaStorage } from '../tensor/meta-storage';
import type { PartialShape, Shape } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import type { Siblings } from './initialize';
import type { LayerModule } from './layer-module';
import { Parameter } from './parameter';
import { registerNestedBuffer, registerNestedParameter } from './registry';
import { newTensor } from './tensor-memory';
import { UninitializedBuffer, UninitializedParameter } from './uninitialized';

/** Stand-ins without values: a dry run reads and moves nothing, also where a layer computes with its weights alone. */
export const onMeta = (tensors: Siblings): Siblings =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      if (tensor === null) return [name, null];
      const { dtype, shape, strides, offset, storage, requiresGrad } = tensor;
      return [
        name,
        new Tensor(new MetaStorage(storage.bytes), { dtype, shape, strides, offset, requiresGrad }),
      ];
    }),
  );

/** What a call with these inputs computes with: an input on meta makes it a dry run, of a layer on meta with its own tensors. */
export function dryOrReal(tensors: Siblings, inputs: readonly (Tensor | null)[]): Siblings {
  const isDry = inputs.some((input) => input?.device === 'meta');
  const isReal = Object.values(tensors).some((tensor) => tensor !== null && tensor.device !== 'meta');
  return isDry && isReal ? onMeta(tensors) : tensors;
}

/** Keywords that leave tensors out when they are false. */
const SWITCHES = ['bias', 'affine', 'elementwise_affine', 'track_running_stats'];
/** PyTorch's recurrent layers do not register what they leave out. */
const REGISTERS_ALL = /^torch\.nn\.(RNN|LSTM|GRU)$/;

/** The declared tensors, and in their places those that a keyword left out: PyTorch registers them as None. */
export function withAbsent(
  { declaration, params }: LayerModule,
  specs: readonly TensorSpec[],
): readonly (TensorSpec | AbsentTensor)[] {
  const off = SWITCHES.filter((name) => params[name] === false);
  if (off.length === 0 || REGISTERS_ALL.test(declaration.torch ?? '')) return specs;
  const all = declaration.tensors?.({ ...params, ...Object.fromEntries(off.map((name) => [name, true])) });
  return (all ?? [])
    .filter(({ name }) => !name.includes('.') || specs.some((spec) => spec.name === name))
    .map(({ name, kind }) => specs.find((spec) => spec.name === name) ?? { name, kind, isAbsent: true });
}

/** PyTorch's RuntimeError for a size below 0. */
export function refuseNegative(shape: Shape): void {
  const negative = shape.find((size) => size < 0);
  if (negative === undefined) return;
  throw new TorchError(
    'RuntimeError',
    `Trying to create tensor with negative dimension ${negative}: [${shape.join(', ')}]`,
  );
}

interface AbsentTensor extends Pick<TensorSpec, 'name' | 'kind'> {
  readonly isAbsent: true;
}

/** Registers one declared tensor: uninitialized while its shape waits for a size, None where it is left out. */
export function registerTensor(module: LayerModule, spec: TensorSpec | AbsentTensor): void {
  if ('isAbsent' in spec) {
    if (spec.kind === 'parameter') module.registerParameter(spec.name, null);
    else module.registerBuffer(spec.name, null);
    return;
  }
  const { name, kind, shape, dtype: own, waitsFor } = spec;
  const { dtype: modelDType = getDefaultDType(), device = 'cpu' } = module.options;
  const dtype = own ?? modelDType;
  const sizes = knownShape(shape);
  const isWaiting = waitsFor !== null || sizes === null;
  if (!isWaiting) refuseNegative(sizes);
  if (kind === 'parameter') {
    const value = isWaiting
      ? new UninitializedParameter({ dtype, device })
      : new Parameter(newTensor(sizes, dtype, device));
    if (name.includes('.')) registerNestedParameter(module, name, value);
    else module.registerParameter(name, value);
    return;
  }
  const value = isWaiting ? new UninitializedBuffer({ dtype, device }) : newTensor(sizes, dtype, device);
  if (name.includes('.')) registerNestedBuffer(module, name, value);
  else module.registerBuffer(name, value);
}

/** A shape with every size known, or null. */
export const knownShape = (shape: PartialShape): Shape | null => {
  const sizes = shape.filter((size) => size !== null);
  return sizes.length === shape.length ? sizes : null;
};
