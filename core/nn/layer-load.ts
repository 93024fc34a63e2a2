// What layers do to their part of a state dict before it is loaded: entries of older PyTorch versions under their present names.
import { oldNames } from '../layers/parametrize';
import type { LayerModule } from './layer-module';
import type { LoadCall } from './module-types';
import { newTensor } from './tensor-memory';
import { Tensor } from '../tensor/tensor';

/** Changes the entries and the lists of problems of `call`, as PyTorch's `_load_from_state_dict` of the class does. */
export function prepareLayerLoad(layer: LayerModule, call: LoadCall): void {
  renameOldParts(layer, call);
  fillCounter(layer, call);
  refuseStatistics(layer, call);
}

/**
 * Old name → present name of the tensors of `torch.nn.utils.weight_norm` and `spectral_norm`, which called them `weight_g`, `weight_v` and
 * `weight_orig`, `weight_u`, `weight_v`; a list for each weight.
 */
export const oldNamesOf = (
  layer: LayerModule,
): readonly (readonly (readonly [old: string, name: string])[])[] =>
  layer
    .tensorSpecs()
    .flatMap(({ partOf }) =>
      partOf?.role === 'main' ? [oldNames(partOf.tensor, partOf.parametrization)] : [],
    );

function renameOldParts(layer: LayerModule, { stateDict, prefix }: LoadCall): void {
  for (const names of oldNamesOf(layer)) {
    if (!names.every(([old, now]) => stateDict.has(prefix + old) || stateDict.has(prefix + now))) continue;
    for (const [old, now] of names) {
      if (!stateDict.has(prefix + old)) continue;
      stateDict.set(prefix + now, stateDict.get(prefix + old));
      stateDict.delete(prefix + old);
    }
  }
}

/** Batch norms before version 2 had no num_batches_tracked: its absence is filled, never reported. */
function fillCounter(layer: LayerModule, { stateDict, prefix, metadata }: LoadCall): void {
  const key = `${prefix}num_batches_tracked`;
  const tracks = layer.params.track_running_stats === true;
  if (layer.stateVersion < 2 || !tracks || (metadata.version ?? 0) >= 2 || stateDict.has(key)) return;
  const counter = layer.getAttribute('num_batches_tracked');
  const isThere = counter instanceof Tensor && counter.device !== 'meta';
  stateDict.set(key, isThere ? counter : newTensor([], 'int64'));
}

/** Instance norms of PyTorch before 0.4 always tracked statistics; one that does not track them now says so in its own words. */
function refuseStatistics(layer: LayerModule, { stateDict, prefix, metadata, errors }: LoadCall): void {
  const isInstanceNorm = layer.declaration.torch?.startsWith('torch.nn.InstanceNorm') === true;
  if (!isInstanceNorm || (metadata.version ?? null) !== null || layer.params.track_running_stats !== false)
    return;
  const keys = ['running_mean', 'running_var']
    .map((name) => prefix + name)
    .filter((key) => stateDict.has(key));
  if (keys.length === 0) return;
  const name = layer.constructor.name;
  errors.push(
    `Unexpected running stats buffer(s) ${keys.map((key) => `"${key}"`).join(' and ')} for ${name} with track_running_stats=False. If state_dict is a checkpoint saved before 0.4.0, this may be expected because ${name} does not track running stats by default since 0.4.0. Please remove these keys from state_dict. If the running stats are actually needed, instead set track_running_stats=True in ${name} to enable them. See the documentation of ${name} for details.`,
  );
  for (const key of keys) stateDict.delete(key);
}
