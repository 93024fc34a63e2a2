// What a person chooses for one parameter, before or after it has values: whether it learns, how it starts, how it is normalized.
import type { JSX } from 'react';
import type { TensorOptions } from '#core/document/project';
import { INITIALIZERS } from '#core/nn/initializers';

import { setTensorOption } from '../actions/graph';
import type { ChipInfo } from '../stores/live';
import { TensorRelations } from './tensor-relations';

interface TensorChoicesProps {
  /** The node's id. */
  readonly id: string;
  readonly chip: ChipInfo;
  /** Of the tensor, or of the weight that it is a part of. */
  readonly options: TensorOptions;
}

export function TensorChoices({ id, chip, options }: TensorChoicesProps): JSX.Element {
  const { shape, part_of } = chip;
  const name = part_of ?? chip.name;
  const isMagnitude = part_of !== undefined && chip.name.endsWith('.original0');
  if (isMagnitude) return <p className="muted">how long {part_of} is along each direction</p>;
  const chosen = options.initializer?.kind ?? '';
  const kinds = INITIALIZERS.filter(({ leastRank }) => leastRank <= shape.length).map(({ kind }) => kind);
  const isOther = chosen !== '' && !kinds.some((kind) => kind === chosen);
  return (
    <div className="tensor-choices">
      <label>
        <input
          type="checkbox"
          aria-label={`Freeze ${name}`}
          checked={options.frozen ?? false}
          onChange={({ target }) => {
            setTensorOption(id, name, 'frozen', target.checked ? true : undefined);
          }}
        />
        frozen
      </label>
      <select
        className="field-input"
        aria-label={`Initializer of ${name}`}
        title="How its first values are drawn; counts at the next initialization"
        value={chosen}
        onChange={({ target }) => {
          setTensorOption(id, name, 'initializer', target.value === '' ? undefined : { kind: target.value });
        }}
      >
        <option value="">the layer’s own start</option>
        {isOther ? <option value={chosen}>{chosen}</option> : null}
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
      {options.tied_to === undefined ? (
        <WeightNorm id={id} name={name} rank={shape.length} chosen={options.weight_norm} />
      ) : null}
      <TensorRelations id={id} chip={chip} options={options} />
    </div>
  );
}

const ALL = 'all';

/** Whether a weight is learned as magnitude and direction, and over which axis it keeps its norms. */
function WeightNorm({
  id,
  name,
  rank,
  chosen,
}: {
  readonly id: string;
  readonly name: string;
  readonly rank: number;
  readonly chosen: TensorOptions['weight_norm'];
}): JSX.Element | null {
  // A vector has nothing to share a norm with: PyTorch allows it, nobody means it.
  if (rank < 2 && chosen === undefined) return null;
  const value = chosen === undefined ? '' : (chosen.dim?.toString() ?? ALL);
  const axes = Array.from({ length: rank }, (_, axis) => axis.toString());
  const choices = [...new Set([...axes, ALL, ...(value === '' ? [] : [value])])];
  return (
    <select
      className="field-input"
      aria-label={`Weight norm of ${name}`}
      title="Learns its magnitude and its direction apart: g · v / ‖v‖"
      value={value}
      onChange={({ target }) => {
        const dim = target.value === ALL ? null : Number(target.value);
        setTensorOption(id, name, 'weight_norm', target.value === '' ? undefined : { dim });
      }}
    >
      <option value="">no weight norm</option>
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice === ALL ? 'weight norm, one for all' : `weight norm along axis ${choice}`}
        </option>
      ))}
    </select>
  );
}
