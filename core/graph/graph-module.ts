// A graph as a module: its layers are children under their nodes' names, its forward runs them in running order.
import type { Graph, GraphEdge, GraphNode } from '../document/project';
import { assert, LazuliError } from '../errors';
import { outputPorts } from '../layers/declaration';
import type { LayerModule, LayerParams } from '../nn/layer-module';
import { Module } from '../nn/module';
import { withOrigin } from '../tensor/origin';
import type { Tensor } from '../tensor/tensor';
import { drain, type Turned } from '../turns';
import { portsInUse } from './infer';
import { pathFault } from './names';
import { indexGraph, reachable, topologicalOrder } from './order';
import { applyTensorOptions } from './tensor-options';
import { isInputLayer, isOutputLayer, resolveNode } from './resolve';

/** Tensors by the name of an input or output node. */
export type Named = Readonly<Record<string, Tensor>>;

/** One node as it runs: where its inputs come from, and its layer (null for the ends of the graph). */
export interface Step {
  readonly node: GraphNode;
  readonly kind: 'input' | 'layer' | 'output';
  /** null for an optional input without a value, before one that has. */
  readonly sources: readonly ({ readonly node: string; readonly output: number } | null)[];
}

export interface RunOptions {
  /** Compute only what leads to an output. Default true; feeding a sample also reaches side branches. */
  readonly onlyUsed?: boolean;
  /** Gets what each node gives, as it is computed. */
  readonly onNode?: (node: string, values: readonly Tensor[]) => void;
}

/** `make` gives the layer of a node, new or kept from before; it is called in the order of the file. */
export type MakeLayer = (node: GraphNode, params: LayerParams) => LayerModule;

/** What a GraphModule knows beside its children. Under a symbol, so that a node may have any name. */
export const PLAN = Symbol('plan');

export interface Plan {
  readonly graph: Graph;
  /** Layers by node id, also those that cannot run. */
  readonly layers: ReadonlyMap<string, LayerModule>;
  /** Names of the ends that can run, in running order. */
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly steps: readonly Step[];
  /** Ids of what leads to an output. */
  readonly used: ReadonlySet<string>;
}

/** Makes the layers and puts into effect what nodes choose for their tensors. */
export function planOf(graph: Graph, make: MakeLayer): Plan {
  const layers = new Map<string, LayerModule>();
  for (const { node, declaration, params } of graph.nodes.map(resolveNode)) {
    if (!declaration || !params || isInputLayer(declaration) || isOutputLayer(declaration)) continue;
    layers.set(node.id, make(node, params));
  }
  applyTensorOptions(graph, layers);
  return new LayersPlan(graph, layers);
}

/** What can run is found out when it is asked for, apart from the making of the layers. */
class LayersPlan implements Plan {
  #steps: readonly Step[] | null = null;
  #used: ReadonlySet<string> | null = null;

  constructor(
    readonly graph: Graph,
    readonly layers: ReadonlyMap<string, LayerModule>,
  ) {}

  get steps(): readonly Step[] {
    return (this.#steps ??= runnableSteps(this.graph, this.layers));
  }
  get used(): ReadonlySet<string> {
    this.#used ??= reachable(
      this.graph,
      this.#ends('output').map(({ id }) => id),
      'backward',
    );
    return this.#used;
  }
  get inputNames(): readonly string[] {
    return this.#ends('input').map(({ name }) => name);
  }
  get outputNames(): readonly string[] {
    return this.#ends('output').map(({ name }) => name);
  }

  #ends(kind: Step['kind']): readonly GraphNode[] {
    return this.steps.filter((step) => step.kind === kind).map(({ node }) => node);
  }
}

/** The weights of a graph: state-dict keys are `<node name>.<tensor name>`, in the order of the file. */
export class GraphModule extends Module {
  declare readonly [PLAN]: Plan;

  /** Leaves out nodes that cannot run: unknown layers, refused params, missing inputs, cycles, and what hangs behind them. */
  constructor(graph: Graph, make: MakeLayer, plan = planOf(graph, make)) {
    super();
    for (const node of graph.nodes) {
      const layer = plan.layers.get(node.id);
      // A name that is taken or no name is a problem the graph reports; such a node's weights have no key meanwhile.
      if (layer && pathFault(node) === null) register(this, node.name.split('.'), layer);
    }
    Object.assign(this, { [PLAN]: plan });
  }

  /** Runs the graph: tensors by input node name in, by output node name out. Errors name the node. */
  override forward(inputs: Named, options: RunOptions = {}): Named {
    return drain(forwardInTurns(this, inputs, options));
  }
}

/** `forward` with a turn per node. Not a method: a node may have any name that is no attribute of PyTorch's modules. */
export function* forwardInTurns(
  module: GraphModule,
  inputs: Named,
  { onlyUsed = true, onNode }: RunOptions = {},
): Turned<Named> {
  const { steps, used, layers } = module[PLAN];
  const values = new Map<string, readonly Tensor[]>();
  const outputs: Record<string, Tensor> = {};
  for (const step of steps) {
    if (onlyUsed && !used.has(step.node.id)) continue;
    const given = step.sources.map((source) => source && values.get(source.node)?.[source.output]);
    const known = given.filter((tensor) => tensor !== undefined);
    if (known.length < given.length) continue;
    if (step.kind === 'input') {
      const fed = inputs[step.node.name];
      if (fed === undefined) throw missingInput(step.node.name, Object.keys(inputs));
      values.set(step.node.id, [fed]);
    } else if (step.kind === 'output') {
      const [value] = known;
      assert(value, 'an output node without an input was run');
      outputs[step.node.name] = value;
    } else
      values.set(
        step.node.id,
        withOrigin({ phase: 'forward', node: step.node.id }, () =>
          runLayer(layers.get(step.node.id), step.node, known),
        ),
      );
    onNode?.(step.node.id, values.get(step.node.id) ?? known.filter((tensor) => tensor !== null));
    yield;
  }
  return outputs;
}

/** Gives every layer the random state of a training step, or takes it away. */
export function setRandom(module: GraphModule, random: LayerModule['random']): void {
  for (const layer of module[PLAN].layers.values()) layer.random = random;
}

/** Layers inside blocks are children of children, as in PyTorch's nested modules; a name that is taken is left alone. */
function register(parent: Module, [name = '', ...rest]: readonly string[], layer: LayerModule): void {
  if (rest.length === 0) {
    if (!(name in parent)) parent.registerModule(name, layer);
    return;
  }
  const there: unknown = Reflect.get(parent, name);
  if (there === undefined) parent.registerModule(name, new Module());
  const child: unknown = there ?? Reflect.get(parent, name);
  if (child instanceof Module) register(child, rest, layer);
}

function runLayer(
  layer: LayerModule | undefined,
  { name }: GraphNode,
  inputs: readonly (Tensor | null)[],
): readonly Tensor[] {
  assert(layer !== undefined, 'a step without a layer');
  try {
    return layer.run(inputs);
  } catch (error) {
    if (!(error instanceof LazuliError) || error.details.where?.includes(`'${name}'`) === true) throw error;
    throw new LazuliError(error.code, error.message, { ...error.details, where: `node '${name}'` });
  }
}

const missingInput = (name: string, given: readonly string[]): LazuliError =>
  new LazuliError('usage', `nothing was given for the input '${name}'`, {
    where: `node '${name}'`,
    expected: `a tensor for '${name}'`,
    got: given.length > 0 ? given.join(', ') : 'none',
  });

/** How a node runs, and what that was found out from. */
interface KnownStep {
  readonly step: Step;
  readonly incoming: readonly GraphEdge[];
  readonly sources: readonly GraphNode[];
}
const knownSteps = new WeakMap<GraphNode, KnownStep>();

function runnableSteps(graph: Graph, layers: ReadonlyMap<string, LayerModule>): Step[] {
  const index = indexGraph(graph);
  const ready = new Set<string>();
  return topologicalOrder(graph).nodes.flatMap((node): Step[] => {
    const { declaration } = resolveNode(node);
    if (!declaration) return [];
    const kind = isInputLayer(declaration) ? 'input' : isOutputLayer(declaration) ? 'output' : 'layer';
    if (kind === 'layer' && !layers.has(node.id)) return [];
    const incoming = index.incoming(node.id);
    const known = knownSteps.get(node);
    if (known?.incoming === incoming && known.sources.every((from) => index.nodes.get(from.id) === from)) {
      if (!known.sources.every(({ id }) => ready.has(id))) return [];
      ready.add(node.id);
      return [known.step];
    }
    const froms: GraphNode[] = [];
    const sources: Step['sources'][number][] = [];
    for (const port of declaration.inputs.slice(0, portsInUse(node, declaration, index))) {
      const edges = index.incoming(node.id, port.name);
      for (const edge of port.isVariadic === true ? edges : edges.slice(0, 1)) {
        const from = index.nodes.get(edge.from.node);
        const source = from ? resolveNode(from) : null;
        const outputs = outputPorts(source?.declaration, source?.params ?? null);
        const output = outputs.findIndex(({ name }) => name === edge.from.port);
        if (!from || output < 0 || !ready.has(from.id)) return [];
        sources.push({ node: from.id, output });
        froms.push(from);
      }
      if (edges.length > 0) continue;
      if (port.isOptional !== true) return [];
      sources.push(null);
    }
    ready.add(node.id);
    const step: Step = { node, kind, sources };
    knownSteps.set(node, { step, incoming, sources: froms });
    return [step];
  });
}
