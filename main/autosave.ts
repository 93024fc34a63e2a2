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
  #isWriting = false;
  #isWanted = false;
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
    this.#isWanted = true;
    void this.#work();
    const { revision } = this.kept;
    if (revision === null || revision === this.#keptRevision || revision === this.#awaitedRevision) return;
    this.#forgetAwaited();
    this.#awaitedRevision = revision;
    this.#values = setTimeout(() => {
      this.#awaitedRevision = null;
      void this.#keepValues();
    }, VALUES_MS);
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
    await before.discard();
    before.release();
  }

  /** The document is saved and was read back: nothing is left to keep. */
  async saved(): Promise<void> {
    this.#keptRevision = this.kept.revision;
    this.#forgetAwaited();
    await this.#backup.discard();
    this.#report(null);
  }

  /** The window is gone. Unsaved work that nobody gave up stays behind for the next start. */
  async end(options: { readonly isWanted: boolean }): Promise<void> {
    clearTimeout(this.#retry);
    this.#forgetAwaited();
    if (!options.isWanted) await this.#backup.discard();
    this.#backup.release();
  }

  async #work(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    clearTimeout(this.#retry);
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        const { isDirty, project, place, history } = this.kept;
        if (isDirty && project) await this.#backup.write(project, place, history);
      }
      this.#report(null);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isWriting = false;
    }
  }

  async #keepValues(): Promise<void> {
    const { revision, isDirty } = this.kept;
    if (revision === null || revision === this.#keptRevision || !isDirty) return;
    try {
      await this.#backup.keepValues((file) => this.kept.saveValues(file));
      this.#keptRevision = revision;
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
