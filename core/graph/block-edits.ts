// Changes to blocks as plain data with inverses: the definitions, what an instance chooses, and edits inside a definition.
import type { Block, BlockUse, Graph } from '../document/project';
import { LazuliError } from '../errors';
import type { Applied, Edit } from './edits';

export type BlockEdit =
  | { readonly kind: 'add_block'; readonly block: Block; readonly index?: number }
  | { readonly kind: 'remove_block'; readonly id: string }
  | { readonly kind: 'rename_block'; readonly id: string; readonly name: string }
  | { readonly kind: 'set_block_use'; readonly id: string; readonly use: BlockUse }
  /** An edit of the definition's own graph; it may add and remove definitions too. */
  | { readonly kind: 'in_block'; readonly block: string; readonly edit: Edit };

export function applyBlockEdit(
  graph: Graph,
  edit: BlockEdit,
  apply: (graph: Graph, edit: Edit) => Applied,
): Applied {
  const blocks = graph.blocks ?? [];
  switch (edit.kind) {
    case 'add_block':
      if (blocks.some(({ id }) => id === edit.block.id))
        throw new LazuliError('graph_invalid', `a block with the id '${edit.block.id}' exists already`);
      return {
        graph: withBlocks(graph, blocks.toSpliced(edit.index ?? blocks.length, 0, edit.block)),
        inverse: { kind: 'remove_block', id: edit.block.id },
      };
    case 'remove_block': {
      const { block, index } = find(blocks, edit.id);
      return {
        graph: withBlocks(graph, blocks.toSpliced(index, 1)),
        inverse: { kind: 'add_block', block, index },
      };
    }
    case 'rename_block': {
      const { block, index } = find(blocks, edit.id);
      return {
        graph: withBlocks(graph, blocks.with(index, { ...block, name: edit.name })),
        inverse: { ...edit, name: block.name },
      };
    }
    case 'set_block_use': {
      const node = graph.nodes.find(({ id }) => id === edit.id);
      if (!node?.block) throw missing(edit.id);
      const nodes = graph.nodes.map((other) => (other === node ? { ...node, block: edit.use } : other));
      return { graph: { ...graph, nodes }, inverse: { ...edit, use: node.block } };
    }
    case 'in_block': {
      const { block } = find(blocks, edit.block);
      const inside = apply({ ...block.graph, ...(blocks.length > 0 ? { blocks } : {}) }, edit.edit);
      const { blocks: after = [], ...inner } = inside.graph;
      const at = after.findIndex(({ id }) => id === block.id);
      if (at < 0) throw missing(block.id);
      return {
        graph: withBlocks(graph, after.with(at, { ...block, graph: inner })),
        inverse: { kind: 'in_block', block: edit.block, edit: inside.inverse },
      };
    }
  }
}

/** A graph without blocks says nothing of them, so that undo gives the very same graph. */
function withBlocks({ blocks: _, ...graph }: Graph, blocks: readonly Block[]): Graph {
  return blocks.length === 0 ? graph : { ...graph, blocks };
}

function find(blocks: readonly Block[], id: string): { readonly block: Block; readonly index: number } {
  const index = blocks.findIndex((block) => block.id === id);
  const block = blocks[index];
  if (!block) throw missing(id);
  return { block, index };
}

const missing = (id: string): LazuliError =>
  new LazuliError('graph_invalid', `there is no block with the id '${id}'`, { where: `block ${id}` });
