// The first call of PyTorch's lazy classes: one tensor after the other gets memory, and what is in the way stops it there, with what
// came before left as it is. Source: initialize_parameters of torch.nn.modules.linear, conv and batchnorm.
import { TorchError } from '../errors';
import type { TensorSpec } from '../layers/declaration';
import type { Shape } from '../tensor/shape';
import type { LayerModule } from './layer-module';
import { hasUninitializedParams } from './lazy';
import { knownShape } from './layer-tensors';
import { noAttribute } from './python-names';
import { KEEPS_BIAS } from './torch-repr';
import { rulesOf } from './torch-rules';
import type { Sizes } from './solve-sizes';
import { isLazy } from './uninitialized';

/** Gives the tensors of a layer memory for inputs of these shapes, then their first values. Sizes are set first. */
export function materializeAsTorch(layer: LayerModule, shapes: readonly Shape[], sizes: Sizes): void {
  const { declaration, params } = layer;
  layer.setSizes(sizes, () => `from the input ${shapes.map((shape) => `[${shape.join(', ')}]`).join(', ')}`);
  // What a keyword left out may have been assigned since.
  const all = declaration.tensors?.({ ...params, ...sizes, bias: true }) ?? [];
  for (const spec of all) if (spec.shape.length > 0) materializeOne(layer, spec);
  // PyTorch skips the reset when the inferred size is 0, or something else is uninitialized still.
  if (hasUninitializedParams(layer)) return;
  if (Object.values(sizes).some((size) => (typeof size === 'number' ? size === 0 : size.includes(0)))) return;
  const specs = layer.tensorSpecs();
  // Statistics come first, and end at a counter that somebody has deleted.
  layer.initializeTensors(specs.filter(({ kind, shape }) => kind === 'buffer' && shape.length > 0));
  for (const { name, shape } of specs) if (shape.length === 0) layer.getAttribute(name);
  layer.initializeTensors(specs);
}

function materializeOne(layer: LayerModule, { name, kind, shape }: TensorSpec): void {
  const tensor = layer.getAttribute(name);
  if (isLazy(tensor)) return tensor.materialize(knownShape(shape) ?? []);
  if (name === 'bias' && tensor === null) return;
  throw kind === 'parameter' && rulesOf(layer.declaration)?.assertsKind === true
    ? new TorchError('AssertionError', `self.${name} must be an UninitializedParameter`, 'uninitialized')
    : new TorchError('AttributeError', noAttribute(tensor, 'materialize'));
}

/** `reset_parameters` of a class that is not lazy: what was deleted is an AttributeError once the tensors before it have new values. */
export function resetAsTorch(layer: LayerModule): void {
  const specs = layer.tensorSpecs();
  // Recurrent layers reset the parameters there are.
  const isRecurrent = KEEPS_BIAS.test(layer.declaration.torch ?? '');
  const deleted = specs.findIndex(
    ({ name }) => !isRecurrent && !name.includes('.') && Reflect.get(layer, name) === undefined,
  );
  if (deleted < 0) return layer.initializeTensors(specs);
  layer.initializeTensors(specs.slice(0, deleted));
  layer.getAttribute(specs[deleted]?.name ?? '');
}
