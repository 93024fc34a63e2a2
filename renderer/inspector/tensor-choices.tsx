// What a person chooses for one parameter, before or after it has values: whether it learns, and how it starts.
import type { JSX } from 'react';
import type { TensorOptions } from '#core/document/project';
import { INITIALIZERS } from '#core/nn/initializers';

import { setTensorOption } from '../actions/graph';
import type { ChipInfo } from '../stores/live';

interface TensorChoicesProps {
  /** The node's id. */
  readonly id: string;
  readonly chip: ChipInfo;
  readonly options: TensorOptions;
}

export function TensorChoices({ id, chip, options }: TensorChoicesProps): JSX.Element {
  const { name, shape } = chip;
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
      {options.tied_to === undefined ? null : <span className="muted">tied to {options.tied_to}</span>}
    </div>
  );
}
