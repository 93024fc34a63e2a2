// What a model says of single samples beside what is true: as data for the window, most wrong first where it is asked for.

export interface JudgedSamples {
  /** Which samples these are: those kept for validation, or all where none are. */
  readonly from: 'validation' | 'all';
  /** Samples there are of those; the first of them were judged. */
  readonly total: number;
  /** Rows of the data, a sample each. */
  readonly rows: Int32Array;
  readonly verdicts: Verdicts;
}

export type Verdicts = ClassVerdicts | NumberVerdicts;

export interface ClassVerdicts {
  readonly kind: 'class';
  readonly classes: readonly string[];
  /** Class numbers; a target below 0 or past the classes is one that the loss ignores. */
  readonly target: Int32Array;
  /** The probability that was given to the true class. */
  readonly given: Float32Array;
  /** The likeliest classes of each sample, `[samples, shown]`, the first being the prediction, and their probabilities. */
  readonly shown: number;
  readonly top: Int32Array;
  readonly probabilities: Float32Array;
}

export interface NumberVerdicts {
  readonly kind: 'number';
  /** Numbers of each sample. */
  readonly width: number;
  /** `[samples, width]`. */
  readonly target: Float32Array;
  readonly predicted: Float32Array;
  /** Root of the mean squared difference. */
  readonly error: Float32Array;
}

/** Samples that are judged, and classes and numbers of one that are shown. */
export const JUDGED_LIMITS = { samples: 10_000, top: 3, width: 8 } as const;

/** How wrong a verdict is, for sorting: the larger the worse. */
export const wrongness = (verdicts: Verdicts, at: number): number =>
  verdicts.kind === 'class' ? 1 - (verdicts.given[at] ?? 1) : (verdicts.error[at] ?? 0);

/** Whether the likeliest class is not the true one; numbers are never told to be wrong. */
export const isWrong = (verdicts: Verdicts, at: number): boolean =>
  verdicts.kind === 'class' && verdicts.top[at * verdicts.shown] !== verdicts.target[at];
