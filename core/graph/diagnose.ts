// Everything wrong with a graph, located and with fixes ranked: names, connections, cycles, params and shapes.
import type { GraphEdge, GraphNode } from '../document/project';
import type { LayerProblem } from '../layers/declaration';
import { nearest } from '../layers/suggest';
import { LAYERS } from '../layers';
import type { Problem } from '../session/session';
import { formatShape } from '../tensor/shape';
import { drain, type Turned } from '../turns';
import type { Inference, NodeInference, NodeInput } from './infer';
import { PATH } from './flatten';
import { pathFault, toValidName, uniqueName } from './names';
import { reachable } from './order';
import { axesOfParam, explainAxes, originOf } from './provenance';
import { checkTensors } from './tensor-checks';
import { isInputLayer, isOutputLayer, layerTitle } from './resolve';

type Draft = Omit<Problem, 'severity' | 'node' | 'edge' | 'fixes'> &
  Partial<Pick<Problem, 'severity' | 'node' | 'edge' | 'fixes'>>;

const problem = (draft: Draft): Problem => ({
  severity: 'error',
  node: null,
  edge: null,
  fixes: [],
  ...draft,
});

/** "node 'fc1'". */
const at = (node: GraphNode): string => `node '${node.name}'`;

/** All problems, those that cause others first: structure, then params, then shapes in running order. */
export function diagnose(inference: Inference): Problem[] {
  return drain(diagnoseInTurns(inference));
}

/** The same, with turns between the nodes. */
export function* diagnoseInTurns(inference: Inference): Turned<Problem[]> {
  const used = leadingToOutputs(inference);
  yield;
  const nodes = [...inference.nodes.values()].filter(({ isSound }) => !isSound);
  const problems = [...checkNames(inference), ...nodes.flatMap(checkLayer)];
  yield;
  problems.push(...checkEdges(inference));
  yield;
  problems.push(...checkCycle(inference), ...checkEnds(inference, used));
  const checks: readonly ((node: NodeInference) => Problem[])[] = [
    (node) => checkInputs(node, used),
    checkParams,
    (node) => checkShapes(inference, node),
    (node) => checkTensors(inference, node).map(problem),
  ];
  for (const check of checks)
    for (const node of nodes) {
      yield;
      problems.push(...check(node));
    }
  return problems;
}

/** True when nothing forbids running the graph. */
export const isRunnable = (problems: readonly Problem[]): boolean =>
  problems.every(({ severity }) => severity !== 'error');

const NONE: Problem[] = [];

function checkNames({ graph: { nodes }, nodes: inferred }: Inference): Problem[] {
  const first = new Map<string, GraphNode>();
  const taken = (): string[] => nodes.map((node) => node.name);
  return nodes.flatMap((node) => {
    const fault = inferred.get(node.id)?.isSound === true ? null : pathFault(node);
    if (fault !== null)
      return problem({
        code: 'invalid_name',
        where: at(node),
        node: node.id,
        message: `The name '${node.name}' ${fault}.`,
        got: node.name,
        fixes: [`Rename it, for example to '${uniqueName(toValidName(node.name), taken())}'.`],
      });
    const other = first.get(node.name);
    if (!other) {
      first.set(node.name, node);
      return NONE;
    }
    return problem({
      code: 'duplicate_name',
      where: at(node),
      node: node.id,
      message: `Two nodes are called '${node.name}' (a ${other.layer} and a ${node.layer}): their weights would have the same keys.`,
      got: node.name,
      fixes: [`Rename one, for example to '${uniqueName(node.name, taken())}'.`],
    });
  });
}

function checkLayer({ node, declaration }: NodeInference): Problem[] {
  if (declaration) return [];
  const meant = nearest(
    node.layer,
    LAYERS.map(({ type }) => type),
  );
  return [
    problem({
      code: 'unknown_layer',
      where: at(node),
      node: node.id,
      message: `'${node.name}' is a layer of the unknown kind '${node.layer}'.`,
      expected: 'a layer of the catalogue (lazuli layers lists them)',
      got: node.layer,
      fixes: [
        ...(meant === null ? [] : [`Use '${meant}'.`]),
        'Open the project with the version of Lazuli that wrote it.',
        `Remove '${node.name}'.`,
      ],
    }),
  ];
}

function checkEdges({ graph, index, nodes }: Inference): Problem[] {
  return graph.edges.flatMap((edge): Problem[] => {
    const to = nodes.get(edge.to.node);
    if (to?.isSound === true) return NONE;
    const from = nodes.get(edge.from.node);
    const name = `edge ${from?.node.name ?? edge.from.node} → ${to?.node.name ?? edge.to.node}`;
    const refuse = (code: string, message: string, fixes: readonly string[]): Problem[] => [
      problem({ code, where: name, edge: edge.id, node: to?.node.id ?? null, message, fixes }),
    ];
    const lost = !from ? edge.from.node : !to ? edge.to.node : null;
    if (lost !== null || !from || !to)
      return refuse('dangling_edge', `An edge ends at the node '${lost}', which does not exist.`, [
        'Remove the edge.',
      ]);
    if (!from.declaration || !to.declaration) return [];
    const { outputs } = from.declaration;
    const { inputs } = to.declaration;
    if (!outputs.some((port) => port.name === edge.from.port))
      return refuse('unknown_port', `'${from.node.name}' has no output '${edge.from.port}'.`, [
        `Connect it to ${outputs.map((port) => `'${port.name}'`).join(' or ') || 'another node: this one has no output'}.`,
      ]);
    const port = inputs.find((candidate) => candidate.name === edge.to.port);
    if (!port)
      return refuse('unknown_port', `'${to.node.name}' has no input '${edge.to.port}'.`, [
        `Connect it to ${inputs.map((input) => `'${input.name}'`).join(' or ') || 'another node: this one has no input'}.`,
      ]);
    const [other = edge] = index.incoming(edge.to.node, port.name);
    if (other === edge || port.isVariadic === true) return [];
    const earlier = index.nodes.get(other.from.node)?.name ?? other.from.node;
    return refuse(
      'port_taken',
      `Input '${port.name}' of '${to.node.name}' takes one edge and has two: from '${earlier}' and from '${from.node.name}'.`,
      ['Remove one of the edges.', 'Join them with an add or concatenate node.'],
    );
  });
}

function checkCycle({ order: { cycle } }: Inference): Problem[] {
  const [first, ...rest] = cycle ?? [];
  const last = rest.at(-1) ?? first;
  if (!first || !last) return [];
  const path = [first, ...rest, first].map((node) => `'${node.name}'`).join(' → ');
  return [
    problem({
      code: 'cycle',
      where: at(first),
      node: first.id,
      message: `The nodes run in a circle: ${path}.`,
      fixes: [
        `Remove the edge from '${last.name}' to '${first.name}'.`,
        'Remove another edge of the circle.',
      ],
    }),
  ];
}

const leading = new WeakMap<
  readonly GraphEdge[],
  { readonly to: string; readonly ids: ReadonlySet<string> }
>();

/** Ids of all nodes that lead to an output node; every node while there is none. Kept while edges and outputs stay. */
function leadingToOutputs({ graph, nodes }: Inference): ReadonlySet<string> {
  const outputs: string[] = [];
  for (const { node, declaration } of nodes.values()) if (isOutputLayer(declaration)) outputs.push(node.id);
  if (outputs.length === 0) return new Set(nodes.keys());
  const to = outputs.join('\n');
  const known = leading.get(graph.edges);
  if (known?.to === to) return known.ids;
  const ids = reachable(graph, outputs, 'backward');
  leading.set(graph.edges, { to, ids });
  return ids;
}

function checkEnds(inference: Inference, used: ReadonlySet<string>): Problem[] {
  const all = [...inference.nodes.values()];
  const hasInput = all.some((node) => isInputLayer(node.declaration));
  const hasOutput = all.some((node) => isOutputLayer(node.declaration));
  const missing = (kind: 'input' | 'output', what: string): Problem =>
    problem({
      code: `missing_${kind}`,
      where: 'graph',
      message: `The graph has no ${kind} node: nothing says ${what}.`,
      expected: `at least one ${kind} node`,
      got: 'none',
      fixes: [`Add an ${kind} node and connect it.`],
    });
  const found = [
    ...(hasInput ? [] : [missing('input', 'where samples come in')]),
    ...(hasOutput ? [] : [missing('output', 'which value is the result')]),
  ];
  if (found.length > 0) return found;
  const unused = all.filter(
    ({ node, inputs }) => !used.has(node.id) && inputs.every(({ source }) => source !== null),
  );
  return unusedParts(unused, used).map(({ id, name }) =>
    problem({
      code: 'unused_node',
      severity: 'warning',
      where: `node '${name}'`,
      node: id,
      message: `'${name}' leads to no output: it is never computed and its parameters never learn.`,
      fixes: ['Connect it towards an output node.', 'Remove it.'],
    }),
  );
}

/** What leads to no output. An instance of a block none of whose layers does is told once, as itself. */
function unusedParts(
  unused: readonly NodeInference[],
  used: ReadonlySet<string>,
): readonly Pick<GraphNode, 'id' | 'name'>[] {
  if (unused.length === 0) return [];
  const instanceOf = (id: string): string => id.slice(0, Math.max(0, id.indexOf(PATH)));
  const needed = new Set([...used].map(instanceOf));
  const parts = unused.map(({ node: { id, name } }) => {
    const instance = instanceOf(id);
    return instance === '' || needed.has(instance) ? { id, name } : { id: instance, name: firstOf(name) };
  });
  return [...new Map(parts.map((part) => [part.id, part])).values()];
}

/** The name of the instance that `stem.0.conv1` lies in. */
const firstOf = (name: string): string => name.slice(0, name.indexOf('.'));

/** An error only where an output waits for it. */
function checkInputs({ node, declaration, inputs }: NodeInference, used: ReadonlySet<string>): Problem[] {
  return inputs
    .filter(
      ({ port, source }) =>
        source === null &&
        !declaration?.inputs.some(({ name, isOptional }) => name === port && isOptional === true),
    )
    .map(({ port }) =>
      problem({
        code: 'unconnected_input',
        severity: used.has(node.id) ? 'error' : 'warning',
        where: at(node),
        node: node.id,
        message: `Input '${port}' of ${declaration ? layerTitle(declaration) : node.layer} '${node.name}' is not connected.`,
        fixes: [`Draw an edge to '${node.name}'.`, `Remove '${node.name}'.`],
      }),
    );
}

function checkParams({ node, declaration, problems }: NodeInference): Problem[] {
  if (!declaration) return [];
  return problems.map((found) =>
    problem({
      code: 'parameter_invalid',
      where: at(node),
      node: node.id,
      message: `${layerTitle(declaration)} '${node.name}', ${sentence(found)}`,
      ...numbers(found),
      fixes: hints(found),
    }),
  );
}

function checkShapes(inference: Inference, inferred: NodeInference): Problem[] {
  const { node, declaration, shapeProblems } = inferred;
  if (!declaration) return [];
  return shapeProblems.map((found) => {
    const isParam = Object.hasOwn(declaration.params, found.where);
    const refs = isParam ? axesOfParam(inferred, found.where) : [];
    const input = isParam ? refs[0]?.input : inputOf(inferred.inputs, found);
    const source =
      inferred.inputs[input ?? -1] ?? (inferred.inputs.length === 1 ? inferred.inputs[0] : undefined);
    const from = source?.source ? inference.nodes.get(source.source.node) : undefined;
    const explained =
      refs.length > 0 && found.got !== undefined ? explainAxes(inference, inferred, refs) : '';
    const told =
      explained !== ''
        ? explained
        : from && source
          ? ` from '${from.node.name}'${carried(found, source)}`
          : '';
    return problem({
      code: 'shape_mismatch',
      where: at(node),
      node: node.id,
      edge: source?.source?.edge.id ?? null,
      message: `${layerTitle(declaration)} '${node.name}', ${sentence(found, told)}`,
      ...numbers(found),
      fixes: rankFixes(inference, inferred, found, refs),
    });
  });
}

/** The input a problem is about: of several edges into one port the one whose shape was told. */
function inputOf(inputs: readonly NodeInput[], { where, got }: LayerProblem): number {
  const told = inputs.findIndex(
    ({ port, shape }) => port === where && shape !== null && got === formatShape(shape),
  );
  return told < 0 ? inputs.findIndex(({ port }) => port === where) : told;
}

/** ` (64×10)` unless the problem's own words show the shape already. */
function carried(found: LayerProblem, { shape }: NodeInput): string {
  const text = shape ? formatShape(shape) : '';
  return text === '' || `${found.message}${found.got ?? ''}`.includes(text) ? '' : ` (${text})`;
}

/** `in_features: expected 100, got 288 = 8·6·6 from 'flatten'.` */
function sentence({ where, message, expected, got }: LayerProblem, told = ''): string {
  const plain =
    message === `${where}: expected ${expected}, got ${got}` ||
    message === `expected ${expected}, got ${got}`;
  if (plain && expected !== undefined && got !== undefined)
    return `${where}: expected ${expected}, got ${got}${told}.`;
  const text = message.startsWith(`${where}:`) ? message : `${where}: ${message}`;
  return `${text.replace(/\.$/, '')}${told === '' ? '' : `;${told.replace(/^ from/, ' the input comes from')}`}.`;
}

function numbers({ expected, got }: LayerProblem): Pick<Problem, 'expected' | 'got'> {
  return { ...(expected === undefined ? {} : { expected }), ...(got === undefined ? {} : { got }) };
}

/** The layer's own hint; without one, what it expected. */
function hints({ where, hint, expected }: LayerProblem): string[] {
  if (hint !== undefined) return [`${capital(hint).replace(/[.?]$/, '')}.`];
  return expected === undefined ? [] : [`Change ${where} or what it gets, so that it is ${expected}.`];
}
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Blank first (it can never be wrong again), then the number that fits, then the node the number came from. */
function rankFixes(
  inference: Inference,
  { node, declaration, params, sizes, ...inferred }: NodeInference,
  found: LayerProblem,
  refs: ReturnType<typeof axesOfParam>,
): string[] {
  const spec = declaration?.params[found.where];
  if (spec?.isInferred !== true) return hints(found);
  const wasTyped = params?.[found.where] !== null && params?.[found.where] !== undefined;
  const own = wasTyped
    ? [
        `Leave ${found.where} of '${node.name}' blank: the input decides it.`,
        `Set ${found.where} of '${node.name}' to ${found.got}.`,
      ]
    : [
        `Take the model back to uninitialized and feed a sample again: '${node.name}' was given ${found.where} = ${String(sizes[found.where])} by an earlier one.`,
      ];
  const origin = originOf(inference, { node, declaration, params, sizes, ...inferred }, refs);
  const upstream = origin ? [`Change '${origin.node.node.name}' so that it gives ${found.expected}.`] : [];
  return [...own, ...upstream];
}
