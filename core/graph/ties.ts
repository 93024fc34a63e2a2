// Ties when layers go into a block or come out of one: what shares a weight with them names it by where it is then.
import type { GraphNode } from '../document/project';
import type { Edit } from './edits';

/** True when `fc1.weight` is a tensor of one of these nodes. */
export const isOfAny = (key: string, nodes: readonly Pick<GraphNode, 'name'>[]): boolean =>
  nodes.some(({ name }) => key.startsWith(`${name}.`));

/** A node's choices with each tie under its new name; the very same node where none changes. */
export function withTies(node: GraphNode, renamed: (key: string) => string): GraphNode {
  const { tensors } = node;
  const isSame = Object.values(tensors ?? {}).every(
    ({ tied_to }) => tied_to === undefined || renamed(tied_to) === tied_to,
  );
  if (tensors === undefined || isSame) return node;
  const entries = Object.entries(tensors).map(
    ([name, options]) =>
      [
        name,
        options.tied_to === undefined ? options : { ...options, tied_to: renamed(options.tied_to) },
      ] as const,
  );
  return { ...node, tensors: Object.fromEntries(entries) };
}

/** The edits that let the ties of these nodes follow. */
export const tiesFollow = (nodes: readonly GraphNode[], renamed: (key: string) => string): readonly Edit[] =>
  nodes.flatMap(({ id, tensors = {} }) =>
    Object.entries(tensors).flatMap(([tensor, { tied_to }]): Edit[] =>
      tied_to === undefined || renamed(tied_to) === tied_to
        ? []
        : [{ kind: 'set_tensor_option', id, tensor, option: 'tied_to', value: renamed(tied_to) }],
    ),
  );
