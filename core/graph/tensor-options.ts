// What nodes choose for their tensors (frozen, initializer, tie, group) put into effect; the checks are tensor-checks.
import type { Graph, GraphNode } from '../document/project';
import type { TensorSpec } from '../layers/declaration';
import type { Initializer } from '../nn/initializer';
import { findInitializer } from '../nn/initializers';
import type { LayerModule } from '../nn/layer-module';
import { becomeLazy, isLazyModule } from '../nn/lazy';
import { Parameter } from '../nn/parameter';
import { REGISTRY } from '../nn/registry';
import { isLazy } from '../nn/uninitialized';
import type { Tensor } from '../tensor/tensor';
import { isTieable } from './parametrizations';
import { resolveNode } from './resolve';
import { checkInitializer, choicesFor, couldBeEqual, numbersOf, ownerOf } from './tensor-checks';

/** The initializers a node chooses, by tensor name; those that do not fit are left out. */
export function chosenInitializers(
  node: GraphNode,
  specs: readonly TensorSpec[],
): Readonly<Record<string, Initializer>> {
  const chosen = specs.flatMap((spec): [string, Initializer][] => {
    const initializer = spec.kind === 'parameter' ? choicesFor(node, spec).initializer : undefined;
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
    if (!layer) return [];
    // Where nothing is chosen or ever was, all is as it was made.
    if (node.tensors !== undefined) hadChoices.add(layer);
    return hadChoices.has(layer) ? [{ node, layer, specs: layer.tensorSpecs() }] : [];
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

/** Layers whose tensors were chosen for, or lent to another one. */
const hadChoices = new WeakSet<LayerModule>();
export const hasHadChoices = (layer: LayerModule): boolean => hadChoices.has(layer);

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
  if (!owner || !source || !other || !isTieable(spec) || spec.kind !== other.kind) return null;
  if (owner.node.tensors?.[owner.name]?.tied_to !== undefined) return null;
  if (source.tensor(other.name) === null || (source === layer && other.name === spec.name)) return null;
  // The spec's own shape and not the tensor's: a borrowed one would always agree.
  return couldBeEqual(spec.shape, source.partialShapeOf(other.name) ?? other.shape)
    ? { layer: source, spec: other }
    : null;
}

function borrow(layer: LayerModule, { name }: TensorSpec, source: Source): void {
  const { parameters, buffers } = layer[REGISTRY];
  const shared = source.layer.tensor(source.spec.name);
  const own = layer.tensor(name);
  if (shared === null) return;
  hadChoices.add(source.layer);
  if (own !== null && own !== shared && !isLazy(own) && !isBorrowed(layer, name)) own.storage.dispose();
  if (shared instanceof Parameter) parameters.set(name, shared);
  else buffers.set(name, shared);
  borrowed.set(layer, (borrowed.get(layer) ?? new Set()).add(name));
  // Whichever of the two is reached first draws the values, in the way of the one that owns the tensor.
  const initializer = source.layer.initializers[source.spec.name] ?? source.spec.initializer;
  if (!('fanOf' in initializer) && !('of' in initializer))
    layer.initializers = { ...layer.initializers, [name]: initializer };
  if (isLazy(shared) && !isLazyModule(layer)) becomeLazy(layer);
}

function giveBack(layer: LayerModule, name: string): void {
  borrowed.get(layer)?.delete(name);
  layer.partTensor(name);
}

function freeze(
  all: readonly {
    readonly node: GraphNode;
    readonly layer: LayerModule;
    readonly specs: readonly TensorSpec[];
  }[],
): void {
  const frozen = new Set<Tensor>();
  for (const { node, layer, specs } of all)
    for (const spec of specs) {
      const tensor = layer[REGISTRY].parameters.get(spec.name) ?? null;
      if (choicesFor(node, spec).frozen === true && tensor !== null) frozen.add(tensor);
    }
  for (const { layer } of all)
    for (const tensor of layer[REGISTRY].parameters.values())
      if (tensor !== null && tensor.requiresGrad === frozen.has(tensor))
        tensor.requiresGrad = !frozen.has(tensor);
}

/** The optimizer group of each parameter that chooses one, by state-dict key. */
export function tensorGroups(graph: Graph): ReadonlyMap<string, string> {
  return new Map(
    graph.nodes.flatMap((node) => {
      if (node.tensors === undefined) return [];
      const { declaration, params } = resolveNode(node);
      const specs = params ? (declaration?.tensors?.(params) ?? []) : [];
      return specs.flatMap((spec): [string, string][] => {
        const { group } = spec.kind === 'parameter' ? choicesFor(node, spec) : {};
        return group === undefined ? [] : [[`${node.name}.${spec.name}`, group]];
      });
    }),
  );
}
