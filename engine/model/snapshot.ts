// Parameter values at one moment, in JavaScript's memory: what undo across a materialization or a training run restores.
import type { GraphNode } from '#core/document/project';
import { resolveNode } from '#core/graph/resolve';
import { isBorrowed } from '#core/graph/tensor-options';
import {
  denseBytes,
  finishLazy,
  isLazy,
  isLazyModule,
  writeDense,
  type LayerModule,
  type LayerParams,
} from '#core/nn/index';
import type { Shape } from '#core/tensor/shape';

import { signatureOf, type LayerSet } from './layer-set';
import { setState, stateOf, type TensorState } from './states';

interface SavedTensor {
  readonly shape: Shape;
  readonly bytes: Uint8Array;
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

export interface Snapshot {
  readonly layers: ReadonlyMap<string, SavedLayer>;
  readonly bytes: number;
}

/** Copies every tensor of the model. */
export function takeSnapshot(set: LayerSet): Snapshot {
  const layers = new Map<string, SavedLayer>();
  let bytes = 0;
  for (const [node, layer] of set.entries()) {
    const saved = saveLayer(node, layer);
    for (const tensor of saved.tensors.values()) bytes += tensor?.bytes.byteLength ?? 0;
    layers.set(node.id, saved);
  }
  return { layers, bytes };
}

function saveLayer(node: GraphNode, layer: LayerModule): SavedLayer {
  const tensors = new Map<string, SavedTensor | null>();
  for (const { name } of layer.tensorSpecs()) {
    const tensor = layer.tensor(name);
    if (!tensor || isBorrowed(layer, name)) continue;
    if (isLazy(tensor)) tensors.set(name, null);
    else tensors.set(name, { shape: tensor.shape, bytes: denseBytes(tensor), state: stateOf(layer, name) });
  }
  return {
    signature: signatureOf(node),
    params: layer.params,
    provenance: layer.provenance,
    isLazy: isLazyModule(layer),
    tensors,
  };
}

/** Brings back the values of every node whose layer and params are what they were; the others stay as they are. */
export function restoreSnapshot(set: LayerSet, snapshot: Snapshot): void {
  for (const [node] of set.entries()) {
    const saved = snapshot.layers.get(node.id);
    if (saved?.signature === signatureOf(node)) set.replace(node, rebuildLayer(set, node, saved));
  }
  set.refresh();
}

function rebuildLayer(set: LayerSet, node: GraphNode, saved: SavedLayer): LayerModule {
  const { params } = resolveNode(node);
  const layer = set.make(node, params ?? saved.params, null);
  for (const [name, tensor] of saved.tensors) {
    const target = layer.tensor(name);
    if (!target || !tensor) continue;
    if (isLazy(target)) target.materialize(tensor.shape);
    writeDense(target, tensor.bytes);
    if (tensor.state) setState(layer, name, tensor.state);
  }
  layer.params = saved.params;
  layer.provenance = saved.provenance;
  if (!saved.isLazy && isLazyModule(layer)) finishLazy(layer);
  return layer;
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
    this.#snapshots.clear();
    this.#bytes = 0;
  }
  #remove(revision: number): void {
    this.#bytes -= this.#snapshots.get(revision)?.values.bytes ?? 0;
    this.#snapshots.delete(revision);
  }
}
