// What a training run is made of, handed over by the session.
import type { TrainingSettings } from '#core/document/project';
import type { GraphModule } from '#core/graph/graph-module';
import type { LazuliError } from '#core/errors';
import type { DType } from '#core/tensor/dtype';
import type { CpuBackend } from '#native';

import type { Lock } from '../lock';
import type { Feed } from './batches';
import type { Objective } from './objective';

export type RunOutcome = 'finished' | 'stopped' | 'failed';

export interface RunResult {
  readonly outcome: RunOutcome;
  readonly error: LazuliError | null;
  /** Where the checkpoint of a stopped run lies, or null. */
  readonly checkpoint: string | null;
}

export interface RunParts {
  readonly backend: CpuBackend;
  readonly module: GraphModule;
  readonly dtype: DType;
  readonly settings: TrainingSettings;
  readonly feed: Feed;
  readonly objective: Objective;
  readonly rows: { readonly training: readonly number[]; readonly validation: readonly number[] };
  readonly lock: Lock;
  /** Where a stopped run leaves its checkpoint, and a long one each minute. */
  readonly checkpoint: string | null;
  /** Called once, before `finished` settles. */
  readonly onEnd: () => void;
}
