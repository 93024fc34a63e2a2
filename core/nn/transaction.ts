// Feeding a sample: either everything reachable gets its shape and values, or nothing at all changes. Rules: docs/spec/materialize.md.
import { noGrad } from '../ops/dispatch';
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import { LayerModule, type Provenance } from './layer-module';
import type { Module } from './module';
import { defaultGenerator, type Generator } from './random';
import { Snapshot } from './snapshot';
import { slotsOf } from './slots';
import { drain, within, type Turned } from '../turns';
import { isLazy } from './uninitialized';

/** One parameter or buffer that the sample gave its shape. */
export interface Materialized {
  /** State-dict key. */
  readonly key: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Where the sizes of its layer came from. */
  readonly provenance: readonly Provenance[];
}

export interface Materialization {
  readonly materialized: readonly Materialized[];
  /** Keys the sample did not reach: still uninitialized. */
  readonly unreached: readonly string[];
  /** Brings what was materialized back to uninitialized, the same objects; a second call does nothing. */
  undo(): void;
}

/**
 * Runs `feed` (a forward of `root` on meta tensors) so that lazy layers initialize themselves, drawing from `generator`
 * only. No statistic moves: every module is in evaluation mode meanwhile. If `feed` throws, modules, tensors and the
 * generator are exactly as before, and the error goes on.
 */
export function materialize(
  root: Module,
  feed: () => void,
  generator: Generator = defaultGenerator,
): Materialization {
  function* atOnce(): Turned<void> {
    feed();
    yield;
  }
  return drain(materializeInTurns(root, atOnce, generator));
}

/** The same, cut into turns as `feed` is. Modules are between two states meanwhile. */
export function* materializeInTurns(
  root: Module,
  feed: () => Turned<void>,
  generator: Generator = defaultGenerator,
): Turned<Materialization> {
  const before = new Snapshot(root);
  const stream = generator.snapshot();
  const modules = [...root.modules()];
  const modes = modules.map((module) => module.training);
  const layers = modules.filter((module) => module instanceof LayerModule);
  const generators = layers.map((layer) => layer.generator);
  for (const module of modules) module.training = false;
  for (const layer of layers) layer.generator = generator;
  try {
    yield* within(noGrad, feed());
  } catch (error) {
    before.restore();
    generator.restore(stream);
    throw error;
  } finally {
    for (const [index, module] of modules.entries()) module.training = modes[index] ?? true;
    for (const [index, layer] of layers.entries()) layer.generator = generators[index] ?? generator;
    before.dispose();
  }
  return outcome(root, before, generator, stream);
}

function outcome(
  root: Module,
  before: Snapshot,
  generator: Generator,
  stream: ReturnType<Generator['snapshot']>,
): Materialization {
  const fresh = before.materialized();
  const slots = slotsOf(root);
  const after = generator.getState();
  let isDone = false;
  return {
    materialized: slots
      .filter(({ tensor }) => fresh.has(tensor))
      .map(({ key, module, tensor }) => ({
        key,
        shape: tensor.shape,
        dtype: tensor.dtype,
        provenance: module instanceof LayerModule ? [...module.provenance.values()] : [],
      })),
    unreached: slots.filter(({ tensor }) => isLazy(tensor)).map(({ key }) => key),
    undo() {
      if (isDone) return;
      isDone = true;
      before.undo();
      // A stream nobody has drawn from since continues where it was, so that feeding again gives the same weights.
      if (equal(generator.getState(), after)) generator.restore(stream);
    },
  };
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, index) => byte === b[index]);
