// What a model session offers, as data and calls: the engine implements it, the command line calls it, the window reaches it over IPC.
import type { EntryKind } from '../formats/weights';
import type { RenameRule } from '../nn/rename';
import type { DType } from '../tensor/dtype';
import type { PartialShape, Shape } from '../tensor/shape';

/** A parameter or buffer of the model as the window shows it. */
export interface ParameterInfo {
  /** State-dict key: `<node name>.<tensor name>`. */
  readonly key: string;
  readonly node: string;
  readonly name: string;
  readonly kind: EntryKind;
  readonly state: 'uninitialized' | 'materialized' | 'loaded' | 'trained';
  readonly dtype: DType;
  /** Known sizes even while uninitialized (`[16, null, 3, 3]`). */
  readonly shape: PartialShape;
  /** The blank param it waits for, or null. */
  readonly waitsFor: string | null;
  /** "in_features = 288, from 'flatten' 8·6·6, from 'conv1', from the sample's 3×8×8"; '' while uninitialized. */
  readonly provenance: string;
  /** What the node chooses for it; absent where nothing is chosen. */
  readonly frozen?: boolean;
  readonly tied_to?: string;
  readonly initializer?: string;
  /** The weight that this tensor is the magnitude or the direction of, under a weight norm. */
  readonly part_of?: string;
}

/** One thing wrong with the graph, located. `error` stops a run; `warning` does not. */
export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** "node 'fc1'" or "edge conv1 → fc1". */
  readonly where: string;
  readonly node: string | null;
  readonly edge: string | null;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  /** What to do, best first. */
  readonly fixes: readonly string[];
}

/** Shapes per node and port as far as known, batch included. */
export interface NodeInfo {
  readonly id: string;
  readonly name: string;
  readonly layer: string;
  readonly inputs: readonly (PartialShape | null)[];
  readonly outputs: readonly (PartialShape | null)[];
  readonly parameters: readonly ParameterInfo[];
  /** Values of blank params that the materialized tensors of this node fix (`{in_features: 288}`); absent or empty before. */
  readonly sizes?: Readonly<Record<string, number | readonly number[]>>;
  readonly flops: number | null;
  readonly activationBytes: number | null;
}

/** A picture of the model after every call that may change it. `revision` names the parameter values for undo. */
export interface ModelInfo {
  readonly revision: number;
  readonly nodes: readonly NodeInfo[];
  readonly problems: readonly Problem[];
  readonly totals: {
    /** null when something is still unknown. */
    readonly parameters: number | null;
    readonly uninitialized: number;
    readonly flops: number | null;
    readonly bytes: number | null;
  };
  /** Keys the last sample never reached. */
  readonly unreached: readonly string[];
}

/** Which items are looked at: some in a row, or these rows. */
export type PreviewRange =
  { readonly from: number; readonly count: number } | { readonly rows: readonly number[] };

/** Items of the data, for the Sample panel and the samples that a model was asked about. */
export interface DataPreview {
  readonly samples: number;
  readonly inputShape: Shape;
  /** Samples of further inputs, by the id of the node they feed; absent where there are none. */
  readonly feeds?: Readonly<Record<string, Shape>>;
  readonly targetKind: 'class' | 'number';
  readonly classes: readonly string[];
  readonly columns: readonly string[];
  /** `picture`: pixels 0..255 row-major per item, `channels` 1 or 3; `row`: values by column. */
  readonly items: readonly (
    | {
        readonly kind: 'picture';
        readonly width: number;
        readonly height: number;
        readonly channels: 1 | 3;
        readonly pixels: Uint8Array;
        readonly target: string;
        /** Those of further inputs, where they are pictures. */
        readonly others?: readonly {
          readonly width: number;
          readonly height: number;
          readonly channels: 1 | 3;
          readonly pixels: Uint8Array;
        }[];
      }
    | { readonly kind: 'row'; readonly values: readonly number[]; readonly target: string }
    /** Of a text; the target is the character after it. */
    | { readonly kind: 'text'; readonly text: string; readonly target: string }
  )[];
  /** What was noticed while reading: rows dropped, classes merged. */
  readonly notes: readonly string[];
}

export interface RunPoint {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Progress of a training run, as lines of `lazuli train --json` and as events in the window. */
export interface RunEvent {
  readonly event: 'start' | 'step' | 'epoch' | 'done';
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  /** `accuracy`, and for epoch events `validation_loss`, `validation_accuracy`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** start only: metrics that were asked for and mean nothing beside the loss and these targets. */
  readonly left_out?: readonly string[];
  /** Epoch events only: metrics of more than one number, `confusion_matrix` or one without an average. */
  readonly arrays?: Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>;
  readonly lr: number;
  readonly samples_per_second: number;
  readonly seconds: number;
  readonly total_steps: number;
  readonly total_epochs: number;
  /** done only: finished, stopped by the user, or failed with `error`. */
  readonly outcome?: 'finished' | 'stopped' | 'failed';
  /** done only: the epoch that was best, and whether the run ended because none was better for long. */
  readonly best_epoch?: number;
  readonly stopped_early?: boolean;
}

export type RunState = 'idle' | 'running' | 'paused' | 'stopping';

/** One step of the search for a learning rate. */
export interface RatePoint {
  readonly lr: number;
  readonly loss: number;
  /** The mean of the losses so far, newer ones counting more. */
  readonly smoothed: number;
}

export interface RateSearch {
  /** The rate at which the loss fell fastest; null where it never fell. */
  readonly suggestion: number | null;
  readonly points: readonly RatePoint[];
}

/** What a weights file would do to the model, key by key. */
export interface WeightVerdict {
  readonly key: string;
  readonly verdict: 'fits' | 'will_materialize' | 'conflicts' | 'missing' | 'unexpected';
  readonly expected: PartialShape | null;
  readonly got: Shape | null;
  /** The key in the file, where a renaming rule gave it another. */
  readonly from?: string;
}

/** A tensor that has values and would have another shape after a sample. */
export interface Resized {
  /** State-dict key. */
  readonly key: string;
  readonly before: Shape;
  readonly after: PartialShape;
}

/** What feeding the sample would do, before it does. */
export interface FeedPreview {
  readonly resized: readonly Resized[];
  /** The sample's shape by input node name. */
  readonly inputs: Readonly<Record<string, Shape>>;
}

/** How a weights file is taken. */
export interface WeightOptions {
  /** Applied to the file's keys in order, before anything else. */
  readonly rules?: readonly RenameRule[];
  /** Missing and unexpected keys are left alone; what conflicts is refused all the same. Default false. */
  readonly partial?: boolean;
}
