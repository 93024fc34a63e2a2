// What PyTorch's functions say of a layer's own tensors before they compute: one that was deleted, is None or has another dtype.
import { TorchError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import { GIVEN } from './given/table';
import type { GivenRules } from './given/rules';
import type { Siblings } from './initialize';
import type { LayerModule } from './layer-module';
import { REGISTRY } from './registry';
import { isLazy } from './uninitialized';

const rowOf = ({ declaration }: LayerModule): GivenRules | undefined =>
  GIVEN[declaration.torch?.split('.').at(-1) ?? ''];

/** PyTorch's AttributeError for the first tensor that forward reads and somebody has deleted. */
export function checkDeleted(layer: LayerModule): void {
  const isBatch = layer.declaration.torch?.startsWith('torch.nn.BatchNorm') === true;
  const skips = isBatch && layer.training && layer.params.track_running_stats !== true;
  for (const name of (rowOf(layer)?.reads ?? []).filter((each) => !(skips && each.startsWith('running_'))))
    if (!layer[REGISTRY].has(name) && Reflect.get(layer, name) === undefined)
      throw new TorchError('AttributeError', `'${layer.constructor.name}' object has no attribute '${name}'`);
}

/** PyTorch's error for a tensor that is None or of a dtype that does not go with the input's. */
export function checkGiven(layer: LayerModule, input: Tensor | null | undefined, tensors: Siblings): void {
  if (!input || Object.values(tensors).some((tensor) => isLazy(tensor))) return;
  const { weight = null, bias = null } = tensors;
  rowOf(layer)?.check?.({ layer, input, weight, bias, tensors });
}
