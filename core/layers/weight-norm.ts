// A layer whose weights are normalized: w = g · v / ‖v‖, learned as g (magnitude) and v (direction). Made from any declaration,
// so that shapes, lazy sizes, costs, keys and `lower` follow. Source: torch.nn.utils.parametrizations.weight_norm.
import type { Initializer } from '../nn/initializer';
import * as ops from '../ops';
import type { PartialShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { LayerDeclaration, LowerCall, ParamTable, TensorSpec } from './declaration';
import { assert } from '../errors';

/** By parameter: the axis whose slices each have a norm of their own, or null for one norm over all. */
export type WeightNorms = Readonly<Record<string, number | null>>;

/** State-dict names of the two tensors that stand for `name`. */
export interface NormedNames {
  /** g: PyTorch's `original0`. */
  readonly magnitude: string;
  /** v: PyTorch's `original1`. */
  readonly direction: string;
}

/** `weight` → `parametrizations.weight.original0` and `original1`; a submodule's prefix stays in front. */
export function normedNames(name: string): NormedNames {
  const at = name.lastIndexOf('.') + 1;
  const place = `${name.slice(0, at)}parametrizations.${name.slice(at)}`;
  return { magnitude: `${place}.original0`, direction: `${place}.original1` };
}

/** The parameter that a tensor of this name stands for; the name itself when it is an ordinary one. */
export const normedBase = (name: string): string =>
  name.replace(/(^|\.)parametrizations\.([^.]+)\.original[01]$/, '$1$2');

/** An axis as PyTorch counts it: from the end when negative, except that -1 means all of them (null). */
export function normAxis(dim: number | null, rank: number): number | null {
  if (dim === null || dim === -1) return null;
  return dim < 0 ? dim + rank : dim;
}

/** Whether a tensor of this rank has that axis: a scalar has none to normalize. */
export const isNormAxis = (dim: number | null, rank: number): boolean =>
  rank > 0 && (dim === null || (dim >= -rank && dim < rank));

/** The shape of g: size 1 on every axis but the normed one; a scalar for one norm over all. */
export const magnitudeShape = (shape: PartialShape, axis: number | null): PartialShape =>
  axis === null ? [] : shape.map((size, at) => (at === axis ? size : 1));

/** w = g · v / ‖v‖ with the norm over every axis but `axis`. */
export function composeWeight(direction: Tensor, magnitude: Tensor, axis: number | null): Tensor {
  const axes = direction.shape.map((_, at) => at).filter((at) => at !== axis);
  const norm = ops.sqrt(ops.sum(ops.square(direction), axes, { keepdim: axis !== null }));
  return ops.mul(direction, ops.div(magnitude, norm));
}

const derived = new WeakMap<LayerDeclaration, Map<string, LayerDeclaration>>();

/** The same declaration every time for the same norms; the one given when there are none. */
export function withWeightNorm(declaration: LayerDeclaration, norms: WeightNorms): LayerDeclaration {
  const entries = Object.entries(norms);
  if (entries.length === 0) return declaration;
  const known = derived.get(declaration) ?? new Map<string, LayerDeclaration>();
  derived.set(declaration, known);
  const key = JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  const made = known.get(key) ?? derive(declaration, norms);
  known.set(key, made);
  return made;
}

function derive(declaration: LayerDeclaration, norms: WeightNorms): LayerDeclaration {
  const declared = (params: LowerCall<ParamTable>['params']): readonly TensorSpec[] =>
    declaration.tensors?.(params) ?? [];
  const isNormed = ({ name, kind, shape }: TensorSpec): boolean =>
    kind === 'parameter' && Object.hasOwn(norms, name) && isNormAxis(norms[name] ?? null, shape.length);
  const axisOf = ({ name, shape }: TensorSpec): number | null => normAxis(norms[name] ?? null, shape.length);
  return {
    ...declaration,
    tensors: (params) => parametrized(declared(params), isNormed, axisOf),
    submodules: (params) => [
      ...(declaration.submodules?.(params) ?? []),
      ...declared(params)
        .filter(isNormed)
        .flatMap(({ name }) => placesOf(name)),
    ],
    lower(call) {
      const composed = declared(call.params)
        .filter(isNormed)
        .map((spec) => {
          const { magnitude, direction } = normedNames(spec.name);
          const [g, v] = [call.tensors[magnitude], call.tensors[direction]];
          assert(g && v, `a layer was lowered without the parts of its '${spec.name}'`);
          return [spec.name, composeWeight(v, g, axisOf(spec))] as const;
        });
      return declaration.lower({ ...call, tensors: { ...call.tensors, ...Object.fromEntries(composed) } });
    },
  };
}

/** PyTorch's modules between a layer and the two tensors of its `name`. */
function placesOf(name: string): string[] {
  const { magnitude } = normedNames(name);
  const list = magnitude.slice(0, magnitude.lastIndexOf('.'));
  return [list.slice(0, list.lastIndexOf('.')), list, `${list}.0`];
}

/**
 * The declared tensors with g and v in the place of each normed one, at the end as in PyTorch, where they belong to a
 * submodule. Values are drawn in the declared order; g follows from v and comes last.
 */
function parametrized(
  specs: readonly TensorSpec[],
  isNormed: (spec: TensorSpec) => boolean,
  axisOf: (spec: TensorSpec) => number | null,
): TensorSpec[] {
  const normed = new Set(specs.filter(isNormed).map(({ name }) => name));
  const inOrder = [...specs].sort((a, b) => (a.drawOrder ?? 0) - (b.drawOrder ?? 0));
  const rename = (name: string): string => (normed.has(name) ? normedNames(name).direction : name);
  const ranked = specs.map((spec) => ({
    ...spec,
    drawOrder: inOrder.indexOf(spec),
    initializer: withSiblings(spec.initializer, rename),
  }));
  const parts = ranked.filter(isNormed).flatMap((spec): TensorSpec[] => {
    const { magnitude, direction } = normedNames(spec.name);
    const axis = axisOf(spec);
    return [
      {
        ...spec,
        name: magnitude,
        shape: magnitudeShape(spec.shape, axis),
        initializer: { kind: 'norm_except', of: direction, axis },
        drawOrder: specs.length,
        partOf: { tensor: spec.name, role: 'magnitude' },
      },
      { ...spec, name: direction, partOf: { tensor: spec.name, role: 'direction' } },
    ];
  });
  return parts.reduce(
    insertPart,
    ranked.filter((spec) => !isNormed(spec)),
  );
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
