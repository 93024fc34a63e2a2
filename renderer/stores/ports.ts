// The ports of a node: its layer's, or for an instance of a block the names of the definition's ends.
import type { GraphNode, Project } from '#core/document/project';
import { portsOfBlock } from '#core/graph/collapse';
import { findLayer } from '#core/layers/index';
import type { PortSpec } from '#core/layers/declaration';

import { useDocument } from './document';

export interface Ports {
  readonly inputs: readonly PortSpec[];
  readonly outputs: readonly PortSpec[];
}

const NONE: Ports = { inputs: [], outputs: [] };
const known = new WeakMap<GraphNode, { readonly blocks: unknown; readonly ports: Ports }>();

/** The same object while neither node nor definitions change. */
export function portsOf(
  node: GraphNode | undefined,
  project: Project | null = useDocument.getState().project,
): Ports {
  if (!node) return NONE;
  if (!node.block || !project) return findLayer(node.layer) ?? NONE;
  const { blocks } = project.graph;
  const last = known.get(node);
  if (last && last.blocks === blocks) return last.ports;
  const { inputs, outputs } = portsOfBlock(project.graph, node);
  const ports = { inputs: inputs.map((name) => ({ name })), outputs: outputs.map((name) => ({ name })) };
  known.set(node, { blocks, ports });
  return ports;
}
