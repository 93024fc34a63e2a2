// What the last description of a model found out, kept for the next one: after an edit nearly every node says what it said before.
import type { Inference, NodeInference, Sizes } from '#core/graph/infer';
import { hasHadChoices, isBorrowed } from '#core/graph/tensor-options';
import { isLazy, type LayerModule } from '#core/nn/index';
import type { NodeInfo } from '#core/session/session';

import { stateOf } from './states';

/** One layer as it stands; the same object while nothing of it changed. */
export interface LayerState {
  readonly facts: readonly unknown[];
  readonly sizes: Sizes;
}

/** Where an explanation looks nodes up. */
export type Lookup = Pick<Inference['nodes'], 'get'>;

interface Said {
  readonly info: NodeInfo;
  readonly state: LayerState | null;
  /** Every node that was looked up for its words. */
  readonly seen: ReadonlyMap<string, NodeInference | undefined>;
}

/** Good until values change: an edit of the graph leaves it, and what it no longer fits is asked anew. */
export class Memory {
  /** With the sample of the model, of the graph described last. */
  inference: Inference | null = null;
  readonly #layers = new WeakMap<LayerModule, LayerState>();
  readonly #nodes = new WeakMap<NodeInference, Said>();

  /** `sizesOf` is asked where the layer is not as it was. */
  layer(layer: LayerModule, sizesOf: (layer: LayerModule) => Sizes): LayerState {
    const known = this.#layers.get(layer);
    if (known && !hasHadChoices(layer)) return known;
    const facts = factsOf(layer);
    if (known && known.facts.length === facts.length && known.facts.every((fact, at) => fact === facts[at]))
      return known;
    const state = { facts, sizes: sizesOf(layer) };
    this.#layers.set(layer, state);
    return state;
  }

  /** What was said of the node, or what `describe` says of it now. */
  node(
    inferred: NodeInference,
    state: LayerState | null,
    nodes: Lookup,
    describe: (nodes: Lookup) => NodeInfo,
  ): NodeInfo {
    const said = this.#nodes.get(inferred);
    if (said?.state === state && isStill(said.seen, nodes)) return said.info;
    const seen = new Map<string, NodeInference | undefined>();
    const info = describe({
      get(id) {
        const node = nodes.get(id);
        seen.set(id, node);
        return node;
      },
    });
    this.#nodes.set(inferred, { info, state, seen });
    return info;
  }
}

function isStill(seen: Said['seen'], nodes: Lookup): boolean {
  for (const [id, node] of seen) if (nodes.get(id) !== node) return false;
  return true;
}

/** All of a layer that its picture shows and an edit of another node can change: ties and what comes with them. */
function factsOf(layer: LayerModule): unknown[] {
  const facts: unknown[] = [layer.params, layer.provenance];
  for (const { name } of layer.tensorSpecs()) {
    const tensor = layer.tensor(name);
    facts.push(
      tensor,
      tensor !== null && isLazy(tensor),
      tensor?.requiresGrad,
      isBorrowed(layer, name),
      stateOf(layer, name),
    );
  }
  return facts;
}
