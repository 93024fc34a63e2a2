// The best epoch of a run: what it is judged by, its weights, and when the run should give up waiting for a better one.
import type { TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { nearest } from '#core/layers/suggest';
import { findMetric } from '#core/metrics/index';
import { StateDict, type Module } from '#core/nn/index';
import { allocateBytes } from '#core/nn/tensor-memory';
import { stateDictFrom } from '#core/nn/index';
import type { TensorEntry } from '#core/formats/weights';
import type { Storage } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';
import { EARLY_STOPPING } from '#core/training/options';
import { ownMetric } from '#core/training/terms';

import { Turns } from '../turns';
import type { Numbers } from './checkpoint';

type Metrics = Readonly<Record<string, number>>;

/** Bytes copied at once. */
const PIECE = 1 << 20;

/** Names an epoch is judged by. Throws `parameter_invalid` for one that the run does not compute. */
export function monitorOf(
  { monitor }: Pick<TrainingSettings, 'monitor'>,
  metrics: readonly string[],
  hasValidation: boolean,
): string {
  const own = ['loss', ...metrics];
  const names = [...own, ...(hasValidation ? own.map((name) => `validation_${name}`) : [])];
  const chosen = monitor ?? (hasValidation ? 'validation_loss' : 'loss');
  if (names.includes(chosen)) return chosen;
  const meant = nearest(chosen, names);
  throw new LazuliError('parameter_invalid', `the run does not compute '${chosen}'`, {
    where: 'monitor',
    expected: `one of ${names.join(', ')}`,
    got: chosen,
    hint: chosen.startsWith('validation_')
      ? 'set a validation split'
      : meant === null
        ? 'add the metric to the run'
        : `did you mean ${meant}?`,
  });
}

export class BestEpoch {
  readonly isHigherBetter: boolean;
  /** The best value so far, or null before the first epoch. */
  value: number | null = null;
  /** Counted from 1. */
  epoch = 0;
  #waited = 0;
  readonly #patience: number | null;
  readonly #minDelta: number;
  readonly #restores: boolean;
  readonly #keeps: boolean;
  readonly #copies = new Map<Storage, Storage>();

  constructor(
    readonly monitor: string,
    readonly module: Module,
    settings: Pick<TrainingSettings, 'earlyStopping'>,
    /** `keeps`: the weights of the best epoch are kept also where the run does not go back to them. */
    { keeps = false }: { readonly keeps?: boolean } = {},
  ) {
    const stopping = settings.earlyStopping ? parseParams(EARLY_STOPPING, settings.earlyStopping) : null;
    this.isHigherBetter = findMetric(ownMetric(monitor))?.declaration.isHigherBetter ?? false;
    this.#patience = stopping?.patience ?? null;
    this.#minDelta = stopping?.min_delta ?? 0;
    this.#restores = stopping?.restore_best ?? false;
    this.#keeps = keeps || this.#restores;
  }

  /** True when no epoch was better for as many as the run has patience. */
  get isOver(): boolean {
    return this.#patience !== null && this.#waited >= Math.max(this.#patience, 1);
  }

  /** Judges an epoch; true when it is the best so far. Keeps its weights where somebody wants them later. */
  async judge(metrics: Metrics, epoch: number): Promise<boolean> {
    const value = metrics[this.monitor] ?? Number.NaN;
    if (!this.#isBetter(value)) {
      this.#waited += 1;
      return false;
    }
    [this.value, this.epoch] = [value, epoch];
    this.#waited = 0;
    if (this.#keeps) await this.#keep();
    return true;
  }

  /** Puts back the weights of the best epoch, if the run does so and has any. */
  async restore(): Promise<void> {
    if (!this.#restores) return;
    const turns = new Turns();
    for (const [storage, copy] of this.#copies) await assign(storage, copy, turns);
  }

  numbers(): Numbers {
    return { ...(this.value === null ? {} : { value: this.value }), epoch: this.epoch, waited: this.#waited };
  }
  /** The kept weights as a state dict over their own memory; null when none are kept. */
  stateDict(): StateDict | null {
    if (this.#copies.size === 0) return null;
    const entries = [...this.module.stateDict()].flatMap(([name, value]): [string, Tensor][] => {
      const copy = value instanceof Tensor ? this.#copies.get(value.storage) : undefined;
      if (!copy || !(value instanceof Tensor)) return [];
      const { dtype, shape, strides, offset } = value;
      return [[name, new Tensor(copy, { dtype, shape, strides, offset })]];
    });
    return new StateDict(entries);
  }
  /** As a checkpoint has it. */
  async load({ value, epoch = 0, waited = 0 }: Numbers, weights: readonly TensorEntry[]): Promise<void> {
    this.value = value ?? null;
    [this.epoch, this.#waited] = [epoch, waited];
    if (!this.#keeps || weights.length === 0) return;
    await this.#keep();
    const turns = new Turns();
    const saved = await stateDictFrom({ entries: weights }, { rest: () => turns.next() });
    const done = new Set<Storage>();
    for (const [name, target] of this.stateDict() ?? []) {
      const source = saved.get(name);
      if (!(source instanceof Tensor) || !(target instanceof Tensor) || done.has(target.storage)) continue;
      done.add(target.storage);
      if (source.storage.bytes === target.storage.bytes) await assign(target.storage, source.storage, turns);
    }
    for (const [, tensor] of saved) if (tensor instanceof Tensor) tensor.storage.dispose();
  }
  dispose(): void {
    for (const copy of this.#copies.values()) copy.dispose();
    this.#copies.clear();
  }

  #isBetter(value: number): boolean {
    if (Number.isNaN(value)) return false;
    if (this.value === null) return true;
    return this.isHigherBetter ? value > this.value + this.#minDelta : value < this.value - this.#minDelta;
  }
  async #keep(): Promise<void> {
    const turns = new Turns();
    for (const [, value] of this.module.stateDict()) {
      if (!(value instanceof Tensor)) continue;
      const { storage } = value;
      const copy = this.#copies.get(storage) ?? allocateBytes(storage.device, storage.bytes);
      this.#copies.set(storage, copy);
      await assign(copy, storage, turns);
    }
  }
}

/** Memory of the CPU is shared until one side is written; a device's is copied piece by piece, so that others get their turn. */
async function assign(target: Storage, source: Storage, turns: Turns): Promise<void> {
  if (target.device === 'cpu') return target.assign(source);
  for (let at = 0; at < source.bytes; at += PIECE) {
    target.write(at, source.read(at, Math.min(PIECE, source.bytes - at)));
    await turns.next();
  }
}
