// What nodes choose for their tensors (frozen, initializer, tie, group): checked against the graph, and put into effect.
import type { Graph, GraphNode, TensorOptions } from '../document/project';
import type { TensorSpec } from '../layers/declaration';
import { nearest } from '../layers/suggest';
import type { Initializer } from '../nn/initializer';
import { findInitializer, INITIALIZERS } from '../nn/initializers';
import type { LayerModule } from '../nn/layer-module';
import { becomeLazy, isLazyModule } from '../nn/lazy';
import { REGISTRY } from '../nn/registry';
import { isLazy } from '../nn/uninitialized';
import type { Problem } from '../session/session';
import { formatShape, type PartialShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { nodeTensors } from './cost';
import type { Inference, NodeInference } from './infer';

type Draft = Pick<Problem, 'code' | 'where' | 'node' | 'message' | 'fixes'> &
  Partial<Pick<Problem, 'expected' | 'got'>>;

/** The node and tensor that `tied_to` names; null when no node has that name. */
function ownerOf(graph: Graph, key: string): { readonly node: GraphNode; readonly name: string } | null {
  const dot = key.indexOf('.');
  const node = graph.nodes.find((each) => each.name === key.slice(0, dot));
  return dot < 0 || !node ? null : { node, name: key.slice(dot + 1) };
}

const couldBeEqual = (a: PartialShape, b: PartialShape): boolean =>
  a.length === b.length &&
  a.every((size, axis) => size === null || (b[axis] ?? null) === null || size === b[axis]);

/** Everything wrong with the choices of one node. */
export function checkTensors(inference: Inference, inferred: NodeInference): Draft[] {
  const { node } = inferred;
  const specs = nodeTensors(inferred);
  if (specs.length === 0 && inferred.params === null) return [];
  return Object.entries(node.tensors ?? {}).flatMap(([name, options]): Draft[] => {
    const spec = specs.find((each) => each.name === name);
    const names = specs.filter(({ kind }) => kind === 'parameter').map((each) => each.name);
    const about = { code: 'parameter_invalid', where: `node '${node.name}'`, node: node.id };
    if (spec?.kind !== 'parameter')
      return [
        {
          ...about,
          message: `'${node.name}' chooses options for its '${name}', which is no parameter of it.`,
          expected: names.length > 0 ? names.join(', ') : 'no options',
          got: name,
          fixes: [`Take the options of '${name}' away.`],
        },
      ];
    const key = `${node.name}.${name}`;
    const found = [
      checkInitializer(options, spec, key),
      options.tied_to === undefined ? null : checkTie(inference, node, spec, options.tied_to),
    ];
    return found.flatMap((each) => (each === null ? [] : [{ ...about, ...each }]));
  });
}

type Fault = Pick<Draft, 'message' | 'fixes'> & Partial<Draft>;

function checkInitializer({ initializer }: TensorOptions, spec: TensorSpec, key: string): Fault | null {
  if (initializer === undefined) return null;
  const row = findInitializer(initializer.kind);
  const kinds = INITIALIZERS.map(({ kind }) => kind);
  if (!row) {
    const meant = nearest(initializer.kind, kinds);
    return {
      message: `${key}: there is no initializer '${initializer.kind}'.`,
      expected: `one of ${kinds.join(', ')}`,
      got: initializer.kind,
      fixes: meant === null ? [] : [`Did you mean ${meant}?`],
    };
  }
  if (spec.shape.length < row.leastRank)
    return {
      message: `${key}: ${row.kind} needs a tensor of at least ${row.leastRank} axes, and this one has ${formatShape(spec.shape)}.`,
      expected: `${row.leastRank} axes`,
      got: formatShape(spec.shape),
      fixes: ['Choose zeros, constant, uniform or normal.'],
    };
  const wrong = Object.keys(row.numbers).find(
    (name) => initializer[name] !== undefined && !Number.isFinite(initializer[name]),
  );
  if (wrong !== undefined)
    return {
      message: `${key}: ${wrong} of ${row.kind} is no number.`,
      expected: 'a number',
      got: JSON.stringify(initializer[wrong]),
      fixes: [`Leave ${wrong} out: it is then ${row.numbers[wrong]}.`],
    };
  const range = rangeFault(row.make(numbersOf(initializer)));
  return range === null ? null : { message: `${key}: ${range}.`, fixes: [] };
}

/** Numbers with which the fill would be refused. */
function rangeFault(initializer: Initializer): string | null {
  switch (initializer.kind) {
    case 'uniform':
      return initializer.from <= initializer.to ? null : 'uniform needs from at most to';
    case 'normal':
      return initializer.std >= 0 ? null : 'normal needs a std of at least 0';
    case 'trunc_normal':
      return initializer.a < initializer.b && initializer.std > 0
        ? null
        : 'trunc_normal needs a below b and a std above 0';
    default:
      return null;
  }
}

function checkTie(inference: Inference, node: GraphNode, spec: TensorSpec, to: string): Fault | null {
  const key = `${node.name}.${spec.name}`;
  const fixes = [`Take the tie of ${key} away.`];
  const owner = ownerOf(inference.graph, to);
  const source = owner ? inference.nodes.get(owner.node.id) : undefined;
  const other = source && nodeTensors(source).find(({ name }) => name === owner?.name);
  if (!owner || other?.kind !== 'parameter')
    return { message: `${key} is tied to '${to}', which is no parameter of the graph.`, got: to, fixes };
  if (to === key) return { message: `${key} is tied to itself.`, got: to, fixes };
  const further = owner.node.tensors?.[owner.name]?.tied_to;
  if (further !== undefined)
    return {
      message: `${key} is tied to ${to}, which is tied itself.`,
      got: to,
      fixes: [`Tie it to ${further}.`, ...fixes],
    };
  if (couldBeEqual(spec.shape, other.shape)) return null;
  const [expected, got] = [formatShape(spec.shape), formatShape(other.shape)];
  return {
    code: 'shape_mismatch',
    message: `${key} is tied to ${to}, but it has the shape ${expected} and ${to} has ${got}.`,
    expected,
    got,
    fixes,
  };
}

const numbersOf = ({ kind: _, ...rest }: NonNullable<TensorOptions['initializer']>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );

/** The initializers a node chooses, by tensor name; those that do not fit are left out. */
export function chosenInitializers(
  { tensors = {} }: GraphNode,
  specs: readonly TensorSpec[],
): Readonly<Record<string, Initializer>> {
  const chosen = specs.flatMap((spec): [string, Initializer][] => {
    const initializer = spec.kind === 'parameter' ? tensors[spec.name]?.initializer : undefined;
    const row = initializer && findInitializer(initializer.kind);
    if (!row || checkInitializer({ initializer }, spec, '') !== null) return [];
    return [[spec.name, row.make(numbersOf(initializer))]];
  });
  return Object.fromEntries(chosen);
}

/** Names of the tensors a layer has from another one; it must not free them. */
const borrowed = new WeakMap<LayerModule, Set<string>>();
export const isBorrowed = (layer: LayerModule, name: string): boolean =>
  borrowed.get(layer)?.has(name) ?? false;

/** Puts the choices of all nodes into effect: initializers, ties (one object under both names), then what is frozen. */
export function applyTensorOptions(graph: Graph, layers: ReadonlyMap<string, LayerModule>): void {
  const all = graph.nodes.flatMap((node) => {
    const layer = layers.get(node.id);
    return layer ? [{ node, layer, specs: layer.tensorSpecs() }] : [];
  });
  for (const { node, layer, specs } of all) layer.initializers = chosenInitializers(node, specs);
  const ties = all.flatMap(({ node, layer, specs }) =>
    specs.map((spec) => ({ layer, spec, source: sourceOf(graph, layers, node, layer, spec) })),
  );
  for (const { layer, spec, source } of ties)
    if (!source && isBorrowed(layer, spec.name)) giveBack(layer, spec.name);
  for (const { layer, spec, source } of ties) if (source) borrow(layer, spec, source);
  freeze(all);
}

interface Source {
  readonly layer: LayerModule;
  readonly spec: TensorSpec;
}

function sourceOf(
  graph: Graph,
  layers: ReadonlyMap<string, LayerModule>,
  node: GraphNode,
  layer: LayerModule,
  spec: TensorSpec,
): Source | null {
  const tied = node.tensors?.[spec.name]?.tied_to;
  const owner = tied === undefined ? null : ownerOf(graph, tied);
  const source = owner ? layers.get(owner.node.id) : undefined;
  const other = source?.tensorSpecs().find(({ name }) => name === owner?.name);
  if (!owner || !source || spec.kind !== 'parameter' || other?.kind !== 'parameter') return null;
  if (owner.node.tensors?.[owner.name]?.tied_to !== undefined) return null;
  if (source.tensor(other.name) === null || (source === layer && other.name === spec.name)) return null;
  // The spec's own shape and not the tensor's: a borrowed one would always agree.
  return couldBeEqual(spec.shape, source.partialShapeOf(other.name) ?? other.shape)
    ? { layer: source, spec: other }
    : null;
}

function borrow(layer: LayerModule, { name }: TensorSpec, source: Source): void {
  const shared = source.layer[REGISTRY].parameters.get(source.spec.name) ?? null;
  const own = layer.tensor(name);
  if (shared === null) return;
  if (own !== null && own !== shared && !isLazy(own) && !isBorrowed(layer, name)) own.storage.dispose();
  layer[REGISTRY].parameters.set(name, shared);
  borrowed.set(layer, (borrowed.get(layer) ?? new Set()).add(name));
  // Whichever of the two is reached first draws the values, in the way of the one that owns the tensor.
  const initializer = source.layer.initializers[source.spec.name] ?? source.spec.initializer;
  if (!('fanOf' in initializer) && !('of' in initializer))
    layer.initializers = { ...layer.initializers, [name]: initializer };
  if (isLazy(shared) && !isLazyModule(layer)) becomeLazy(layer);
}

function giveBack(layer: LayerModule, name: string): void {
  borrowed.get(layer)?.delete(name);
  layer.renewTensor(name);
}

function freeze(all: readonly { readonly node: GraphNode; readonly layer: LayerModule }[]): void {
  const frozen = new Set<Tensor>();
  for (const { node, layer } of all)
    for (const [name, options] of Object.entries(node.tensors ?? {})) {
      const tensor = layer[REGISTRY].parameters.get(name) ?? null;
      if (options.frozen === true && tensor !== null) frozen.add(tensor);
    }
  for (const { layer } of all)
    for (const tensor of layer[REGISTRY].parameters.values())
      if (tensor !== null && tensor.requiresGrad === frozen.has(tensor))
        tensor.requiresGrad = !frozen.has(tensor);
}

/** The optimizer group of each parameter that chooses one, by state-dict key. */
export function tensorGroups(graph: Graph): ReadonlyMap<string, string> {
  return new Map(
    graph.nodes.flatMap(({ name: node, tensors = {} }) =>
      Object.entries(tensors).flatMap(([name, { group }]): [string, string][] =>
        group === undefined ? [] : [[`${node}.${name}`, group]],
      ),
    ),
  );
}
