// Keeps a window's unsaved work on disk, apart from its file: at once when the window reports it (at the latest a second after a pause),
// with the parameter values once they rest. What cannot be written is tried again, and told until it works.
import { errorToData, type ErrorData } from '#core/errors';
import type { Project } from '#core/document/project';
import type { Backup, DocumentPlace } from '#engine/backups';

/** What is kept, as the window's state knows it. */
export interface Kept {
  readonly isDirty: boolean;
  readonly project: Project | null;
  /** The history of changes up to it. */
  readonly history: string | null;
  readonly place: DocumentPlace;
  /** Names the parameter values; null when there are none or they change at every moment (a run). */
  readonly revision: number | null;
  /** Writes them as a weights file; returns the project its keys are named after. */
  saveValues(file: string): Promise<Project>;
}

const RETRY_MS = 10_000;
/** Values come in bursts (feed, then train): they are written once they rest. */
const VALUES_MS = 1_000;

export class Autosave {
  #backup: Backup;
  #isWanted = false;
  /** Writing and discarding, one after the other: what is discarded does not come back from a write under way. */
  #turn: Promise<void> = Promise.resolve();
  /** How often everything kept was given up: values whose keeping began before are not wanted either. */
  #discards = 0;
  #keptRevision: number | null = null;
  /** The values that `#values` will keep: edits meanwhile do not put it off. */
  #awaitedRevision: number | null = null;
  #fault: ErrorData | null = null;
  #retry: NodeJS.Timeout | undefined;
  #values: NodeJS.Timeout | undefined;

  constructor(
    backup: Backup,
    readonly kept: Kept,
    /** Told when backups begin to fail (with why) and when they work again (null). */
    readonly onFault: (fault: ErrorData | null) => void,
  ) {
    this.#backup = backup;
  }

  get fault(): ErrorData | null {
    return this.#fault;
  }

  /** Something may have changed. */
  notice(): void {
    if (!this.#isWanted) {
      this.#isWanted = true;
      void this.#inTurn(() => this.#work());
    }
    const { revision } = this.kept;
    if (revision === null || revision === this.#keptRevision || revision === this.#awaitedRevision) return;
    this.#forgetAwaited();
    this.#awaitedRevision = revision;
    this.#values = setTimeout(() => {
      this.#awaitedRevision = null;
      void this.#keepValues();
    }, VALUES_MS);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #discard(backup: Backup): Promise<void> {
    this.#discards++;
    return this.#inTurn(() => backup.discard());
  }

  #forgetAwaited(): void {
    clearTimeout(this.#values);
    this.#awaitedRevision = null;
  }

  /** Another document is open now: the one before is saved or was not wanted. `backup` goes on from a leftover. */
  async follow(backup: Backup, options: { readonly revision: number | null }): Promise<void> {
    const before = this.#backup;
    this.#backup = backup;
    this.#keptRevision = options.revision;
    this.#forgetAwaited();
    if (before.key === backup.key) return;
    await this.#discard(before);
    before.release();
  }

  /** The document is saved and was read back: nothing is left to keep. */
  async saved(): Promise<void> {
    this.#keptRevision = this.kept.revision;
    this.#forgetAwaited();
    await this.#discard(this.#backup);
    this.#report(null);
  }

  /** The window is gone. Unsaved work that nobody gave up stays behind for the next start. */
  async end(options: { readonly isWanted: boolean }): Promise<void> {
    clearTimeout(this.#retry);
    this.#forgetAwaited();
    await (options.isWanted ? this.#turn : this.#discard(this.#backup));
    this.#backup.release();
  }

  async #work(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    try {
      const { isDirty, project, place, history } = this.kept;
      if (isDirty && project) await this.#backup.write(project, place, history);
      this.#report(null);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #keepValues(): Promise<void> {
    const { revision, isDirty } = this.kept;
    if (revision === null || revision === this.#keptRevision || !isDirty) return;
    const backup = this.#backup;
    const discards = this.#discards;
    try {
      const slot = await backup.keepValues((file) => this.kept.saveValues(file));
      if (this.#discards !== discards) await backup.discardValues(slot);
      else this.#keptRevision = revision;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#report(errorToData(error));
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.notice();
    }, RETRY_MS);
  }

  #report(fault: ErrorData | null): void {
    const isNews = fault?.message !== this.#fault?.message;
    this.#fault = fault;
    if (isNews) this.onFault(fault);
  }
}
