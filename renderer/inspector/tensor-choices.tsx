// What a person chooses for one parameter, before or after it has values: whether it learns, how it starts, through what it is learned.
import type { JSX } from 'react';
import type { TensorOptions } from '#core/document/project';
import { INITIALIZERS } from '#core/nn/initializers';

import { setTensorOption } from '../actions/graph';
import type { ChipInfo } from '../stores/live';
import { t } from '../text';
import { ParametrizationChoice } from './parametrization-choice';
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
  if (isMagnitude) return <p className="muted">{t('choice.magnitude', { name: part_of })}</p>;
  const chosen = options.initializer?.kind ?? '';
  const kinds = INITIALIZERS.filter(({ leastRank }) => leastRank <= shape.length).map(({ kind }) => kind);
  const isOther = chosen !== '' && !kinds.some((kind) => kind === chosen);
  return (
    <div className="tensor-choices">
      <label>
        <input
          type="checkbox"
          aria-label={t('choice.freeze', { name })}
          checked={options.frozen ?? false}
          onChange={({ target }) => {
            setTensorOption(id, name, 'frozen', target.checked ? true : undefined);
          }}
        />
        {t('common.frozen')}
      </label>
      <select
        className="field-select"
        aria-label={t('choice.initializer', { name })}
        title={t('tensorChoices.howItsFirstValues')}
        value={chosen}
        onChange={({ target }) => {
          setTensorOption(id, name, 'initializer', target.value === '' ? undefined : { kind: target.value });
        }}
      >
        <option value="">{t('tensorChoices.theLayerSOwn')}</option>
        {isOther ? <option value={chosen}>{chosen}</option> : null}
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
      {options.tied_to === undefined ? (
        <ParametrizationChoice id={id} name={name} rank={shape.length} options={options} />
      ) : null}
      <TensorRelations id={id} chip={chip} options={options} />
    </div>
  );
}
