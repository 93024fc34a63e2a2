// Weights of a file against the model's own: what fits, and taking it over. Knows neither history nor states.
import type { WeightFile } from '#core/formats/weights';
import type { GraphModule } from '#core/graph/graph-module';
import { compareState, loadEntries } from '#core/nn/index';
import { renameEntries } from '#core/nn/rename';
import type { WeightOptions, WeightVerdict } from '#core/session/session';

import { Turns } from '../turns';
import { weightsRefused } from './refusals';

/** A verdict on each key of the model and of the file. */
export function compareWeights(
  module: GraphModule,
  weights: WeightFile,
  { rules = [] }: WeightOptions,
): readonly WeightVerdict[] {
  const { entries, metadata } = renameEntries(weights.entries, rules, versionsOf(weights));
  const origins = new Map(entries.map(({ name }, at) => [name, weights.entries[at]?.name ?? name]));
  return compareState(module, entries, { metadata }).map((verdict) => {
    const taken = verdict.from ?? verdict.key;
    const from = origins.get(taken) ?? taken;
    return from === verdict.key ? verdict : { ...verdict, from };
  });
}

/** The keys that were loaded. All or nothing; throws `weights_mismatch` naming `file` and the keys that do not fit. */
export async function loadWeights(
  module: GraphModule,
  weights: WeightFile,
  file: string,
  { rules = [], partial = false }: WeightOptions,
): Promise<ReadonlySet<string>> {
  try {
    const { entries, metadata } = renameEntries(weights.entries, rules, versionsOf(weights));
    const turns = new Turns();
    const options = { metadata, partial, rest: () => turns.next() };
    const verdicts = await loadEntries(module, entries, options);
    return new Set(verdicts.filter(isLoaded).map(({ key }) => key));
  } catch (error) {
    throw weightsRefused(error, file);
  }
}

const isLoaded = ({ verdict, got }: WeightVerdict): boolean =>
  got !== null && (verdict === 'fits' || verdict === 'will_materialize');

/** `_metadata` of a state dict; other formats know no versions. */
function versionsOf({
  format,
  metadata,
}: WeightFile): Readonly<Record<string, { readonly version: number }>> {
  if (format !== 'torch') return {};
  const versions = Object.entries(metadata).map(
    ([prefix, version]) => [prefix, { version: Number(version) }] as const,
  );
  return Object.fromEntries(versions);
}
