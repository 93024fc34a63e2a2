// What one parameter shares: the parameter it is tied to, and the optimizer group it learns with.
import { useState, type JSX } from 'react';
import type { TensorOptions } from '#core/document/project';
import { couldBeEqual } from '#core/graph/tensor-checks';

import { setTensorOption } from '../actions/graph';
import { useDocument } from '../stores/document';
import { useLive, type ChipInfo, type NodeView } from '../stores/live';
import { t } from '../text';

/** Up to so many layers every tensor that could be tied to is listed without being asked. */
const LISTED_AT_ONCE = 500;

interface TensorRelationsProps {
  /** The node's id. */
  readonly id: string;
  readonly chip: ChipInfo;
  readonly options: TensorOptions;
}

/** Keys of parameters of the same shape, as far as both are known, that are not tied themselves. */
export function tieTargets(
  views: ReadonlyMap<string, NodeView>,
  tied: ReadonlySet<string>,
  { key, shape }: ChipInfo,
): readonly string[] {
  return [...views.values()].flatMap(({ chips }) =>
    chips
      .filter((other) => other.key !== key && !tied.has(other.key) && !other.kind.includes('buffer'))
      .filter((other) => couldBeEqual(shape, other.shape))
      .map((other) => other.key),
  );
}

export function TensorRelations({ id, chip, options }: TensorRelationsProps): JSX.Element | null {
  const views = useLive((state) => state.views);
  const project = useDocument((state) => state.project);
  // A list of thousands of tensors is made when someone is about to open it.
  const [isWanted, want] = useState(false);
  const isListed = isWanted || views.size <= LISTED_AT_ONCE;
  const { part_of } = chip;
  const name = part_of ?? chip.name;
  const tied = new Set(
    (isListed ? project : null)?.graph.nodes.flatMap(({ name: node, tensors = {} }) =>
      Object.entries(tensors).flatMap(([tensor, { tied_to }]) =>
        tied_to === undefined ? [] : [`${node}.${tensor}`],
      ),
    ),
  );
  // What is learned in two parts has no one tensor to share.
  const targets = part_of === undefined && isListed ? tieTargets(views, tied, chip) : [];
  return (
    <>
      <Chooser
        label={t('choice.tie', { name })}
        title={t('tensorRelations.oneParameterUnderTwo')}
        none={t('choice.own')}
        values={targets}
        chosen={options.tied_to}
        describe={(key) => t('choice.tiedTo', { name: key })}
        {...(isListed ? {} : { onApproach: () => want(true) })}
        onChoose={(value) => setTensorOption(id, name, 'tied_to', value)}
      />
      <Chooser
        label={t('choice.group', { name })}
        title={t('tensorRelations.groupsHaveTheirOwn')}
        none={t('choice.ownRate')}
        values={Object.keys(project?.training.optimizer.groups ?? {})}
        chosen={options.group}
        describe={(group) => t('choice.inGroup', { group })}
        onChoose={(value) => setTensorOption(id, name, 'group', value)}
      />
    </>
  );
}

interface ChooserProps {
  readonly label: string;
  readonly title: string;
  readonly none: string;
  readonly values: readonly string[];
  readonly chosen: string | undefined;
  readonly describe: (value: string) => string;
  readonly onChoose: (value: string | undefined) => void;
  /** The values are still to come: called when the pointer or the keyboard is about to open the list. */
  readonly onApproach?: () => void;
}

/** A list to choose from, with what is chosen in it even when it is no longer to be had; nothing where there is no choice. */
function Chooser({
  label,
  title,
  none,
  values,
  chosen,
  describe,
  onChoose,
  onApproach,
}: ChooserProps): JSX.Element | null {
  const all = [...new Set([...values, ...(chosen === undefined ? [] : [chosen])])];
  if (all.length === 0 && !onApproach) return null;
  return (
    <select
      className="field-select"
      aria-label={label}
      title={title}
      value={chosen ?? ''}
      onPointerDown={onApproach}
      onFocus={onApproach}
      onChange={({ target }) => onChoose(target.value === '' ? undefined : target.value)}
    >
      <option value="">{none}</option>
      {all.map((value) => (
        <option key={value} value={value}>
          {describe(value)}
        </option>
      ))}
    </select>
  );
}
