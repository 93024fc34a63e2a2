// A graph with blocks as the plain graph it stands for: every instance spelled out, its layers named as PyTorch's nested modules
// name them (`block.0.linear`). Inference, checks and the engine see only this.
import type { Block, Graph, GraphEdge, GraphNode, TensorOptions } from '../document/project';
import { isTieable, sharedOptions } from './parametrizations';
import { resolveNode } from './resolve';

/** The layer of a node that stands for a block. It is no row of the catalogue: flattening takes it away. */
export const BLOCK_LAYER = 'block';
/** Between the ids of an instance, the copy and the node inside it: `n5/0/n2`. */
export const PATH = '/';
/** What a graph may become; beyond it instances stay as they are and are told as unknown layers. */
const MOST_NODES = 100_000;

type Port = GraphEdge['from'];

export interface FlatGraph {
  readonly graph: Graph;
  /** The output in the flat graph behind an output of any node, instances and the ends of blocks included; `scope` is '' or `n5/0/`. */
  sourceOf(scope: string, port: Port): Port | null;
}

const flat = new WeakMap<Graph, FlatGraph>();

/** The plain graph; the very same object when there are no blocks in it. */
export const flattenGraph = (graph: Graph): Graph => flattened(graph).graph;

/** Made once per graph. */
export function flattened(graph: Graph): FlatGraph {
  let result = flat.get(graph);
  if (!result) {
    result = graph.nodes.some(({ layer }) => layer === BLOCK_LAYER)
      ? new Flattener(graph).result()
      : { graph, sourceOf: (scope, port) => ({ ...port, node: scope + port.node }) };
    flat.set(graph, result);
  }
  return result;
}

/** Nodes or edges inside one copy of one instance; the whole graph has no path. */
interface Scope {
  readonly path: string;
  readonly names: string;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly graph: Pick<Graph, 'nodes' | 'edges'>;
  /** What stands behind an input of the block; null for the whole graph. */
  readonly input: ((port: string) => Port | null) | null;
  /** Names of the layers whose weights these share; null: their own. */
  readonly owner: string | null;
  /** Blocks this lies in: one inside itself is never opened. */
  readonly within: ReadonlySet<string>;
}

class Flattener {
  readonly #blocks: ReadonlyMap<string, Block>;
  readonly #scopes = new Map<string, Scope>();
  readonly #nodes: GraphNode[] = [];
  readonly #edges: GraphEdge[] = [];
  /** Names before the first instance's layers, by block: whose weights the sharing ones use. */
  readonly #owners = new Map<string, string>();

  constructor(readonly whole: Graph) {
    this.#blocks = new Map(whole.blocks?.map((block) => [block.id, block]));
    this.#walk(this.#scope('', '', whole, null, null, new Set()));
  }

  result(): FlatGraph {
    const { blocks: _, ...rest } = this.whole;
    return {
      graph: { ...rest, nodes: this.#nodes, edges: this.#edges },
      sourceOf: (path, port) => {
        const scope = this.#scopes.get(path);
        return scope ? this.#resolve(scope, port) : null;
      },
    };
  }

  #scope(
    path: string,
    names: string,
    graph: Pick<Graph, 'nodes' | 'edges'>,
    input: Scope['input'],
    owner: string | null,
    within: ReadonlySet<string>,
  ): Scope {
    const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    const scope: Scope = { path, names, nodes, graph, input, owner, within };
    this.#scopes.set(path, scope);
    return scope;
  }

  #walk(scope: Scope): void {
    for (const node of scope.graph.nodes) {
      const block = this.#blockOf(scope, node);
      if (block) this.#open(scope, node, block);
      else if (!isEnd(scope, node)) this.#nodes.push(this.#placed(scope, node));
    }
    for (const edge of scope.graph.edges) {
      const target = scope.nodes.get(edge.to.node);
      if (!target || isEnd(scope, target) || this.#blockOf(scope, target)) continue;
      const from = this.#resolve(scope, edge.from);
      if (from) this.#edges.push(placedEdge(scope.path, edge, from));
    }
  }

  #blockOf(scope: Scope, node: GraphNode): Block | null {
    if (node.layer !== BLOCK_LAYER || node.block === undefined) return null;
    const block = this.#blocks.get(node.block.id);
    return block && !scope.within.has(block.id) && this.#nodes.length < MOST_NODES ? block : null;
  }

  #open(scope: Scope, node: GraphNode, block: Block): void {
    const copies = copiesOf(node);
    const own = `${scope.names}${node.name}`;
    const first = copies > 1 ? `${own}.0.` : `${own}.`;
    const isShared = node.block?.weights === 'shared';
    const owner = isShared ? (this.#owners.get(block.id) ?? first) : null;
    if (!this.#owners.has(block.id)) this.#owners.set(block.id, first);
    const within = new Set([...scope.within, block.id]);
    const inner: Scope[] = [];
    for (let copy = 0; copy < copies; copy++) {
      const names = copies > 1 ? `${own}.${copy}.` : `${own}.`;
      const input = (port: string): Port | null => this.#behind(scope, node, block, copy, port);
      const isOwner = owner === null || owner === names;
      inner.push(
        this.#scope(
          `${scope.path}${node.id}${PATH}${copy}${PATH}`,
          names,
          block.graph,
          input,
          isOwner ? null : owner,
          within,
        ),
      );
    }
    inner.forEach((each) => {
      this.#walk(each);
    });
  }

  /** The first copy reads what the instance is connected to; each further one the first result of the copy before. */
  #behind(scope: Scope, node: GraphNode, block: Block, copy: number, port: string): Port | null {
    const [first] = blockPorts(block, 'input');
    const [result] = blockPorts(block, 'output');
    if (copy > 0 && port === first && result !== undefined)
      return this.#outputOf(scope, node, copy - 1, result);
    const edge = scope.graph.edges.find(({ to }) => to.node === node.id && to.port === port);
    return edge ? this.#resolve(scope, edge.from) : null;
  }

  #outputOf(scope: Scope, node: GraphNode, copy: number, port: string): Port | null {
    const inner = this.#scopes.get(`${scope.path}${node.id}${PATH}${copy}${PATH}`);
    const end = inner?.graph.nodes.find(({ layer, name }) => layer === 'output' && name === port);
    const edge = end && inner?.graph.edges.find(({ to }) => to.node === end.id);
    return inner && edge ? this.#resolve(inner, edge.from) : null;
  }

  #resolve(scope: Scope, { node: id, port }: Port): Port | null {
    const node = scope.nodes.get(id);
    if (!node) return { node: scope.path + id, port };
    if (scope.input && node.layer === 'input') return scope.input(node.name);
    const block = this.#blockOf(scope, node);
    return block ? this.#outputOf(scope, node, copiesOf(node) - 1, port) : { node: scope.path + id, port };
  }

  #placed(scope: Scope, node: GraphNode): GraphNode {
    if (scope.path === '') return node;
    return memo(placedNodes, node, [scope.path, scope.names, scope.owner ?? ''].join('\n'), () => {
      const { tensors: _, ...rest } = node;
      const tensors = tensorsOf(scope, node);
      const placed = {
        ...rest,
        id: scope.path + node.id,
        name: scope.names + node.name,
        ...(tensors === undefined ? {} : { tensors }),
      };
      if (scope.owner !== null) sharingNodes.add(placed);
      return placed;
    });
  }
}

/** What is spelled out stays the same object from edit to edit, so that inference sees what did not change. */
const placedNodes = new WeakMap<GraphNode, Map<string, GraphNode>>();
const sharingNodes = new WeakSet<GraphNode>();
const placedEdges = new WeakMap<GraphEdge, Map<string, GraphEdge>>();

/** True for a layer of an instance that uses another's weights: in PyTorch it is the very same module, called again. */
export const isSharing = (node: GraphNode): boolean => sharingNodes.has(node);

function placedEdge(path: string, edge: GraphEdge, from: Port): GraphEdge {
  if (path === '' && from.node === edge.from.node && from.port === edge.from.port) return edge;
  return memo(placedEdges, edge, [path, from.node, from.port].join('\n'), () => ({
    ...edge,
    id: path + edge.id,
    from,
    to: { ...edge.to, node: path + edge.to.node },
  }));
}

function memo<T extends object>(known: WeakMap<T, Map<string, T>>, of: T, key: string, make: () => T): T {
  const made = known.get(of) ?? new Map<string, T>();
  known.set(of, made);
  const result = made.get(key) ?? make();
  made.set(key, result);
  return result;
}

/** Ties inside a block are to its own layers; a sharing copy is tied to the owner's, tensor by tensor. */
function tensorsOf(scope: Scope, node: GraphNode): GraphNode['tensors'] {
  const { owner } = scope;
  const own = Object.entries(node.tensors ?? {}).map(([name, options]): [string, TensorOptions] => [
    name,
    options.tied_to === undefined ? options : { ...options, tied_to: scope.names + options.tied_to },
  ]);
  if (owner === null) return node.tensors === undefined ? undefined : Object.fromEntries(own);
  const { declaration, params } = resolveNode(node);
  const specs = declaration && params ? (declaration.tensors?.(params) ?? []) : [];
  const ties = specs.filter(isTieable).map(({ name }): [string, TensorOptions] => {
    const { initializer: _, ...rest } = sharedOptions(node.tensors?.[name] ?? {});
    return [name, { ...rest, tied_to: `${owner}${node.name}.${name}` }];
  });
  return Object.fromEntries([...own, ...ties]);
}

const isEnd = (scope: Scope, node: GraphNode): boolean =>
  scope.input !== null && (node.layer === 'input' || node.layer === 'output');

/** How often an instance runs in a row. */
export const copiesOf = (node: GraphNode): number => Math.max(1, node.block?.repeat ?? 1);

/** The ports of a block: the names of its input or output nodes, in the order of the file. */
export const blockPorts = (block: Block, kind: 'input' | 'output'): readonly string[] =>
  block.graph.nodes.filter(({ layer }) => layer === kind).map(({ name }) => name);
