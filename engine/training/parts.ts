// What a training run is made of, handed over by the session.
import type { TrainingSettings } from '#core/document/project';
import type { GraphModule } from '#core/graph/graph-module';
import type { LazuliError } from '#core/errors';
import type { DType } from '#core/tensor/dtype';
import type { NativeBackend } from '#native';

import type { Lock } from '../lock';
import type { Feed } from './batches';
import type { Objective } from './objective';
import type { Placement } from './placement';

export type RunOutcome = 'finished' | 'stopped' | 'failed';

export interface RunResult {
  readonly outcome: RunOutcome;
  readonly error: LazuliError | null;
  /** Where the checkpoint of a stopped run lies, or null. */
  readonly checkpoint: string | null;
  /** The epoch that was best, counted from 1, by what `monitor` names; null before the first one ended. */
  readonly best: { readonly epoch: number; readonly monitor: string; readonly value: number } | null;
  /** Why the weights that were to be kept could not be written, or null. */
  readonly keptFault: LazuliError | null;
}

export interface RunParts {
  readonly backend: NativeBackend;
  /** The model on another device than the CPU, or null. */
  readonly placement: Placement | null;
  readonly module: GraphModule;
  readonly dtype: DType;
  readonly settings: TrainingSettings;
  readonly feed: Feed;
  readonly objective: Objective;
  readonly rows: { readonly training: readonly number[]; readonly validation: readonly number[] };
  readonly lock: Lock;
  /** Where a stopped run leaves its checkpoint, and a long one each minute. */
  readonly checkpoint: string | null;
  /** A run that ends leaves its checkpoint too, so that another can go on from there. */
  readonly keepsCheckpoint: boolean;
  /** Where the weights of the best epoch so far are written, or null. */
  readonly best: string | null;
  /** Where the weights of the best epoch are written when the run has ended (those of now before its first epoch), or null. */
  readonly kept: string | null;
  /** Called once, before `finished` settles. */
  readonly onEnd: () => void;
}
