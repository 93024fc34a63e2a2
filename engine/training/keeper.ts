// What a training run leaves outside its memory while it goes on and when it ends: checkpoints, the best weights, and the host's
// copies of what another device holds.
import { errorToData, LazuliError } from '#core/errors';
import { stateDictContent } from '#core/nn/state-dict-io';

import { writeWeightsFile } from '../convert';
import type { BestEpoch } from './best';
import { writeCheckpoint, type Place } from './checkpoint';
import type { Optimizer } from './optimizer';
import type { RunParts } from './parts';
import type { SavedTotals } from './totals';
import { batchOf } from './training-pass';

/** Between checkpoints of a run that goes on. */
const CHECKPOINT_SECONDS = 60;
/** Between copies of what another device holds. */
const KEEP_SECONDS = 10;

/** Where a run stands: epochs and steps done. */
export type RunPlace = Pick<Place, 'epoch' | 'step' | 'totalSteps'>;

export class Keeper {
  #lastCheckpoint = performance.now();
  #lastKept = 0;

  constructor(
    private readonly parts: RunParts,
    private readonly optimizer: Optimizer,
    private readonly best: BestEpoch,
  ) {}

  /** The last checkpoint is old. */
  get isDue(): boolean {
    return performance.now() - this.#lastCheckpoint > CHECKPOINT_SECONDS * 1000;
  }

  /** `totals` are those of the epoch in progress. Null where no checkpoint is wanted. */
  async writeCheckpoint(at: RunPlace, totals: SavedTotals | null): Promise<string | null> {
    const { checkpoint, module, lock } = this.parts;
    if (checkpoint === null) return null;
    const place = this.#placeOf(at);
    await lock.run(() =>
      writeCheckpoint(checkpoint, this.optimizer, {
        model: module.stateDict(),
        bestModel: this.best.stateDict(),
        place,
        totals,
        best: this.best.numbers(),
      }),
    );
    this.#lastCheckpoint = performance.now();
    return checkpoint;
  }

  /** A run is not spoiled by weights that cannot be written beside it. */
  async writeKept(): Promise<LazuliError | null> {
    const { kept, module, lock } = this.parts;
    if (kept === null) return null;
    try {
      const content = stateDictContent(this.best.stateDict() ?? module.stateDict());
      await lock.run(() => writeWeightsFile(kept, content, { uninitialized: 'skip' }));
      return null;
    } catch (cause) {
      return cause instanceof LazuliError ? cause : LazuliError.fromData(errorToData(cause));
    }
  }

  /** Brings what another device holds to the host, at once and then now and then, so that a lost device costs little. */
  async keep(at: RunPlace): Promise<void> {
    const { placement, lock } = this.parts;
    if (!placement || performance.now() - this.#lastKept < KEEP_SECONDS * 1000) return;
    await lock.run(() => placement.keep(this.optimizer, this.#placeOf(at), this.best.numbers()));
    this.#lastKept = performance.now();
  }

  /** After the device was lost or had no memory left: the host's copies become the checkpoint. Null on the CPU. */
  async saveKept(): Promise<string | null> {
    const { placement, checkpoint, module, lock } = this.parts;
    const kept = placement?.kept;
    if (!placement || !kept || checkpoint === null) return null;
    const { optimizer, place, best } = kept;
    return lock.run(async () => {
      placement.restore();
      const model = module.stateDict();
      await writeCheckpoint(checkpoint, optimizer, { model, bestModel: null, place, totals: null, best });
      return checkpoint;
    });
  }

  #placeOf(at: RunPlace): Place {
    const { settings, rows } = this.parts;
    return {
      ...at,
      seed: settings.seed,
      batchSize: batchOf(settings, rows.training.length),
      samples: rows.training.length,
    };
  }
}
