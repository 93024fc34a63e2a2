// The layers of an open project by node id: made, kept while layer and params stay, set aside when a node goes, and freed.
import type { Graph, GraphNode } from '#core/document/project';
import { COPY } from '#core/graph/break-up';
import { isSharing, PATH } from '#core/graph/flatten';
import { GraphModule, planOf, type Plan } from '#core/graph/graph-module';
import { isTieable } from '#core/graph/parametrizations';
import { parametrizationsOf, resolveNode } from '#core/graph/resolve';
import { chosenInitializers, hasHadChoices, isBorrowed } from '#core/graph/tensor-options';
import {
  createLayerModule,
  hasUninitializedParams,
  isLazy,
  type Generator,
  type LayerModule,
  type LayerParams,
  type StepQueue,
} from '#core/nn/index';
import { pendingData } from '#core/nn/uninitialized';
import { LABEL } from '#core/nn/registry';
import type { DType } from '#core/tensor/dtype';
import type { Storage } from '#core/tensor/storage';
import type { Turned } from '#core/turns';

import { carryOver } from './reparametrize';

/** Layers set aside for undo: a node that comes back finds its tensors again. */
const MAX_ASIDE = 64;

const sorted = (record: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The layer and its params, however it learns its weights. */
const baseSignatureOf = (node: GraphNode): string => `${node.id}\n${node.layer}\n${sorted(node.params)}`;

/** What decides whether tensors may stay: the layer, its params and how it learns its weights. The name may change. */
export const signatureOf = (node: GraphNode): string =>
  `${baseSignatureOf(node)}\n${sorted(parametrizationsOf(node))}`;

interface Kept {
  /** Whose signature it is: the very same node need not be looked into again. */
  readonly node: GraphNode;
  readonly signature: string;
  readonly layer: LayerModule;
}

const keptFor = (node: GraphNode, layer: LayerModule): Kept => ({
  node,
  signature: signatureOf(node),
  layer,
});
const isOf = (kept: Kept, node: GraphNode): boolean =>
  kept.node === node || kept.signature === signatureOf(node);

export class LayerSet {
  readonly #layers = new Map<string, Kept>();
  readonly #aside = new Map<string, LayerModule>();
  #graph: Graph = { nodes: [], edges: [] };
  #plan: Plan | null = null;
  #module: GraphModule | null = null;
  /** The node each layer was labelled after. */
  readonly #labels = new WeakMap<LayerModule, GraphNode>();

  constructor(
    readonly dtype: DType,
    /** Draws the first values of layers whose sizes are all given. */
    public generator: Generator,
    /** Where first values wait until `run`; without it they are drawn at once. */
    readonly queue: StepQueue | null = null,
  ) {
    generator.pending = queue;
  }

  get graph(): Graph {
    return this.#graph;
  }
  /** How the layers run; made anew after every change. */
  get plan(): Plan {
    this.#plan ??= planOf(this.#graph, this.#make);
    return this.#plan;
  }
  /** The layers as one module, made when it is asked for after a change. */
  get module(): GraphModule {
    this.#module ??= new GraphModule(this.#graph, this.#make, this.plan);
    return this.#module;
  }
  layer(nodeId: string): LayerModule | null {
    return this.#layers.get(nodeId)?.layer ?? null;
  }
  /** Nodes with their layers, in the order of the file. */
  entries(): readonly (readonly [GraphNode, LayerModule])[] {
    return this.#graph.nodes.flatMap((node) => {
      const layer = this.layer(node.id);
      return layer ? [[node, layer] as const] : [];
    });
  }

  /**
   * Takes an edited graph. Layers whose node is gone or changed are set aside; one whose weights are only
   * learned in another way goes on with the same weights. Returns true when any layer changed.
   */
  update(graph: Graph): boolean {
    const wanted = new Map(graph.nodes.map((node) => [node.id, node]));
    const renewed: LayerModule[] = [];
    let hasChanged = !hasSameOptions(graph, this.#graph);
    for (const [id, kept] of this.#layers) {
      const node = wanted.get(id);
      if (node && isOf(kept, node)) continue;
      this.#layers.delete(id);
      hasChanged = true;
      const { params } = node ? resolveNode(node) : { params: null };
      if (node && params && kept.signature.startsWith(`${baseSignatureOf(node)}\n`)) {
        const layer = this.make(node, params, null);
        carryOver(kept.layer, layer);
        this.#layers.set(id, keptFor(node, layer));
        renewed.push(kept.layer);
      } else this.#setAside(kept);
    }
    this.#graph = graph;
    const before = this.#layers.size;
    this.#planAnew();
    for (const [node, layer] of this.entries())
      if (this.#labels.get(layer) !== node || hasHadChoices(layer)) this.#label(node, layer);
    renewed.forEach(disposeLayer);
    return hasChanged || this.#layers.size !== before;
  }

  /**
   * Makes every layer anew from `generator`, in the order of the file: what constructing the module in PyTorch does. The old ones
   * stay until all new ones are there.
   */
  *rebuild(generator: Generator): Turned<void> {
    generator.pending = this.queue;
    const made = new Map<string, Kept>();
    try {
      for (const node of this.#graph.nodes) {
        if (!this.#layers.has(node.id)) continue;
        const { params } = resolveNode(node);
        if (params) made.set(node.id, keptFor(node, this.make(node, params, generator)));
        yield;
      }
    } catch (error) {
      for (const { layer } of made.values()) disposeLayer(layer);
      throw error;
    }
    this.generator = generator;
    for (const { layer } of this.#layers.values()) disposeLayer(layer);
    this.#layers.clear();
    for (const [id, kept] of made) this.#layers.set(id, kept);
    this.refresh();
  }

  /** Puts another layer in a node's place; the old one is freed. */
  replace(node: GraphNode, layer: LayerModule): void {
    const old = this.#layers.get(node.id);
    if (old && old.layer !== layer) disposeLayer(old.layer);
    this.#layers.set(node.id, keptFor(node, layer));
    this.#plan = null;
    this.#module = null;
  }

  /**
   * A layer of the node's params, uninitialized where sizes are blank; it belongs to nobody yet. Without a generator, and where
   * it uses the weights of another instance of its block, its values are left to be written.
   */
  make(node: GraphNode, params: LayerParams, generator: Generator | null): LayerModule {
    const { declaration } = resolveNode(node);
    if (!declaration) throw new Error(`a layer was made for the unknown kind ${node.layer}`);
    const specs = declaration.tensors?.(params) ?? [];
    const layer = createLayerModule(declaration, params, {
      generator: generator ?? this.generator,
      isBare: generator === null || (isSharing(node) && specs.every(isTieable)),
      dtype: this.dtype,
      name: node.name,
      initializers: chosenInitializers(node, specs),
    });
    keepPlaceholders(layer);
    return layer;
  }

  dispose(): void {
    for (const { layer } of this.#layers.values()) disposeLayer(layer);
    for (const layer of this.#aside.values()) disposeLayer(layer);
    this.#layers.clear();
    this.#aside.clear();
    this.#plan = null;
    this.#module = null;
  }

  /** After layers were replaced: what nodes choose for their tensors comes into effect on them. */
  refresh(): void {
    this.#planAnew();
    for (const [node, layer] of this.entries()) this.#label(node, layer);
  }

  #planAnew(): void {
    this.#module = null;
    this.#plan = null;
    void this.plan;
  }

  #label(node: GraphNode, layer: LayerModule): void {
    this.#labels.set(layer, node);
    layer[LABEL] = node.name;
    keepPlaceholders(layer);
  }

  readonly #make = (node: GraphNode, params: LayerParams): LayerModule => {
    const kept = this.#layers.get(node.id);
    if (kept && isOf(kept, node)) {
      if (kept.node !== node) this.#layers.set(node.id, { ...kept, node });
      return kept.layer;
    }
    const signature = signatureOf(node);
    const from = this.#aside.has(signature) ? signature : this.#movedFrom(node, signature);
    const aside = from === null ? undefined : this.#aside.get(from);
    if (from !== null) this.#aside.delete(from);
    const layer = aside ?? this.make(node, params, this.generator);
    this.#layers.set(node.id, { node, signature, layer });
    return layer;
  };

  /** A layer that went into a block or came out of one keeps its tensors: its path loses or gains a step. */
  #movedFrom(node: GraphNode, signature: string): string | null {
    const rest = signature.slice(node.id.length);
    for (const other of this.#aside.keys()) {
      const id = other.slice(0, other.indexOf('\n'));
      const hasCrossed = unpacked(id).includes(node.id) || unpacked(node.id).includes(id);
      if (hasCrossed && other.slice(id.length) === rest) return other;
    }
    return null;
  }

  #setAside({ signature, layer }: Kept): void {
    const before = this.#aside.get(signature);
    if (before) disposeLayer(before);
    this.#aside.delete(signature);
    this.#aside.set(signature, layer);
    for (const [oldest, stale] of this.#aside) {
      if (this.#aside.size <= MAX_ASIDE) break;
      disposeLayer(stale);
      this.#aside.delete(oldest);
    }
  }
}

/** The ids that a layer has once a block around it is broken up: `n5/0/n2` becomes `n2`, the next copy's `n2.1`. */
function unpacked(id: string): readonly string[] {
  const parts = id.split(PATH);
  return parts.slice(2).flatMap((part, at) => {
    if (at % 2 === 1) return [];
    const copy = parts[at + 1] ?? '0';
    const own = copy === '0' ? part : part + COPY + copy;
    return [[...parts.slice(0, at), own, ...parts.slice(at + 3)].join(PATH)];
  });
}

/** The empty storages that uninitialized tensors hold; undoing a materialization needs them as long as the layer lives. */
const placeholders = new WeakMap<LayerModule, Set<Storage>>();

function keepPlaceholders(layer: LayerModule): void {
  const kept = placeholders.get(layer) ?? new Set();
  for (const { name } of layer.tensorSpecs()) {
    const tensor = layer.tensor(name);
    if (isLazy(tensor) && !isBorrowed(layer, name)) kept.add(pendingData(tensor).storage);
  }
  placeholders.set(layer, kept);
}

/** Whether two lists hold the same, item by item; what is the very same object in both is not looked into. */
export const isSameBy = <T>(a: readonly T[], b: readonly T[], what: (item: T) => unknown): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every((item, at) => {
      const other = b[at];
      return (
        item === other || (other !== undefined && JSON.stringify(what(item)) === JSON.stringify(what(other)))
      );
    }));

/** Whether the nodes of two graphs choose the same for their tensors. */
const hasSameOptions = (a: Graph, b: Graph): boolean =>
  isSameBy(a.nodes, b.nodes, ({ id, tensors }) => (tensors === undefined ? [] : [id, tensors]));

/** Frees a layer's native tensors; it must not be used again. */
export function disposeLayer(layer: LayerModule): void {
  for (const storage of placeholders.get(layer) ?? []) storage.dispose();
  for (const { name } of layer.tensorSpecs()) {
    const tensor = layer.tensor(name);
    if (tensor && !isLazy(tensor) && !isBorrowed(layer, name)) tensor.storage.dispose();
  }
}

export const isUninitialized = (layer: LayerModule): boolean => hasUninitializedParams(layer);
