// Where a window's runs are recorded: beside the project's file, or, while it has none, in a folder that goes with the window.
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { historyBeside, copyHistory, type HistoryPlace } from '#engine/index';

export class HistoryFile {
  /** Made when the first run of a project without a file begins. */
  #folder: string | null = null;

  place(file: string | null): HistoryPlace {
    if (file !== null && this.#folder === null) return historyBeside(file);
    this.#folder ??= mkdtempSync(path.join(tmpdir(), 'lazuli-runs-'));
    return historyBeside(path.join(this.#folder, 'unsaved.lazuli'));
  }

  /** Moves what was recorded so far beside a project's file. */
  async settle(file: string): Promise<void> {
    if (this.#folder === null) return;
    await copyHistory(this.place(null), historyBeside(file));
    await this.forget();
  }

  /** Gives up what was recorded of a project that was never saved. */
  async forget(): Promise<void> {
    const folder = this.#folder;
    this.#folder = null;
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}
