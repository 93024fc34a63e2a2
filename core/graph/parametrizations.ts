// How a node chooses to learn a weight, read from its tensor options.
import type { TensorOptions } from '../document/project';
import type { TensorSpec } from '../layers/declaration';
import { isFit, PARAMETRIZATIONS, type Parametrization } from '../layers/parametrize';
import { ORTHOGONAL_MAPS, type OrthogonalMap } from '../layers/parametrize/scheme';
import { nearest } from '../layers/suggest';
import { formatShape } from '../tensor/shape';

/** The ways a tensor's options name; more than one is a problem. */
export const parametrizationKinds = (options: TensorOptions): readonly Parametrization['kind'][] =>
  PARAMETRIZATIONS.filter((kind) => options[kind] !== undefined);

export const isOrthogonalMap = (name: string): name is OrthogonalMap =>
  (ORTHOGONAL_MAPS as readonly string[]).includes(name);

/** The chosen way with every number; null where none is, or where it cannot be had. */
export function chosenParametrization(options: TensorOptions): Parametrization | null {
  const [kind, ...more] = parametrizationKinds(options);
  if (kind === undefined || more.length > 0) return null;
  switch (kind) {
    case 'weight_norm':
      return { kind, dim: options.weight_norm?.dim ?? null };
    case 'spectral_norm': {
      const { dim = null, n_power_iterations = 1, eps = 1e-12 } = options.spectral_norm ?? {};
      return { kind, dim, n_power_iterations, eps };
    }
    case 'orthogonal': {
      const { orthogonal_map: map = null, use_trivialization = true } = options.orthogonal ?? {};
      if (map !== null && !isOrthogonalMap(map)) return null;
      return { kind, orthogonal_map: map, use_trivialization };
    }
  }
}

/** Parameters, and what belongs to one that is learned through other tensors: copies of a block share both. */
export const isTieable = ({ kind, partOf }: TensorSpec): boolean =>
  kind === 'parameter' || partOf !== undefined;

const WORDS: Readonly<Record<Parametrization['kind'], readonly [article: string, noun: string]>> = {
  weight_norm: ['a ', 'weight norm'],
  spectral_norm: ['a ', 'spectral norm'],
  orthogonal: ['an ', 'orthogonal parametrization'],
};

/** What is chosen, in words: `a weight norm`; with '' for the article, `weight norm`. */
export const wordsFor = (options: TensorOptions, article?: ''): string =>
  parametrizationKinds(options)
    .map((kind) => (article ?? WORDS[kind][0]) + WORDS[kind][1])
    .join(' and ');

/** What is chosen for a weight without how it is learned: what its parts share. */
export function sharedOptions(options: TensorOptions): TensorOptions {
  const { weight_norm: _weight, spectral_norm: _spectral, orthogonal: _orthogonal, ...shared } = options;
  return shared;
}

interface Fault {
  readonly message: string;
  readonly expected?: string;
  readonly got: string;
  readonly fixes: readonly string[];
}

/** Why a weight is not learned as its options say; null when they say nothing. */
export function checkParametrization(options: TensorOptions, spec: TensorSpec, key: string): Fault | null {
  const kinds = parametrizationKinds(options);
  const [kind] = kinds;
  if (kind === undefined) return null;
  const [article, noun] = WORDS[kind];
  const away = [`Take the ${noun} of ${key} away.`];
  if (kinds.length > 1)
    return {
      message: `${key} has ${wordsFor(options)}; one at a time.`,
      expected: 'one of them',
      got: kinds.join(', '),
      fixes: kinds.map((each) => `Take the ${WORDS[each][1]} of ${key} away.`),
    };
  if (spec.partOf)
    return {
      message: `${key} is a part of a weight that is learned through it, and cannot have ${article}${noun} itself.`,
      got: kind,
      fixes: away,
    };
  const map = options.orthogonal?.orthogonal_map;
  if (map !== undefined && !isOrthogonalMap(map)) {
    const meant = nearest(map, ORTHOGONAL_MAPS);
    return {
      message: `${key}: there is no orthogonal map '${map}'.`,
      expected: `one of ${ORTHOGONAL_MAPS.join(', ')}`,
      got: map,
      fixes: meant === null ? away : [`Did you mean ${meant}?`],
    };
  }
  const choice = chosenParametrization(options);
  if (!choice || isFit(choice, spec)) return null;
  const rank = spec.shape.length;
  if (choice.kind === 'orthogonal' || rank === 0)
    return {
      message: `${key}: ${article}${noun} needs ${choice.kind === 'orthogonal' ? 'a matrix' : 'an axis'}, and this tensor has the shape ${formatShape(spec.shape)}.`,
      got: kind,
      fixes: away,
    };
  return {
    message: `${key}: its ${noun} keeps axis ${choice.dim}, which a tensor of ${formatShape(spec.shape)} does not have.`,
    expected: `an axis from ${-rank} to ${rank - 1}${choice.kind === 'weight_norm' ? ', or null for one norm over all' : ''}`,
    got: String(choice.dim),
    fixes: ['Choose dim 0: the axis of the outputs.'],
  };
}
