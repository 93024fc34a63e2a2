// One node with what its layer says about it: the declaration and the parsed params, or why they cannot be had.
import type { GraphNode } from '../document/project';
import { LazuliError } from '../errors';
import type { LayerDeclaration, LayerProblem, ParamTable, ParamsOf } from '../layers/declaration';
import { findLayer } from '../layers';

/** Params of a layer whose type is not known statically. */
export type Params = ParamsOf<ParamTable>;

export interface ResolvedNode {
  readonly node: GraphNode;
  /** null for an unknown layer. */
  readonly declaration: LayerDeclaration | null;
  /** Every param of the declaration, initial values filled in; null when one does not parse. */
  readonly params: Params | null;
  /** What parse and `check` refuse. */
  readonly problems: readonly LayerProblem[];
}

/** Looks a node's layer up and parses its params; never throws. */
export function resolveNode(node: GraphNode): ResolvedNode {
  const declaration = findLayer(node.layer) ?? null;
  if (!declaration) return { node, declaration, params: null, problems: [] };
  const problems: LayerProblem[] = Object.keys(node.params)
    .filter((name) => !Object.hasOwn(declaration.params, name))
    .map((name) => ({
      where: name,
      message: `there is no param '${name}'`,
      expected: `one of ${Object.keys(declaration.params).join(', ') || 'none'}`,
      got: name,
    }));
  const params: Record<string, unknown> = {};
  let isParsed = true;
  for (const [name, spec] of Object.entries(declaration.params)) {
    try {
      params[name] = Object.hasOwn(node.params, name) ? spec.parse(node.params[name]) : spec.initial;
    } catch (error) {
      if (!(error instanceof LazuliError)) throw error;
      isParsed = false;
      problems.push({ where: name, message: error.message, ...pick(error) });
    }
  }
  if (isParsed && problems.length === 0) problems.push(...(declaration.check?.(params) ?? []));
  return { node, declaration, params: isParsed ? params : null, problems };
}

function pick({ details }: LazuliError): Pick<LayerProblem, 'expected' | 'got' | 'hint'> {
  const { expected, got, hint } = details;
  return {
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** An input node feeds the graph: it has outputs only. */
export const isInputLayer = (declaration: LayerDeclaration | null): boolean =>
  declaration?.category === 'input/output' && declaration.inputs.length === 0;

/** An output node names a result of the graph. */
export const isOutputLayer = (declaration: LayerDeclaration | null): boolean =>
  declaration?.category === 'input/output' && declaration.inputs.length > 0;

/** `Linear`, or the type where PyTorch has no word for it. */
export const layerTitle = (declaration: LayerDeclaration): string =>
  declaration.torch?.split('.').at(-1) ?? declaration.type;
