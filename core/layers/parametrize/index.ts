// A layer whose weights are learned through other tensors (weight norm, spectral norm, orthogonal). Made from any declaration, so that
// shapes, lazy sizes, costs, keys and `lower` follow. Source: torch.nn.utils.parametrizations.
import { assert } from '../../errors';
import { chosenOver, type Initializer } from '../../nn/initializer';
import { inFullPrecision } from '../../ops/autocast';
import type { Tensor } from '../../tensor/tensor';
import type { LayerDeclaration, LowerCall, ParamTable, TensorSpec } from '../declaration';
import { partModules, partName } from './names';
import { orthogonal } from './orthogonal';
import type { Kind, Of, Parametrization, Parametrizations, Scheme } from './scheme';
import { spectralNorm } from './spectral-norm';
import { weightNorm } from './weight-norm';

export { partName } from './names';
export type { Parametrization, Parametrizations } from './scheme';

const SCHEMES: { readonly [K in Kind]: Scheme<K> } = {
  weight_norm: weightNorm,
  spectral_norm: spectralNorm,
  orthogonal,
};

/** The ways there are. */
export const PARAMETRIZATIONS = Object.keys(SCHEMES) as readonly Kind[];

const schemeOf = <K extends Kind>({ kind }: Of<K>): Scheme<K> => SCHEMES[kind];

/** Whether a tensor of this rank can be learned so. */
export const isFit = (choice: Parametrization, spec: Pick<TensorSpec, 'shape'>): boolean =>
  schemeOf(choice).fits(choice, spec.shape);

/** PyTorch's names before parametrizations were modules: `[weight_g, parametrizations.weight.original0]`. */
export const oldNames = (weight: string, choice: Parametrization): readonly (readonly [string, string])[] =>
  Object.entries(schemeOf(choice).oldNames).map(([part, suffix]) => [
    weight + suffix,
    partName(weight, part),
  ]);

/** The weight that the parts of `weight` stand for, in new memory where it is not one of them. */
export const compose = (
  choice: Parametrization,
  weight: string,
  tensors: Readonly<Record<string, Tensor | null>>,
  isTraining: boolean,
): Tensor =>
  // Products inside keep their precision under autocast, as torch.linalg's do.
  inFullPrecision(() =>
    schemeOf(choice).compose(
      choice,
      (part) => {
        const tensor = tensors[partName(weight, part)];
        assert(tensor, `a layer was lowered without the '${part}' of its '${weight}'`);
        return tensor;
      },
      isTraining,
    ),
  );

const derived = new WeakMap<LayerDeclaration, Map<string, LayerDeclaration>>();

/** The same declaration every time for the same choices; the one given when there are none. */
export function withParametrizations(
  declaration: LayerDeclaration,
  choices: Parametrizations,
): LayerDeclaration {
  const entries = Object.entries(choices);
  if (entries.length === 0) return declaration;
  const known = derived.get(declaration) ?? new Map<string, LayerDeclaration>();
  derived.set(declaration, known);
  const key = JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  const made = known.get(key) ?? derive(declaration, choices);
  known.set(key, made);
  return made;
}

/** A declared tensor with the parametrization that stands for it; null for one that is as it was. */
interface Declared {
  readonly spec: TensorSpec;
  readonly choice: Parametrization | null;
}

function derive(declaration: LayerDeclaration, choices: Parametrizations): LayerDeclaration {
  const declared = (params: LowerCall<ParamTable>['params']): readonly Declared[] =>
    (declaration.tensors?.(params) ?? []).map((spec) => ({
      spec,
      choice: choiceFor(declaration, choices, spec),
    }));
  return {
    ...declaration,
    tensors: (params) => parametrized(declared(params)),
    submodules: (params) => [
      ...(declaration.submodules?.(params) ?? []),
      ...declared(params).flatMap(({ spec, choice }) => (choice ? partModules(spec.name) : [])),
    ],
    lower(call) {
      const weights = declared(call.params).flatMap(({ spec: { name }, choice }) =>
        choice ? [[name, compose(choice, name, call.tensors, call.isTraining)] as const] : [],
      );
      return declaration.lower({ ...call, tensors: { ...call.tensors, ...Object.fromEntries(weights) } });
    },
  };
}

function choiceFor(
  { type }: LayerDeclaration,
  choices: Parametrizations,
  spec: TensorSpec,
): Parametrization | null {
  const chosen =
    spec.kind === 'parameter' && Object.hasOwn(choices, spec.name) ? choices[spec.name] : undefined;
  if (!chosen) return null;
  // The outputs of a transposed convolution's weight are its axis 1.
  const choice =
    chosen.kind === 'spectral_norm' && chosen.dim === null
      ? { ...chosen, dim: type.startsWith('conv_transpose') ? 1 : 0 }
      : chosen;
  return isFit(choice, spec) ? choice : null;
}

/**
 * The declared tensors with parts in the place of each chosen one, at the end as in PyTorch, where they belong to a
 * submodule. Values are drawn in the declared order; what follows from others comes last.
 */
function parametrized(declared: readonly Declared[]): TensorSpec[] {
  const mains = new Map(
    declared.flatMap(({ spec: { name }, choice }) =>
      choice ? [[name, partName(name, schemeOf(choice).main)] as const] : [],
    ),
  );
  const rename = (name: string): string => mains.get(name) ?? name;
  const draws = declared
    .flatMap(({ spec: { name, drawOrder = 0, redrawn } }) => [
      { name, order: drawOrder, isAgain: false },
      ...(redrawn ? [{ name, order: redrawn.drawOrder, isAgain: true }] : []),
    ])
    .sort((a, b) => a.order - b.order);
  const rank = (wanted: string, isAgain: boolean): number =>
    draws.findIndex(({ name, isAgain: again }) => name === wanted && again === isAgain);
  const renamed = ({ redrawn, ...spec }: TensorSpec): TensorSpec => ({
    ...spec,
    initializer: withSiblings(spec.initializer, rename),
    drawOrder: rank(spec.name, false),
    ...(redrawn && {
      redrawn: {
        initializer: withSiblings(redrawn.initializer, rename),
        drawOrder: rank(spec.name, true),
      },
    }),
  });
  const parts = declared.flatMap(({ spec, choice }) =>
    choice ? partsOf(renamed(spec), choice, draws.length) : [],
  );
  const plain = declared.flatMap(({ spec, choice }) => (choice ? [] : [renamed(spec)]));
  return parts.reduce(insertPart, plain);
}

function partsOf(weight: TensorSpec, parametrization: Parametrization, last: number): TensorSpec[] {
  const scheme = schemeOf(parametrization);
  const names = (part: string): string => partName(weight.name, part);
  const { redrawn, ...common } = weight;
  return scheme.parts(parametrization, weight, names).map(({ name, kind, shape, initializer }) => {
    const isMain = name === scheme.main;
    const partOf = {
      tensor: weight.name,
      role: isMain ? ('main' as const) : ('derived' as const),
      parametrization,
    };
    const part = { ...common, name: names(name), kind, shape, initializer, partOf };
    if (!isMain) return { ...part, drawOrder: last };
    if (!redrawn) return part;
    return { ...part, redrawn: { ...redrawn, initializer: chosenOver(redrawn.initializer, initializer) } };
  });
}

/** After the last tensor of the same submodule; at the end for the layer's own, whose submodules come in order of making. */
function insertPart(specs: TensorSpec[], part: TensorSpec): TensorSpec[] {
  const place = part.name.slice(0, part.name.indexOf('parametrizations.'));
  const at = place === '' ? -1 : specs.findLastIndex(({ name }) => name.startsWith(place));
  return at < 0 ? [...specs, part] : specs.toSpliced(at + 1, 0, part);
}

/** An initializer that follows a sibling follows it under its new name. */
function withSiblings(initializer: Initializer, rename: (name: string) => string): Initializer {
  if ('fanOf' in initializer) return { ...initializer, fanOf: rename(initializer.fanOf) };
  return 'of' in initializer ? { ...initializer, of: rename(initializer.of) } : initializer;
}
