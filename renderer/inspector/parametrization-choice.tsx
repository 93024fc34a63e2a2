// How a person chooses that a weight is learned through other tensors: normalized, by its largest singular value, or orthogonal.
import type { JSX } from 'react';
import type { TensorOptions } from '#core/document/project';
import { parametrizationKinds } from '#core/graph/parametrizations';
import { ORTHOGONAL_MAPS } from '#core/layers/parametrize/scheme';

import { setTensorOptions } from '../actions/graph';
import { t } from '../text';

interface ParametrizationChoiceProps {
  /** The node's id. */
  readonly id: string;
  readonly name: string;
  /** Number of axes. */
  readonly rank: number;
  readonly options: TensorOptions;
}

type Chosen = Pick<TensorOptions, 'weight_norm' | 'spectral_norm' | 'orthogonal'>;

/** Nothing of the kind: what a choice puts in the place of another. */
const NONE = { weight_norm: undefined, spectral_norm: undefined, orthogonal: undefined };

interface Choice {
  readonly words: string;
  readonly chosen: Chosen;
}

/** By value of the menu; the value names the way and what distinguishes it. */
function choicesFor(rank: number, { weight_norm, spectral_norm = {} }: Chosen): Map<string, Choice> {
  const own = weight_norm === undefined ? [] : [weight_norm.dim];
  const axes = [...new Set([...Array.from({ length: rank }, (_, axis) => axis), null, ...own])];
  return new Map<string, Choice>([
    ['', { words: t('parametrization.none'), chosen: {} }],
    ...axes.map((dim): [string, Choice] => [
      `weight_norm ${dim ?? 'all'}`,
      {
        words:
          dim === null ? t('parametrization.weightNormAll') : t('parametrization.weightNorm', { axis: dim }),
        chosen: { weight_norm: { dim } },
      },
    ]),
    ['spectral_norm', { words: t('parametrization.spectralNorm'), chosen: { spectral_norm } }],
    ['orthogonal', { words: t('parametrization.orthogonal'), chosen: { orthogonal: {} } }],
    ...ORTHOGONAL_MAPS.map((map): [string, Choice] => [
      `orthogonal ${map}`,
      { words: t('parametrization.orthogonalBy', { map }), chosen: { orthogonal: { orthogonal_map: map } } },
    ]),
  ]);
}

function valueOf(options: TensorOptions): string {
  const [kind] = parametrizationKinds(options);
  if (kind === 'weight_norm') return `weight_norm ${options.weight_norm?.dim ?? 'all'}`;
  const map = options.orthogonal?.orthogonal_map;
  return kind === 'orthogonal' && map !== undefined ? `orthogonal ${map}` : (kind ?? '');
}

export function ParametrizationChoice({
  id,
  name,
  rank,
  options,
}: ParametrizationChoiceProps): JSX.Element | null {
  const value = valueOf(options);
  // A vector has nothing to share a norm with: PyTorch allows it, nobody means it.
  if (rank < 2 && value === '') return null;
  const choices = choicesFor(rank, options);
  return (
    <select
      className="field-select"
      aria-label={t('choice.parametrization', { name })}
      title={t('parametrizationChoice.weightNormLearnsMagnitude')}
      value={value}
      onChange={({ target }) => {
        setTensorOptions(id, name, { ...NONE, ...choices.get(target.value)?.chosen });
      }}
    >
      {choices.has(value) ? null : <option value={value}>{value}</option>}
      {[...choices].map(([each, { words }]) => (
        <option key={each} value={each}>
          {words}
        </option>
      ))}
    </select>
  );
}
