// One node with what its layer says about it: the declaration and the parsed params, or why they cannot be had.
import type { GraphNode } from '../document/project';
import type { LayerDeclaration, LayerProblem, ParamTable, ParamsOf } from '../layers/declaration';
import { checkParams, findLayer } from '../layers';
import { withParametrizations, type Parametrizations } from '../layers/parametrize';
import { chosenParametrization } from './parametrizations';

/** Params of a layer whose type is not known statically. */
export type Params = ParamsOf<ParamTable>;

export interface ResolvedNode {
  readonly node: GraphNode;
  /** null for an unknown layer. */
  readonly declaration: LayerDeclaration | null;
  /** Every param of the declaration, initial values filled in; null when one does not parse or `check` refuses them. */
  readonly params: Params | null;
  /** What parse and `check` refuse. */
  readonly problems: readonly LayerProblem[];
}

const resolved = new WeakMap<GraphNode, ResolvedNode>();

/**
 * Looks a node's layer up and parses its params, once per node; never throws. Weights that are learned through other tensors are in the
 * declaration as these.
 */
export function resolveNode(node: GraphNode): ResolvedNode {
  let known = resolved.get(node);
  if (!known) resolved.set(node, (known = resolveAnew(node)));
  return known;
}

function resolveAnew(node: GraphNode): ResolvedNode {
  const found = findLayer(node.layer);
  if (!found) return { node, declaration: found, params: null, problems: [] };
  const declaration = withParametrizations(found, parametrizationsOf(node));
  const checked = checkParams(declaration, node.params);
  return 'params' in checked
    ? { node, declaration, params: checked.params, problems: [] }
    : { node, declaration, params: null, problems: checked.problems };
}

/** How a node learns its weights where that is not as they are; empty for most. */
export const parametrizationsOf = ({ tensors = {} }: GraphNode): Parametrizations =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, options]) => {
      const chosen = chosenParametrization(options);
      return chosen ? [[name, chosen] as const] : [];
    }),
  );

/** An input node feeds the graph: it has outputs only. */
export const isInputLayer = (declaration: LayerDeclaration | null): boolean =>
  declaration?.category === 'input/output' && declaration.inputs.length === 0;

/** An output node names a result of the graph. */
export const isOutputLayer = (declaration: LayerDeclaration | null): boolean =>
  declaration?.category === 'input/output' && declaration.inputs.length > 0;

/** `Linear`, or the type where PyTorch has no word for it; no two layers have the same. */
export const layerTitle = ({ title, torch, type }: LayerDeclaration): string =>
  title ?? torch?.split('.').at(-1) ?? type;
