// Shapes, chips and problems of the graph as it stands now, inferred in the window on every edit, before the engine answers.
// Only what an edit touches is worked out anew: nodes that stay keep their inference, and views keep their identity while they say
// the same, so that only cards whose content changed re-render. A large graph is inferred in turns after the edit is on the screen.
import { create } from 'zustand';
import type { Graph, GraphNode } from '#core/document/project';
import { diagnoseInTurns } from '#core/graph/diagnose';
import { flattened, PATH } from '#core/graph/flatten';
import {
  inferInTurns,
  type Inference,
  type InferOptions,
  type NodeInference,
  type Sizes,
} from '#core/graph/infer';
import { isInputLayer } from '#core/graph/resolve';
import type { ModelInfo, NodeInfo, ParameterInfo, Problem } from '#core/session/session';
import type { Shape } from '#core/tensor/shape';
import { drain, type Turned } from '#core/turns';

import { workInTurns } from './in-turns';
import { saysSame } from './says-same';
import { composite, viewOf, type NodeView } from './views';

export type { ChipInfo, NodeView } from './views';

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

/** Up to so many nodes a graph is inferred at once: it takes a few milliseconds. */
const AT_ONCE = 500;

let stopTurns = (): void => undefined;

/**
 * Infers the graph anew; what an earlier call has not finished is given up. `model` is the engine's last picture; `isCurrent` when
 * it is of this very graph.
 */
export function inferLive(...what: Parameters<typeof infer>): void {
  stopTurns();
  const work = infer(...what);
  if (what[0].nodes.length <= AT_ONCE) drain(work);
  else stopTurns = workInTurns(work);
}

function* infer(
  graph: Graph,
  model: ModelInfo | null,
  dtype: ParameterInfo['dtype'],
  isCurrent: boolean,
  scope: Scope = { path: '', graph: null },
): Turned<void> {
  const infos = infosOf(model, isCurrent);
  const whole = flattened(graph);
  yield;
  const options = {
    inputs: sampleShapes(whole.graph, infos),
    known: yield* knownSizes(whole.graph, infos),
  };
  const { inference: before } = useLive.getState();
  yield;
  const inference = yield* inferInTurns(whole.graph, options, before);
  const found = yield* diagnoseInTurns(inference);
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
  const around = { ...shown, top: graph, whole, inference, infos, dtype };
  const kept = new Map<string, Basis>();
  const views = new Map<string, NodeView>();
  for (const node of shown.graph.nodes) {
    const own = byNode.get(node.id) ?? NO_PROBLEMS;
    const basis = basisOf(node, own, around, bases.get(node.id));
    kept.set(node.id, basis);
    views.set(node.id, basis.view);
    yield;
  }
  bases = kept;
  const edgeProblems = new Map<string, Problem>();
  for (const problem of problems) {
    const id = problem.edge === null ? null : problem.edge.slice(shown.path.length);
    if (id !== null && problem.edge?.startsWith(shown.path) === true && !edgeProblems.has(id))
      edgeProblems.set(id, problem);
  }
  useLive.setState({ inference, options, views, problems, edgeProblems });
}

/** What a view was made from, to know when it says the same again. */
interface Basis {
  /** null for what stands for several nodes of the flat graph: that is always looked at anew. */
  readonly node: NodeInference | null;
  readonly info: NodeInfo | undefined;
  readonly dtype: ParameterInfo['dtype'];
  readonly problems: readonly Problem[];
  readonly view: NodeView;
}

const NO_PROBLEMS: readonly Problem[] = [];
let bases: ReadonlyMap<string, Basis> = new Map();

function basisOf(
  shown: GraphNode,
  problems: readonly Problem[],
  around: Parameters<typeof composite>[2],
  old: Basis | undefined,
): Basis {
  const { inference, infos, dtype, path } = around;
  const node = inference.nodes.get(path + shown.id) ?? null;
  const info = node ? infos.get(node.node.id) : undefined;
  const isSame =
    old !== undefined &&
    node !== null &&
    old.node === node &&
    old.info === info &&
    old.dtype === dtype &&
    saysSame(old.problems, problems);
  if (isSame) return old;
  const view = node ? viewOf(node, info, problems, dtype) : composite(shown, problems, around);
  return {
    node,
    info,
    dtype,
    problems,
    view: old && saysSame(old.view, view) ? old.view : view,
  };
}

/** The node on the canvas that a node of the flat graph is or lies in; null for one elsewhere. */
const shownId = (flat: string, path: string): string | null =>
  flat.startsWith(path) ? (flat.slice(path.length).split(PATH)[0] ?? null) : null;

type Infos = Pick<ReadonlyMap<string, NodeInfo>, 'get'>;

const byId = new WeakMap<ModelInfo, ReadonlyMap<string, NodeInfo>>();

/**
 * The engine's word by id in the flat graph. Until it answers to an edit, a layer that went into a block or came out of one
 * is what it was: the last part of its path stays the same.
 */
function infosOf(model: ModelInfo | null, isCurrent: boolean): Infos {
  if (!model) return new Map();
  const known = byId.get(model) ?? new Map(model.nodes.map((info) => [info.id, info]));
  byId.set(model, known);
  if (isCurrent) return known;
  let moved: Map<string, NodeInfo> | null = null;
  return {
    get(id) {
      const info = known.get(id);
      if (info) return info;
      moved ??= new Map([...known.values()].toReversed().map((each) => [lastOf(each.id), each]));
      const other = moved.get(lastOf(id));
      return other && other.id !== id ? other : undefined;
    },
  };
}

const lastOf = (id: string): string => id.slice(id.lastIndexOf(PATH) + 1);

/** The shape each input node was fed with, from the engine's picture; none while no sample was fed. */
function sampleShapes(graph: Graph, infos: Infos): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  for (const { id, name, layer } of graph.nodes) {
    if (layer !== 'input') continue;
    const [output = null] = infos.get(id)?.outputs ?? [];
    const known = output?.filter((size) => size !== null);
    if (output && known && known.length === output.length) shapes[name] = known;
  }
  return shapes;
}

interface KnownSizes {
  readonly layer: string;
  readonly params: GraphNode['params'];
  readonly sizes: Sizes | null;
}

const sizesKnown = new WeakMap<NodeInfo, KnownSizes>();

/** Sizes that materialized tensors fix, for nodes whose layer did not change since. */
function* knownSizes(graph: Graph, infos: Infos): Turned<Map<string, Sizes>> {
  const known = new Map<string, Sizes>();
  for (const { id, layer, params } of graph.nodes) {
    const info = infos.get(id);
    yield;
    if (info?.sizes === undefined) continue;
    let last = sizesKnown.get(info);
    if (last?.layer !== layer || last.params !== params) {
      const blank = Object.entries(info.sizes).filter(([name]) => (params[name] ?? null) === null);
      const isSame = info.layer === layer && blank.length > 0;
      last = { layer, params, sizes: isSame ? Object.fromEntries(blank) : null };
      sizesKnown.set(info, last);
    }
    if (last.sizes) known.set(id, last.sizes);
  }
  return known;
}

export const isInputNode = (node: NodeInference | undefined): boolean =>
  isInputLayer(node?.declaration ?? null);
