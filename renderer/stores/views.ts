// What a card, an edge label and the inspector show of a node, made from its inference and the engine's word on its tensors.
import type { Graph, GraphEdge, GraphNode } from '#core/document/project';
import { portsOfBlock } from '#core/graph/collapse';
import { nodeTensors } from '#core/graph/cost';
import { PATH, type FlatGraph } from '#core/graph/flatten';
import type { Inference, NodeInference, Sizes } from '#core/graph/infer';
import { layerTitle } from '#core/graph/resolve';
import type { Category, EdgeShape } from '#core/layers/declaration';
import type { NodeInfo, ParameterInfo, Problem } from '#core/session/session';

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

/** What the views of one state of the graph are made from. */
export interface Around {
  readonly path: string;
  readonly graph: Graph;
  readonly top: Graph;
  readonly whole: FlatGraph;
  readonly inference: Inference;
  readonly infos: Pick<ReadonlyMap<string, NodeInfo>, 'get'>;
  readonly dtype: ParameterInfo['dtype'];
}

/** The output that really gives what a port of the shown graph hands on: of a block, that of a layer inside it. */
export function sourceBehind(
  { path, whole, inference }: Pick<Around, 'path' | 'whole' | 'inference'>,
  port: GraphEdge['from'],
): { readonly from: NodeInference; readonly output: number } | null {
  const source = whole.sourceOf(path, port);
  const from = source && inference.nodes.get(source.node);
  const output = from?.declaration?.outputs.findIndex(({ name }) => name === source?.port) ?? -1;
  return from && output >= 0 ? { from, output } : null;
}

/** Ports of an instance of a block, or of an end of one. */
export const portsOfComposite = (top: Graph, node: GraphNode): ReturnType<typeof portsOfBlock> =>
  node.block
    ? portsOfBlock(top, node)
    : {
        inputs: node.layer === 'output' ? ['input'] : [],
        outputs: node.layer === 'input' ? ['output'] : [],
      };

/** An instance of a block, or an end of one: no node of the flat graph, but what lies in or behind it says all. */
export function composite(node: GraphNode, problems: readonly Problem[], around: Around): NodeView {
  const { path, graph, top, inference, infos, dtype } = around;
  const shapeOf = (port: GraphEdge['from'] | undefined): EdgeShape => {
    const source = port && sourceBehind(around, port);
    return source?.from.outputs[source.output] ?? null;
  };
  const entering = (port: string): EdgeShape =>
    shapeOf(graph.edges.find(({ to }) => to.node === node.id && to.port === port)?.from);
  const block = top.blocks?.find(({ id }) => id === node.block?.id);
  const ends = portsOfComposite(top, node);
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

export function viewOf(
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
  const told = new Map(isSame ? info.parameters.map((each) => [each.name, each]) : []);
  return nodeTensors(node).map((spec): ChipInfo => {
    const known = told.get(spec.name);
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
