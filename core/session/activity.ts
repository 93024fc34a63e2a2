// What a layer does with the sample, as data: its outputs and the gradient of the loss at them, over one batch.
import type { Shape } from '../tensor/shape';
import type { TensorDetail } from './parameters';

/** The layer's outputs, port by port. */
export interface Activity {
  /** Samples it was measured on: the first of the data, in evaluation mode. */
  readonly samples: number;
  readonly outputs: readonly OutputActivity[];
  /** Why there are no gradients, or null where there are. */
  readonly no_gradient: string | null;
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

/** Values of one sample that are sent, and channels of them. */
export const ACTIVITY_LIMITS = { values: 65_536, channels: 64 } as const;
