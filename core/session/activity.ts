// What a layer does with the sample, as data: its outputs and the gradient of the loss at them, over one batch.
import type { Shape } from '../tensor/shape';
import type { TensorDetail } from './parameters';

/** The layer's outputs, port by port. */
export interface Activity {
  /** Samples it was measured on: the first of the data, in evaluation mode. */
  readonly samples: number;
  readonly outputs: readonly OutputActivity[];
  /** Of attention layers, one per attention inside. */
  readonly attention: readonly AttentionMaps[];
  /** Why there are no gradients, or null where there are. */
  readonly no_gradient: string | null;
  /** What computing it took, for which a run that goes on waited. */
  readonly seconds: number;
}

export interface OutputActivity {
  readonly port: string;
  /** Batch included. */
  readonly shape: Shape;
  /** null for values that are no real numbers. */
  readonly values: TensorDetail | null;
  /** Of the loss; null where it does not depend on this output through anything that learns. */
  readonly gradient: TensorDetail | null;
  /** Units (axis 1) that are exactly 0 for every sample; null where axis 1 is no axis of units (fewer than 2 axes, or sequences). */
  readonly silent: { readonly units: number; readonly of: number } | null;
  /** Share of values within 1% of the ends of the activation's range; null for a layer whose range has no ends. */
  readonly saturated: number | null;
  readonly first: FirstSample | null;
}

/** What the first sample gave: maps `[channels, height, width]`, a matrix or a row; of many channels the first. */
export interface FirstSample {
  readonly shape: Shape;
  /** Channels there are, where only the first ones are in `values`. */
  readonly channels: number;
  readonly values: Float32Array;
}

/** The weights of one attention on the first sample: how much each query step gathers from each key step. */
export interface AttentionMaps {
  /** Of the attention inside the layer, `layers.0.self_attn`; '' for the layer's only one. */
  readonly name: string;
  /** `[heads, queries, keys]` of `values`; what there is more of is in `heads`, `queries` and `keys`. */
  readonly shape: Shape;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly values: Float32Array;
}

/**
 * Share of its time that a run may wait for what is looked at while it goes on. Sending and drawing it costs about twice as much again
 * where the run has all cores (tests/bench/live.mjs); the promise is 3% for all of it.
 */
const LIVE_SHARE = 0.008;

/** Seconds until what took `seconds` may be looked at again, unasked, while a run goes on. */
export const restAfter = (seconds: number): number => seconds / LIVE_SHARE;

/** Values of one sample that are sent, channels of them, and steps of a sequence that are shown of attention. */
export const ACTIVITY_LIMITS = { values: 65_536, channels: 64, steps: 256 } as const;
