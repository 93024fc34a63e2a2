// One-click repairs: for a problem, edits that might mend it, each tried on the graph and its sample before it is offered.
import type { Graph, GraphNode } from '../document/project';
import { findLayer } from '../layers';
import type { Problem } from '../session/session';
import { diagnose } from './diagnose';
import { applyEdit, type Edit } from './edits';
import { flattenGraph, PATH } from './flatten';
import { newEdgeId, newNodeId } from './fragment';
import { inferGraph, type InferOptions } from './infer';
import { nameForLayer, toValidName, uniqueName } from './names';
import { closesCycle, reachable } from './order';
import { kindRepairs, layerBeside, portRepairs } from './repair-ports';
import { sizeRepairs } from './repair-sizes';

export interface Repair {
  /** `Leave in_features of 'fc1' blank`. */
  readonly label: string;
  /**
   * Of the whole graph, also where the problem lies in a block. Null: the graph is right and a size stems from an earlier sample;
   * feeding the sample again mends it, with what it resizes initialized anew.
   */
  readonly edit: Edit | null;
}

/** How many are tried, and shown. */
const TRIED = 12;
const SHOWN = 3;

/** Repairs that take the problem away and bring no other, best first: those that leave the fewest. */
export function repairsFor(graph: Graph, problem: Problem, options: InferOptions): readonly Repair[] {
  const errors = (of: Graph): readonly Problem[] => diagnose(inferGraph(flattenGraph(of), options));
  const before = errors(graph);
  const tried = [...feedingAgain(graph, problem, options), ...candidates(graph, problem)]
    .slice(0, TRIED)
    .flatMap((repair) => {
      try {
        const after =
          repair.edit === null
            ? diagnose(inferGraph(flattenGraph(graph), { ...options, known: new Map() }))
            : errors(applyEdit(graph, repair.edit).graph);
        const isGone = after.every((other) => !isSame(other, problem));
        const isClean = after.every((other) => before.some((old) => isSame(old, other)));
        return isGone && isClean ? [{ repair, left: after.length }] : [];
      } catch {
        return [];
      }
    });
  return tried
    .toSorted((a, b) => a.left - b.left)
    .slice(0, SHOWN)
    .map(({ repair }) => repair);
}

/** Several inputs of one node may be wrong in one way: their messages name them. */
const isSame = (a: Problem, b: Problem): boolean =>
  a.code === b.code && a.where === b.where && (!PORT_CODES.has(a.code) || a.message === b.message);
const PORT_CODES = new Set<Problem['code']>(['unconnected_input', 'port_taken', 'unknown_port']);

/** For a size that the layer was given by a sample, and not by hand. */
function feedingAgain(graph: Graph, { code, node: id }: Problem, options: InferOptions): readonly Repair[] {
  if (code !== 'shape_mismatch' || id === null || options.known?.has(id) !== true) return [];
  const node = flattenGraph(graph).nodes.find((each) => each.id === id);
  const isFed = Object.keys(options.inputs ?? {}).length > 0;
  return node && isFed ? [{ label: `Feed again and initialize '${node.name}' anew`, edit: null }] : [];
}

/** A node of the flat graph in the graph it is drawn in, and what makes an edit there one of the whole graph. */
interface Place {
  readonly graph: Graph;
  readonly id: string;
  wrap(edit: Edit): Edit;
}

function placeOf(graph: Graph, flat: string | null): Place {
  const [id = '', _copy, ...rest] = (flat ?? '').split(PATH);
  const block = graph.blocks?.find(
    (each) => each.id === graph.nodes.find((node) => node.id === id)?.block?.id,
  );
  if (!block || rest.length === 0) return { graph, id: flat ?? '', wrap: (edit) => edit };
  const blocks = graph.blocks ? { blocks: graph.blocks } : {};
  const inner = placeOf({ ...block.graph, ...blocks }, rest.join(PATH));
  return { ...inner, wrap: (edit) => ({ kind: 'in_block', block: block.id, edit: inner.wrap(edit) }) };
}

export interface EditRepair extends Repair {
  readonly edit: Edit;
}

function candidates(whole: Graph, problem: Problem): readonly EditRepair[] {
  const at = placeOf(whole, problem.node ?? problem.edge);
  const node = at.graph.nodes.find(({ id }) => id === at.id);
  const edge = problem.edge === null ? null : placeOf(whole, problem.edge);
  const found = [
    ...(node ? ofNode(at.graph, node, problem) : []),
    ...(node ? sizeRepairs(at.graph, node, problem) : []),
    ...(edge ? portRepairs(edge.graph, edge.id, problem) : []),
    ...(node ? kindRepairs(at.graph, node, problem) : []),
    ...(edge ? ofEdge(edge, problem) : []),
    ...(problem.node === null ? ofGraph(at.graph, problem) : []),
  ];
  return found.map(({ label, edit }) => ({ label, edit: at.wrap(edit) }));
}

function ofNode(graph: Graph, node: GraphNode, problem: Problem): readonly EditRepair[] {
  const { id, name } = node;
  const others = graph.nodes.filter((other) => other !== node).map((other) => other.name);
  switch (problem.code) {
    case 'invalid_name':
    case 'duplicate_name': {
      const free = uniqueName(toValidName(name), others);
      return [{ label: `Call it '${free}'`, edit: { kind: 'rename_node', id, name: free } }];
    }
    case 'unused_node':
    case 'unknown_layer':
      return [{ label: `Remove '${name}'`, edit: { kind: 'remove_node', id } }];
    case 'unconnected_input':
      return sourcesFor(graph, node);
    case 'cycle':
      return cuts(graph, node);
    default:
      return ofParams(node, problem);
  }
}

/** Blank first: it can never be wrong again; then the number that came; then what the layer starts with. */
function ofParams({ id, name, layer, params }: GraphNode, { got, message }: Problem): readonly EditRepair[] {
  const specs = Object.entries(findLayer(layer)?.params ?? {});
  return specs
    .filter(([param]) => message.includes(param) && Object.hasOwn(params, param))
    .flatMap(([param, spec]): EditRepair[] => {
      const number = got !== undefined && /^\d+$/.test(got) ? Number(got) : null;
      const set = (value: unknown): Edit => ({ kind: 'set_param', id, param, value });
      return [
        ...(spec.isInferred === true
          ? [{ label: `Leave ${param} of '${name}' blank`, edit: set(null) }]
          : [{ label: `Reset ${param} of '${name}'`, edit: { kind: 'set_param', id, param } as const }]),
        ...(spec.isInferred === true && number !== null
          ? [{ label: `Set ${param} of '${name}' to ${number}`, edit: set(number) }]
          : []),
      ];
    });
}

/** The nearest nodes above that something may be read from. */
function sourcesFor(graph: Graph, node: GraphNode): readonly EditRepair[] {
  const taken = new Set(graph.edges.filter(({ to }) => to.node === node.id).map(({ to }) => to.port));
  const ports = findLayer(node.layer)?.inputs ?? [];
  const port = ports.find(({ name, isOptional }) => !taken.has(name) && isOptional !== true)?.name;
  if (port === undefined) return [];
  const distance = ({ position }: GraphNode): number =>
    Math.hypot(position.x - node.position.x, position.y - node.position.y);
  return graph.nodes
    .filter((other) => other !== node && (findLayer(other.layer)?.outputs.length ?? 0) > 0)
    .filter((other) => !closesCycle(graph, other.id, node.id))
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, 4)
    .map((other) => ({
      label:
        ports.length > 1
          ? `Connect '${other.name}' to ${port} of '${node.name}'`
          : `Connect '${other.name}' to '${node.name}'`,
      edit: {
        kind: 'connect',
        edge: {
          id: newEdgeId(graph),
          from: { node: other.id, port: findLayer(other.layer)?.outputs[0]?.name ?? 'output' },
          to: { node: node.id, port },
        },
      },
    }));
}

/** The edges of the circles through the node, one by one. */
function cuts(graph: Graph, { id }: GraphNode): readonly EditRepair[] {
  const before = reachable(graph, [id], 'backward');
  const circle = new Set([...reachable(graph, [id], 'forward')].filter((each) => before.has(each)));
  const names = new Map(graph.nodes.map((each) => [each.id, each.name]));
  return graph.edges
    .filter(({ from, to }) => circle.has(from.node) && circle.has(to.node))
    .map(({ id: edge, from, to }) => ({
      label: `Remove the edge from '${names.get(from.node) ?? ''}' to '${names.get(to.node) ?? ''}'`,
      edit: { kind: 'disconnect', id: edge },
    }));
}

/** Layers that turn what comes into what is wanted, put into the edge; else without the edge. */
function ofEdge({ graph, id }: Place, { code }: Problem): readonly EditRepair[] {
  const edge = graph.edges.find((each) => each.id === id);
  if (!edge) return [];
  const between = code === 'shape_mismatch' ? BRIDGES : [];
  return [
    ...between.map(([layer, params]) => insert(graph, edge, layer, params)),
    { label: 'Remove the edge', edit: { kind: 'disconnect', id } },
  ];
}

const BRIDGES: readonly (readonly [layer: string, params: Readonly<Record<string, unknown>>])[] = [
  ['flatten', {}],
  ['adaptive_avg_pool2d', { output_size: [1, 1] }],
];

function insert(
  graph: Graph,
  edge: Graph['edges'][number],
  layer: string,
  params: Readonly<Record<string, unknown>>,
): EditRepair {
  const target = graph.nodes.find((each) => each.id === edge.to.node);
  const node = layerBeside(graph, target?.position ?? { x: 0, y: 0 }, layer, params);
  const { id } = node;
  return {
    label: `Insert ${node.name} into the edge`,
    edit: {
      kind: 'group',
      label: 'insert',
      edits: [
        { kind: 'add_node', node },
        { kind: 'disconnect', id: edge.id },
        { kind: 'connect', edge: { ...edge, to: { node: id, port: 'input' } } },
        { kind: 'connect', edge: { id: newEdgeId(graph), from: { node: id, port: 'output' }, to: edge.to } },
      ],
    },
  };
}

/** Missing ends: added where the graph begins or stops. */
function ofGraph(graph: Graph, { code }: Problem): readonly EditRepair[] {
  const layer = code === 'missing_input' ? 'input' : code === 'missing_output' ? 'output' : null;
  if (layer === null) return [];
  const isInput = layer === 'input';
  const loose = graph.nodes.filter(({ id, layer: kind }) => {
    const ports = findLayer(kind);
    return isInput
      ? (ports?.inputs.length ?? 0) > 0 && graph.edges.every(({ to }) => to.node !== id)
      : (ports?.outputs.length ?? 0) > 0 && graph.edges.every(({ from }) => from.node !== id);
  });
  return loose.map((other): EditRepair => {
    const id = newNodeId(graph);
    const position = { x: other.position.x, y: other.position.y + (isInput ? -140 : 220) };
    const node: GraphNode = { id, name: nameForLayer(layer, graph), layer, params: {}, position };
    const ports = findLayer(other.layer);
    const own = { node: id, port: isInput ? 'output' : 'input' };
    const there = { node: other.id, port: (isInput ? ports?.inputs : ports?.outputs)?.[0]?.name ?? '' };
    const edge = { id: newEdgeId(graph), from: isInput ? own : there, to: isInput ? there : own };
    return {
      label: `Add an ${layer} ${isInput ? 'before' : 'after'} '${other.name}'`,
      edit: {
        kind: 'group',
        label: layer,
        edits: [
          { kind: 'add_node', node },
          { kind: 'connect', edge },
        ],
      },
    };
  });
}
