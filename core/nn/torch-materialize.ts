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
  resetStatistics(layer);
  layer.initializeTensors();
}

/** `reset_running_stats`: one after the other, until one that somebody has deleted or that is None. */
function resetStatistics(layer: LayerModule): void {
  for (const spec of layer.tensorSpecs().filter(({ kind }) => kind === 'buffer')) {
    if (layer.getAttribute(spec.name) === null)
      throw new TorchError(
        'AttributeError',
        noAttribute(null, spec.name === 'running_var' ? 'fill_' : 'zero_'),
      );
    layer.initializeTensors([spec]);
  }
}

function materializeOne(layer: LayerModule, { name, kind, shape }: TensorSpec): void {
  const tensor = layer.getAttribute(name);
  if (isLazy(tensor)) return tensor.materialize(knownShape(shape) ?? []);
  if (name === 'bias' && tensor === null) return;
  throw kind === 'parameter' && rulesOf(layer.declaration)?.assertsKind === true
    ? new TorchError('AssertionError', `self.${name} must be an UninitializedParameter`, 'uninitialized')
    : new TorchError('AttributeError', noAttribute(tensor, 'materialize'));
}

/** What the first values of a weight ask of it before anything else, by class. Source: torch.nn.init. */
const ASKED_FIRST: readonly (readonly [torch: RegExp, name: string])[] = [
  [/\.Linear$/, 'shape'],
  [/\.Conv/, 'is_contiguous'],
  [/\.Bilinear$/, 'size'],
  [/\.Embedding$/, 'normal_'],
];
const askedFirst = (torch: string): string => ASKED_FIRST.find(([each]) => each.test(torch))?.[1] ?? 'fill_';

/**
 * `reset_parameters`: what was deleted is an AttributeError once the tensors before it have new values. A layer of no or unknown size
 * only fails so.
 */
export function resetAsTorch(layer: LayerModule, isEmpty: boolean): void {
  const { declaration, params } = layer;
  // Recurrent layers reset the parameters there are, the others a bias that has been assigned since, too.
  const isRecurrent = KEEPS_BIAS.test(declaration.torch ?? '');
  const specs = isRecurrent
    ? layer.tensorSpecs()
    : (declaration.tensors?.({ ...params, ...('bias' in params ? { bias: true } : {}) }) ?? []);
  const deleted = isRecurrent
    ? undefined
    : specs.find(
        ({ name, kind }) =>
          kind === 'parameter' && !name.includes('.') && Reflect.get(layer, name) === undefined,
      );
  if (isEmpty && deleted === undefined) return;
  resetStatistics(layer);
  const hasWeight = layer.tensorSpecs().some(({ name }) => name === 'weight');
  if (hasWeight && deleted?.name !== 'weight' && layer.getAttribute('weight') === null)
    throw new TorchError('AttributeError', noAttribute(null, askedFirst(declaration.torch ?? '')));
  if (deleted === undefined) return layer.initializeTensors(specs);
  layer.initializeTensors(specs.slice(0, specs.indexOf(deleted)));
  layer.getAttribute(deleted.name);
}
