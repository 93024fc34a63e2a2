// Writes a run as a TensorBoard event file while it goes on: train/loss and the other numbers of steps, validation/loss and those of epochs.
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { tensorboardHeader, tensorboardScalars } from '#core/formats/tensorboard';
import type { RunEvent } from '#core/session/session';

import { wrapWrite } from '../file-errors';
import type { TrainingRun } from './run';

const VALIDATION = 'validation_';

/** `validation_loss` is `validation/loss`; an epoch's own mean stands apart from its steps. */
function scalarsOf({ event, loss, lr, metrics }: RunEvent): Record<string, number> {
  const own = event === 'step' ? 'train' : 'epoch';
  const named = Object.entries(metrics).map(([name, value]): [string, number] =>
    name.startsWith(VALIDATION)
      ? [`validation/${name.slice(VALIDATION.length)}`, value]
      : [`${own}/${name}`, value],
  );
  return {
    [`${own}/loss`]: loss,
    ...(event === 'step' ? { 'train/lr': lr } : {}),
    ...Object.fromEntries(named),
  };
}

export class TensorboardWriter {
  #last: Promise<unknown> = Promise.resolve();
  #fault: Error | null = null;

  private constructor(
    readonly file: string,
    readonly handle: FileHandle,
  ) {}

  /** A file in `folder`, which is made: TensorBoard takes each folder for a run. Throws `write_failed`. */
  static create(folder: string): Promise<TensorboardWriter> {
    const seconds = Date.now() / 1000;
    const name = `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.0`;
    const file = path.join(folder, name);
    return wrapWrite(file, async () => {
      await mkdir(folder, { recursive: true });
      const handle = await open(file, 'ax');
      await handle.write(tensorboardHeader(seconds));
      return new TensorboardWriter(file, handle);
    });
  }

  /** Follows a run to its end; resolves when everything is written. Throws `write_failed`; the run goes on all the same. */
  async follow(run: TrainingRun): Promise<void> {
    this.#add(run.snapshot().events);
    const unsubscribe = run.onEvents((events) => this.#add(events));
    await run.finished;
    unsubscribe();
    await this.#last;
    await this.handle.close();
    const fault = this.#fault;
    if (fault) await wrapWrite(this.file, () => Promise.reject(fault));
  }

  /** Records in the order they came; after a failure no more. */
  #add(events: readonly RunEvent[]): void {
    const now = Date.now() / 1000;
    const records = events
      .filter(({ event }) => event === 'step' || event === 'epoch')
      .map((event) => tensorboardScalars(now, event.step, scalarsOf(event)));
    if (records.length === 0) return;
    this.#last = this.#last.then(async () => {
      if (this.#fault !== null) return;
      try {
        await this.handle.write(Buffer.concat(records));
      } catch (error) {
        this.#fault = error instanceof Error ? error : new Error(String(error));
      }
    });
  }
}

/** `digits-20261127-081500`: what tells this run from others in the same folder. */
export const tensorboardFolder = (root: string, name: string): string => {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return path.join(root, `${name.replace(/[^\w.-]+/g, '_')}-${stamp}`);
};
