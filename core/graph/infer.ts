// Shapes over the whole graph, as far as they are known: what edges show, what blank sizes wait for, what does not fit.
import type { Graph, GraphEdge, GraphNode } from '../document/project';
import { outputPorts, type EdgeShape, type LayerDeclaration, type LayerProblem } from '../layers/declaration';
import type { PartialShape, Shape } from '../tensor/shape';
import { drain, type Turned } from '../turns';
import { indexGraph, orderInTurns, type GraphIndex, type Order } from './order';
import { pathFault } from './names';
import { isInputLayer, resolveNode, type Params, type ResolvedNode } from './resolve';

/** Where an input port's value comes from. */
export interface SourcePort {
  readonly edge: GraphEdge;
  readonly node: string;
  /** Index of the output port at `node`. */
  readonly output: number;
}

/** Sizes of blank params; `normalized_shape` is a list. */
export type Sizes = Readonly<Record<string, number | readonly number[]>>;

/** One value a layer receives: a port of a fixed layer, or one of several edges into a variadic port. */
export interface NodeInput {
  readonly port: string;
  /** null while nothing is connected. */
  readonly source: SourcePort | null;
  readonly shape: EdgeShape;
}

export interface NodeInference extends ResolvedNode {
  readonly inputs: readonly NodeInput[];
  /** Params with every blank size filled in that is known; what `infer` and `tensors` were asked with. */
  readonly effective: Params | null;
  /** The blank sizes that the inputs (or an earlier materialization) decide. */
  readonly sizes: Sizes;
  readonly outputs: readonly EdgeShape[];
  /** What the layer says does not fit, beside `problems` of its params. */
  readonly shapeProblems: readonly LayerProblem[];
  /** Nothing is wrong with the node by itself: its name, params, shapes, and every edge into it. True of most of any graph. */
  readonly isSound: boolean;
}

export interface Inference {
  readonly graph: Graph;
  readonly index: GraphIndex;
  readonly order: Order;
  /** By node id, in running order; nodes on cycles and of unknown layers are there with unknown shapes. */
  readonly nodes: ReadonlyMap<string, NodeInference>;
  readonly options: InferOptions;
}

export interface InferOptions {
  /** Shapes of a sample by input node name, batch included; they win over what the input node declares. */
  readonly inputs?: Readonly<Record<string, Shape>>;
  /** Sizes that materialized tensors have already, by node id. */
  readonly known?: ReadonlyMap<string, Sizes>;
}

/**
 * Infers every shape it can. Never throws: what does not fit is listed per node and its outputs are unknown. With `before`, the
 * inference of an earlier state of the graph, a layer is asked again only when its own node, its edges or what comes in
 * changed; all other nodes keep the very same `NodeInference`.
 */
export const inferGraph = (
  graph: Graph,
  options: InferOptions = {},
  before: Inference | null = null,
): Inference => drain(inferInTurns(graph, options, before));

/** The same, a turn for each node. */
export function* inferInTurns(
  graph: Graph,
  options: InferOptions = {},
  before: Inference | null = null,
): Turned<Inference> {
  const index = indexGraph(graph);
  yield;
  const { isKept, ...order } = yield* orderOf(graph, index, before);
  if (before && isKept) return yield* updated(before, { graph, index, order, options });
  const nodes = new Map<string, NodeInference>();
  const here = { graph, index, order, nodes, options };
  const isReused = before ? reuseOf(before, here) : () => false;
  const ordered = new Set(order.nodes);
  for (const node of [...order.nodes, ...graph.nodes.filter((each) => !ordered.has(each))]) {
    const old = before?.nodes.get(node.id);
    nodes.set(node.id, old && isReused(old, node) ? old : inferNode(node, index, nodes, options, old));
    yield;
  }
  return here;
}

/** Order and edges are those of before: only nodes that changed are asked, and those behind them as far as it shows. */
function* updated(before: Inference, now: Omit<Inference, 'nodes'>): Turned<Inference> {
  const { order, index, options } = now;
  const nodes = new Map(before.nodes);
  const touched = new Set<string>();
  for (const node of order.nodes) {
    const old = before.nodes.get(node.id);
    const isTouched =
      old?.node !== node || touched.has(node.id) || !isAskedSame(node, before.options, options);
    yield;
    if (!isTouched) continue;
    const inferred = inferNode(node, index, nodes, options, old);
    nodes.set(node.id, inferred);
    if (old && givesSame(old, inferred)) continue;
    for (const { to } of index.outgoing(node.id)) touched.add(to.node);
  }
  return { ...now, nodes };
}

const isAskedSame = ({ id, name }: GraphNode, a: InferOptions, b: InferOptions): boolean =>
  isSameSizes(a.known?.get(id), b.known?.get(id)) &&
  isSameShape(a.inputs?.[name] ?? null, b.inputs?.[name] ?? null);

interface KeptOrder extends Order {
  readonly isKept: boolean;
}

/** The order from before while edges and nodes are the same ones: a node that changed keeps its place. */
function* orderOf(graph: Graph, index: GraphIndex, before: Inference | null): Turned<KeptOrder> {
  const isSame =
    before?.order.cycle === null &&
    before.graph.edges === graph.edges &&
    before.graph.nodes.length === graph.nodes.length &&
    before.graph.nodes.every(({ id }, at) => id === graph.nodes[at]?.id);
  if (!before || !isSame) return { ...(yield* orderInTurns(graph)), isKept: false };
  const nodes = before.order.nodes.map((node) => index.nodes.get(node.id) ?? node);
  return { nodes, cycle: null, isKept: true };
}

/** Whether a node would be inferred just as before. Nodes it depends on are in `now.nodes` already, those on cycles aside. */
function reuseOf(before: Inference, now: Inference): (old: NodeInference, node: GraphNode) => boolean {
  const hasSameEdges = before.graph.edges === now.graph.edges;
  return (old, node) => {
    if (old.node !== node) return false;
    const { id } = node;
    if (!hasSameEdges && !isSameList(before.index.incoming(id), now.index.incoming(id))) return false;
    if (!isAskedSame(node, before.options, now.options)) return false;
    return now.index.incoming(id).every(({ from }) => {
      const source = now.nodes.get(from.node);
      const last = before.nodes.get(from.node);
      return source === last || (source !== undefined && last !== undefined && givesSame(last, source));
    });
  };
}

/** Same ports with the same shapes: what hangs on them need not be asked again. */
const givesSame = (a: NodeInference, b: NodeInference): boolean =>
  a.declaration === b.declaration &&
  (a.params === null) === (b.params === null) &&
  a.outputs.length === b.outputs.length &&
  a.outputs.every((shape, at) => isSameShape(shape, b.outputs[at] ?? null));

const isSameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a === b || (a.length === b.length && a.every((item, at) => item === b[at]));

const isSameShape = (a: EdgeShape, b: EdgeShape): boolean =>
  a === b || (a !== null && b !== null && isSameList(a, b));

function isSameSizes(a: Sizes | undefined, b: Sizes | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [one, other] = [a[name], b[name]];
      return one === other || (Array.isArray(one) && Array.isArray(other) && isSameList<unknown>(one, other));
    })
  );
}

function inferNode(
  node: GraphNode,
  index: GraphIndex,
  done: ReadonlyMap<string, NodeInference>,
  options: InferOptions,
  old?: NodeInference,
): NodeInference {
  const resolved = old?.node === node ? old : resolveNode(node);
  const inferred = inferResolved(
    { node, declaration: resolved.declaration, params: resolved.params, problems: resolved.problems },
    index,
    done,
    options,
  );
  return { ...inferred, isSound: isSound(inferred, index) };
}

function isSound(inferred: Omit<NodeInference, 'isSound'>, index: GraphIndex): boolean {
  const { node, declaration, problems, shapeProblems, inputs } = inferred;
  return (
    declaration !== null &&
    problems.length + shapeProblems.length === 0 &&
    node.tensors === undefined &&
    inputs.every(({ source }) => source !== null) &&
    index.incoming(node.id).length === inputs.length &&
    pathFault(node) === null
  );
}

function inferResolved(
  resolved: ResolvedNode,
  index: GraphIndex,
  done: ReadonlyMap<string, NodeInference>,
  options: InferOptions,
): Omit<NodeInference, 'isSound'> {
  const { node, declaration, params } = resolved;
  if (!declaration || !params || resolved.problems.length > 0)
    return {
      ...resolved,
      inputs: declaration ? inputsOf(node, declaration, index, done) : [],
      effective: params,
      sizes: {},
      outputs: outputPorts(declaration, params).map(() => null),
      shapeProblems: [],
    };
  const inputs = inputsOf(node, declaration, index, done);
  const fed = options.inputs?.[node.name];
  if (fed && isInputLayer(declaration)) return feedInput(resolved, declaration, params, fed);
  return {
    ...resolved,
    inputs,
    ...inferLayer(declaration, params, inputs, options.known?.get(node.id) ?? {}),
  };
}

/** Asks one layer. `known` sizes win over what the inputs say, so that the layer itself finds the contradiction. */
export function inferLayer(
  declaration: LayerDeclaration,
  params: Params,
  inputs: readonly Pick<NodeInput, 'shape'>[],
  known: Sizes,
): Pick<NodeInference, 'effective' | 'sizes' | 'outputs' | 'shapeProblems'> {
  const shapes = inputs.map((input) => input.shape);
  const fixed = { ...params, ...known };
  const inferred = declaration.inferSizes?.(fixed, shapes) ?? {};
  const blank = Object.entries(inferred).filter(
    ([name]) => fixed[name] === null || fixed[name] === undefined,
  );
  const sizes = { ...known, ...Object.fromEntries(blank) };
  const effective = { ...params, ...sizes };
  const unknown = outputPorts(declaration, effective).map(() => null);
  if (inputs.length < declaration.inputs.filter(({ isOptional }) => isOptional !== true).length)
    return { effective, sizes, outputs: unknown, shapeProblems: [] };
  const result = declaration.infer(effective, shapes);
  return 'problems' in result
    ? { effective, sizes, outputs: unknown, shapeProblems: result.problems }
    : { effective, sizes, outputs: result.outputs, shapeProblems: [] };
}

/** Ports of a node up to the last one that needs a value or has one: optional ports are filled from the left. */
export function portsInUse(node: GraphNode, declaration: LayerDeclaration, index: GraphIndex): number {
  const last = declaration.inputs.findLastIndex(
    (port) => port.isOptional !== true || index.incoming(node.id, port.name).length > 0,
  );
  return last + 1;
}

/** The values a node receives, in the order of its ports; an unconnected port in use is there with an unknown shape. */
function inputsOf(
  node: GraphNode,
  declaration: LayerDeclaration,
  index: GraphIndex,
  done: ReadonlyMap<string, NodeInference>,
): NodeInput[] {
  const ports = declaration.inputs.slice(0, portsInUse(node, declaration, index));
  return ports.flatMap((port): NodeInput[] => {
    const edges = index.incoming(node.id, port.name);
    if (edges.length === 0) return [{ port: port.name, source: null, shape: null }];
    return (port.isVariadic === true ? edges : edges.slice(0, 1)).map((edge) => {
      const from = done.get(edge.from.node);
      const ports = outputPorts(from?.declaration, from?.params ?? null);
      const output = ports.findIndex(({ name }) => name === edge.from.port);
      if (!from || output < 0) return { port: port.name, source: null, shape: null };
      return {
        port: port.name,
        source: { edge, node: edge.from.node, output },
        shape: from.outputs[output] ?? null,
      };
    });
  });
}

/** A fed input node: the sample's shape, checked against what the node declares. */
function feedInput(
  resolved: ResolvedNode,
  declaration: LayerDeclaration,
  params: Params,
  fed: Shape,
): Omit<NodeInference, 'isSound'> {
  const said = declaration.infer(params, []);
  const declared: EdgeShape = 'outputs' in said ? (said.outputs[0] ?? null) : null;
  const shapeProblems: LayerProblem[] =
    declared === null || fits(declared, fed)
      ? []
      : [
          {
            where: 'shape',
            message: 'the sample does not have the shape this input declares',
            expected: show(declared),
            got: show(fed),
            hint: 'leave the input’s shape blank, or feed a sample of that shape',
          },
        ];
  return { ...resolved, inputs: [], effective: params, sizes: {}, outputs: [fed], shapeProblems };
}

const fits = (declared: PartialShape, got: Shape): boolean =>
  declared.length === got.length && declared.every((size, axis) => size === null || size === got[axis]);

/** A sample's shape without the batch: `1×8×8`. */
const show = (shape: PartialShape): string =>
  shape.length <= 1
    ? 'one number per sample'
    : shape
        .slice(1)
        .map((size) => size ?? '?')
        .join('×');
