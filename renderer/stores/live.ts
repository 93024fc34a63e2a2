// Shapes, chips and problems of the graph as it stands now, inferred in the window on every edit, before the engine answers.
// Each node's view keeps its identity while it says the same, so that only cards whose content changed re-render.
import { create } from 'zustand';
import type { Graph, GraphEdge, GraphNode } from '#core/document/project';
import { portsOfBlock } from '#core/graph/collapse';
import { nodeTensors } from '#core/graph/cost';
import { diagnose } from '#core/graph/diagnose';
import { flattened, PATH, type FlatGraph } from '#core/graph/flatten';
import {
  inferGraph,
  type Inference,
  type InferOptions,
  type NodeInference,
  type Sizes,
} from '#core/graph/infer';
import { isInputLayer, layerTitle } from '#core/graph/resolve';
import type { Category, EdgeShape } from '#core/layers/declaration';
import type { ModelInfo, NodeInfo, ParameterInfo, Problem } from '#core/session/session';
import type { Shape } from '#core/tensor/shape';

/** One parameter or buffer of a node, as its chip shows it. */
export interface ChipInfo extends Pick<
  ParameterInfo,
  'key' | 'name' | 'kind' | 'state' | 'dtype' | 'shape' | 'waitsFor' | 'provenance'
> {
  /** Its shape depends on a param left blank: going back to uninitialized takes it away. */
  readonly isLazy: boolean;
  /** Under a weight norm: the weight that it is the magnitude or the direction of. */
  readonly part_of?: string;
}

/** Everything a card, an edge label or the inspector shows of a node beyond the document. */
export interface NodeView {
  readonly title: string;
  readonly category: Category | null;
  readonly inputs: readonly EdgeShape[];
  readonly outputs: readonly EdgeShape[];
  /** Values of blank params, found by inference or fixed by a materialization. */
  readonly sizes: Sizes;
  readonly chips: readonly ChipInfo[];
  readonly problems: readonly Problem[];
  /** It stands for a block: its card tells its tensors in one line. */
  readonly isBlock?: boolean;
}

interface LiveState {
  readonly inference: Inference | null;
  /** What it was inferred with: repairs are tried with the same sample. */
  readonly options: InferOptions;
  readonly views: ReadonlyMap<string, NodeView>;
  readonly problems: readonly Problem[];
  /** By edge id: the first problem that lies on the edge. */
  readonly edgeProblems: ReadonlyMap<string, Problem>;
}

export const useLive = create<LiveState>(() => ({
  inference: null,
  options: {},
  views: new Map(),
  problems: [],
  edgeProblems: new Map(),
}));

/** What the canvas shows: the path to it in the flat graph, and its graph (null: the whole). */
export interface Scope {
  readonly path: string;
  readonly graph: Graph | null;
}

/** Infers the graph anew. `model` is the engine's last picture; `isCurrent` when it is of this very graph. */
export function inferLive(
  graph: Graph,
  model: ModelInfo | null,
  dtype: ParameterInfo['dtype'],
  isCurrent: boolean,
  scope: Scope = { path: '', graph: null },
): void {
  const infos = new Map(model?.nodes.map((info) => [info.id, info]));
  const whole = flattened(graph);
  const options = {
    inputs: sampleShapes(whole.graph, infos),
    known: knownSizes(whole.graph, infos),
  };
  const inference = inferGraph(whole.graph, options);
  const found = diagnose(inference);
  const said = new Set(found.map(({ message }) => message));
  const problems = isCurrent
    ? [...found, ...(model?.problems.filter(({ message }) => !said.has(message)) ?? [])]
    : found;
  const shown = { path: scope.path, graph: scope.graph ?? graph };
  const byNode = new Map<string | null, Problem[]>();
  for (const problem of problems) {
    const id = problem.node === null ? null : shownId(problem.node, shown.path);
    byNode.set(id, [...(byNode.get(id) ?? []), problem]);
  }
  const { views: before } = useLive.getState();
  const views = new Map(
    shown.graph.nodes.map((shownNode) => {
      const { id } = shownNode;
      const node = inference.nodes.get(shown.path + id);
      const own = byNode.get(id) ?? [];
      const view = node
        ? viewOf(node, infos.get(node.node.id), own, dtype)
        : composite(shownNode, own, { ...shown, top: graph, whole, inference, infos, dtype });
      const old = before.get(id);
      return [id, old && JSON.stringify(old) === JSON.stringify(view) ? old : view];
    }),
  );
  const edgeProblems = new Map<string, Problem>();
  for (const problem of problems) {
    const id = problem.edge === null ? null : problem.edge.slice(shown.path.length);
    if (id !== null && problem.edge?.startsWith(shown.path) === true && !edgeProblems.has(id))
      edgeProblems.set(id, problem);
  }
  useLive.setState({ inference, options, views, problems, edgeProblems });
}

/** The node on the canvas that a node of the flat graph is or lies in; null for one elsewhere. */
const shownId = (flat: string, path: string): string | null =>
  flat.startsWith(path) ? (flat.slice(path.length).split(PATH)[0] ?? null) : null;

interface Around {
  readonly path: string;
  readonly graph: Graph;
  readonly top: Graph;
  readonly whole: FlatGraph;
  readonly inference: Inference;
  readonly infos: ReadonlyMap<string, NodeInfo>;
  readonly dtype: ParameterInfo['dtype'];
}

/** An instance of a block, or an end of one: no node of the flat graph, but what lies in or behind it says all. */
function composite(node: GraphNode, problems: readonly Problem[], around: Around): NodeView {
  const { path, graph, top, whole, inference, infos, dtype } = around;
  const shapeOf = (port: GraphEdge['from'] | undefined): EdgeShape => {
    const source = port && whole.sourceOf(path, port);
    const from = source && inference.nodes.get(source.node);
    const at = from?.declaration?.outputs.findIndex(({ name }) => name === source?.port) ?? -1;
    return from?.outputs[at] ?? null;
  };
  const entering = (port: string): EdgeShape =>
    shapeOf(graph.edges.find(({ to }) => to.node === node.id && to.port === port)?.from);
  const block = top.blocks?.find(({ id }) => id === node.block?.id);
  const ends = block
    ? portsOfBlock(top, node)
    : { inputs: node.layer === 'output' ? ['input'] : [], outputs: node.layer === 'input' ? ['output'] : [] };
  const inside = `${path}${node.id}${PATH}`;
  const chips = block
    ? [...inference.nodes.values()]
        .filter(({ node: { id } }) => id.startsWith(inside))
        .flatMap((inner) => chipsOf(inner, infos.get(inner.node.id), dtype))
    : [];
  return {
    ...EMPTY_VIEW,
    title: block?.name ?? node.layer,
    category: block ? null : 'input/output',
    inputs: ends.inputs.map(entering),
    outputs: ends.outputs.map((port) => shapeOf({ node: node.id, port })),
    chips,
    isBlock: block !== undefined,
    problems,
  };
}

const EMPTY_VIEW: NodeView = {
  title: '',
  category: null,
  inputs: [],
  outputs: [],
  sizes: {},
  chips: [],
  problems: [],
};

function viewOf(
  node: NodeInference,
  info: NodeInfo | undefined,
  problems: readonly Problem[],
  dtype: ParameterInfo['dtype'],
): NodeView {
  const { declaration } = node;
  return {
    title: declaration ? layerTitle(declaration) : node.node.layer,
    category: declaration?.category ?? null,
    inputs: node.inputs.map(({ shape }) => shape),
    outputs: node.outputs,
    sizes: node.sizes,
    chips: chipsOf(node, info, dtype),
    problems,
  };
}

/** The engine's word on each tensor the layer has now; what the engine does not know yet is uninitialized. */
function chipsOf(node: NodeInference, info: NodeInfo | undefined, dtype: ParameterInfo['dtype']): ChipInfo[] {
  // A tensor that waits for nothing gets its values as soon as the engine hears of it.
  const waits = new Map(
    node.declaration && node.params
      ? node.declaration.tensors?.(node.params).map((spec) => [spec.name, spec.waitsFor])
      : [],
  );
  const isSame = info?.layer === node.node.layer;
  return nodeTensors(node).map((spec): ChipInfo => {
    const known = isSame ? info.parameters.find(({ name }) => name === spec.name) : undefined;
    const key = `${node.node.name}.${spec.name}`;
    const waitsFor = waits.get(spec.name) ?? null;
    const isLazy = waitsFor !== null;
    const isFilled = known !== undefined && known.state !== 'uninitialized';
    if (isFilled && fits(known.shape, spec.shape)) return { ...known, key, isLazy };
    const isWaiting = waitsFor !== null || known?.state === 'uninitialized';
    const kind = spec.kind === 'buffer' ? 'buffer' : 'parameter';
    return {
      key,
      name: spec.name,
      kind: isWaiting ? `uninitialized_${kind}` : kind,
      state: isWaiting ? 'uninitialized' : 'materialized',
      dtype: spec.dtype ?? dtype,
      shape: spec.shape,
      waitsFor,
      provenance: '',
      isLazy,
      ...(spec.partOf === undefined ? {} : { part_of: spec.partOf.tensor }),
    };
  });
}

const fits = (a: ChipInfo['shape'], b: ChipInfo['shape']): boolean =>
  a.length === b.length && a.every((size, axis) => size === null || b[axis] === null || size === b[axis]);

/** The shape each input node was fed with, from the engine's picture; none while no sample was fed. */
function sampleShapes(graph: Graph, infos: ReadonlyMap<string, NodeInfo>): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  for (const { id, name, layer } of graph.nodes) {
    const [output = null] = layer === 'input' ? (infos.get(id)?.outputs ?? []) : [];
    const known = output?.filter((size) => size !== null);
    if (output && known && known.length === output.length) shapes[name] = known;
  }
  return shapes;
}

/** Sizes that materialized tensors fix, for nodes whose layer did not change since. */
function knownSizes(graph: Graph, infos: ReadonlyMap<string, NodeInfo>): Map<string, Sizes> {
  const known = new Map<string, Sizes>();
  for (const { id, layer, params } of graph.nodes) {
    const info = infos.get(id);
    if (info?.sizes === undefined || info.layer !== layer) continue;
    const blank = Object.entries(info.sizes).filter(([name]) => (params[name] ?? null) === null);
    if (blank.length > 0) known.set(id, Object.fromEntries(blank));
  }
  return known;
}

export const isInputNode = (node: NodeInference | undefined): boolean =>
  isInputLayer(node?.declaration ?? null);
