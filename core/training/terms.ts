// The losses of a project side by side: what each of their slots gets, and the names their results have.
import type { LossSource, LossTerm, TrainingSettings } from '../document/project';
import { findTrainingLoss, type LossSlot, type TrainingLoss } from './losses';

/** A loss with the metrics that stand beside it. */
export type MeasuredTerm = LossTerm & { readonly metrics?: readonly string[] };

/** What slots may be given: output nodes of the graph in running order, and targets of the data by name. */
export interface TermPlace {
  readonly outputs: readonly { readonly id: string; readonly name: string }[];
  readonly targets: readonly string[];
}

/** The losses of a project; the settings' own metrics stand beside the first. */
export const termsIn = ({
  loss,
  losses = [],
  metrics,
}: Pick<TrainingSettings, 'loss' | 'losses' | 'metrics'>): readonly MeasuredTerm[] => [
  { ...loss, metrics },
  ...losses,
];

/**
 * What a slot of the `at`-th loss gets where nothing is chosen: one that is alone of its kind the `at`-th output or target, the last
 * where there are fewer; several one each, in order. null where nothing is left.
 */
export function usualSource(
  loss: TrainingLoss,
  slot: LossSlot,
  at: number,
  place: TermPlace,
): LossSource | null {
  const kin = loss.slots.filter(({ takes }) => takes === slot.takes);
  const placed = <T>(list: readonly T[]): T | undefined =>
    kin.length === 1 ? list[Math.min(at, list.length - 1)] : list[kin.indexOf(slot)];
  if (slot.takes === 'target') {
    const target = placed(place.targets);
    return target === undefined ? null : { target };
  }
  const output = placed(place.outputs);
  return output ? { output: output.id } : null;
}

/** What a term is of: the one output it looks at, or which loss it is. */
function titleOf(term: LossTerm, at: number, place: TermPlace): string {
  const loss = findTrainingLoss(term.type);
  const sources = (loss?.slots ?? []).map(
    (slot) => term.slots?.[slot.name] ?? (loss && usualSource(loss, slot, at, place)),
  );
  const outputs = sources.flatMap((source) => (source && 'output' in source ? [source.output] : []));
  const [only, ...others] = new Set(outputs);
  const name = place.outputs.find(({ id }) => id === only)?.name;
  return name !== undefined && others.length === 0 ? name : (loss?.type ?? term.type);
}

/** Each term under a name of its own; a term that is alone has none. */
export function termNames(terms: readonly LossTerm[], place: TermPlace): readonly string[] {
  if (terms.length === 1) return [''];
  const taken = new Set<string>();
  return terms.map((term, at) => {
    const title = titleOf(term, at, place);
    let name = title;
    for (let number = 2; taken.has(name); number++) name = `${title}_${number}`;
    taken.add(name);
    return name;
  });
}

/** A metric of a term as results name it: `digit.accuracy`, or `accuracy` where there is one loss. */
export const metricOf = (term: string, metric: string): string =>
  term === '' ? metric : `${term}.${metric}`;

/** The metric inside such a name, and inside that of a validation. */
export const ownMetric = (name: string): string => name.replace(/^validation_/, '').replace(/^\w+\./, '');
