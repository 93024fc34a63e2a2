// Parameter values at one moment: what undo across a materialization or a training run restores. They share the model's memory
// until it is written, so that taking and restoring them costs nothing, however large the model.
import type { GraphNode } from '#core/document/project';
import { resolveNode } from '#core/graph/resolve';
import { isBorrowed } from '#core/graph/tensor-options';
import { finishLazy, isLazy, isLazyModule, type LayerModule, type LayerParams } from '#core/nn/index';
import { materializeWith } from '#core/nn/uninitialized';
import type { Shape } from '#core/tensor/shape';
import type { Storage } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';
import type { Turned } from '#core/turns';

import { disposeLayer, signatureOf, type LayerSet } from './layer-set';
import { setState, stateOf, type TensorState } from './states';

interface SavedTensor {
  readonly data: Tensor;
  readonly state: TensorState | null;
}

interface SavedLayer {
  readonly signature: string;
  /** With the sizes that were found. */
  readonly params: LayerParams;
  readonly provenance: LayerModule['provenance'];
  readonly isLazy: boolean;
  /** null for an uninitialized tensor. */
  readonly tensors: ReadonlyMap<string, SavedTensor | null>;
}

/** A view of other memory that lies in it as `tensor` lies in its own. */
const viewOf = ({ dtype, shape, strides, offset }: Tensor, storage: Storage): Tensor =>
  new Tensor(storage, { dtype, shape, strides, offset });

export class Snapshot {
  readonly #layers = new Map<string, SavedLayer>();
  /** The model's storages and what is kept of them. */
  readonly #kept = new Map<Storage, Storage>();

  /** Keeps every tensor of the model. */
  constructor(set: LayerSet) {
    for (const [node, layer] of set.entries()) this.#layers.set(node.id, this.#save(node, layer));
  }

  /** What its values take once the model's are written. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#kept.values()) sum += bytes;
    return sum;
  }
  get storages(): readonly Storage[] {
    return [...this.#kept.values()];
  }
  layer(nodeId: string): SavedLayer | null {
    return this.#layers.get(nodeId) ?? null;
  }
  dispose(): void {
    for (const storage of this.#kept.values()) storage.dispose();
    this.#kept.clear();
  }

  #save(node: GraphNode, layer: LayerModule): SavedLayer {
    const tensors = new Map<string, SavedTensor | null>();
    for (const { name } of layer.tensorSpecs()) {
      const tensor = layer.tensor(name);
      if (!tensor || isBorrowed(layer, name)) continue;
      if (isLazy(tensor)) tensors.set(name, null);
      else tensors.set(name, { data: this.#keep(tensor), state: stateOf(layer, name) });
    }
    return {
      signature: signatureOf(node),
      params: layer.params,
      provenance: layer.provenance,
      isLazy: isLazyModule(layer),
      tensors,
    };
  }
  #keep(tensor: Tensor): Tensor {
    const kept = this.#kept.get(tensor.storage) ?? tensor.storage.copy();
    this.#kept.set(tensor.storage, kept);
    return viewOf(tensor, kept);
  }
}

/** Layers with the values of a snapshot; nobody sees them before `replace`. */
export interface Restoration {
  /** Puts the layers in their nodes' places, all at once. */
  replace(): void;
  /** Frees them instead. */
  dispose(): void;
}

/** Makes the layers of every node whose layer and params are what they were; the others will stay as they are. */
export function* restorationOf(set: LayerSet, snapshot: Snapshot): Turned<Restoration> {
  const made: (readonly [GraphNode, LayerModule])[] = [];
  const copies = new Map<Storage, Storage>();
  const dispose = (): void => {
    for (const [, layer] of made) disposeLayer(layer);
  };
  try {
    for (const [node] of set.entries()) {
      const saved = snapshot.layer(node.id);
      if (saved?.signature !== signatureOf(node)) continue;
      const { params } = resolveNode(node);
      const layer = set.make(node, params ?? saved.params, null);
      made.push([node, layer]);
      fill(layer, saved, copies);
      yield;
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    dispose,
    replace() {
      for (const [node, layer] of made) set.replace(node, layer);
      set.refresh();
    },
  };
}

function fill(layer: LayerModule, saved: SavedLayer, copies: Map<Storage, Storage>): void {
  for (const [name, tensor] of saved.tensors) {
    const target = layer.tensor(name);
    if (!target || !tensor) continue;
    const { storage } = tensor.data;
    const copy = copies.get(storage) ?? storage.copy();
    copies.set(storage, copy);
    const data = viewOf(tensor.data, copy);
    if (isLazy(target)) materializeWith(target, data);
    else {
      target.storage.dispose();
      target.setData(data);
    }
    if (tensor.state) setState(layer, name, tensor.state);
  }
  layer.params = saved.params;
  layer.provenance = saved.provenance;
  if (!saved.isLazy && isLazyModule(layer)) finishLazy(layer);
}

/** What a session knows at one revision. */
export interface Remembered {
  readonly values: Snapshot;
  readonly sample: Readonly<Record<string, Shape>>;
  readonly unreached: readonly string[];
  readonly isPristine: boolean;
}

/** Snapshots by revision, the oldest dropped past a number and an amount of memory. */
export class History {
  readonly #snapshots = new Map<number, Remembered>();
  #bytes = 0;

  constructor(
    readonly most = 32,
    readonly mostBytes = 512 * 1024 * 1024,
  ) {}

  get(revision: number): Remembered | null {
    return this.#snapshots.get(revision) ?? null;
  }
  /** Takes the snapshot over: it is disposed when it is dropped. */
  add(revision: number, snapshot: Remembered): void {
    this.#remove(revision);
    this.#snapshots.set(revision, snapshot);
    this.#bytes += snapshot.values.bytes;
    for (const oldest of this.#snapshots.keys()) {
      const isSmall = this.#snapshots.size <= this.most && this.#bytes <= this.mostBytes;
      if (isSmall || this.#snapshots.size === 1) break;
      this.#remove(oldest);
    }
  }
  clear(): void {
    for (const revision of [...this.#snapshots.keys()]) this.#remove(revision);
  }
  #remove(revision: number): void {
    const snapshot = this.#snapshots.get(revision);
    if (!snapshot) return;
    this.#bytes -= snapshot.values.bytes;
    this.#snapshots.delete(revision);
    snapshot.values.dispose();
  }
}
