// What layers do to their part of a state dict before it is loaded: entries of older PyTorch versions under their present names.
import { normedBase, normedNames } from '../layers/weight-norm';
import type { LayerModule } from './layer-module';
import type { LoadCall } from './module-types';
import { REGISTRY } from './registry';
import { newTensor } from './tensor-memory';

/** Changes the entries and the lists of problems of `call`, as PyTorch's `_load_from_state_dict` of the class does. */
export function prepareLayerLoad(layer: LayerModule, call: LoadCall): void {
  renameOldWeightNorm(layer, call);
  fillCounter(layer, call);
  refuseStatistics(layer, call);
}

/** Old name → present name of the tensors of `torch.nn.utils.weight_norm`, which called them `weight_g` and `weight_v`. */
export function oldNamesOf(layer: LayerModule): readonly (readonly [old: string, name: string])[] {
  const normed = layer
    .tensorSpecs()
    .flatMap(({ partOf }) => (partOf?.role === 'direction' ? partOf.tensor : []));
  return normed.flatMap((name) => {
    const { magnitude, direction } = normedNames(name);
    return [
      [`${name}_g`, magnitude],
      [`${name}_v`, direction],
    ] as const;
  });
}

function renameOldWeightNorm(layer: LayerModule, { stateDict, prefix }: LoadCall): void {
  const names = oldNamesOf(layer);
  for (const [old, name] of names) {
    const pair = names.filter(([, other]) => normedBase(other) === normedBase(name));
    const hasBoth = pair.every(([each, now]) => stateDict.has(prefix + each) || stateDict.has(prefix + now));
    if (!hasBoth || !stateDict.has(prefix + old)) continue;
    stateDict.set(prefix + name, stateDict.get(prefix + old));
    stateDict.delete(prefix + old);
  }
}

/** Batch norms before version 2 had no num_batches_tracked: its absence is filled, never reported. */
function fillCounter(layer: LayerModule, { stateDict, prefix, metadata }: LoadCall): void {
  const counter = layer[REGISTRY].buffers.get('num_batches_tracked') ?? null;
  const key = `${prefix}num_batches_tracked`;
  if (layer.stateVersion < 2 || counter === null || (metadata.version ?? 0) >= 2 || stateDict.has(key))
    return;
  stateDict.set(key, counter.device === 'meta' ? newTensor([], 'int64') : counter);
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
