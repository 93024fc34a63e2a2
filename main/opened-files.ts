// Files the system asks Lazuli to open: named on the command line, by a second start, or by the desktop's open-file event, which on a Mac
// comes before anything else is ready.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import { isProjectFile } from '#core/document/file-type';

/**
 * The file a command line names, or null: a project even when it is not there, so that this is told, else the first argument that is a
 * file. `argv` is everything behind the program; `folder` is where relative paths start.
 */
export function fileIn(argv: readonly string[], folder: string): string | null {
  const named = argv.filter((argument) => !argument.startsWith('-')).map((name) => resolve(folder, name));
  return named.find(isProjectFile) ?? named.find(isFile) ?? null;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Keeps what is asked for until somebody can open it. */
export class OpenRequests {
  #early: string | null = null;
  #open: ((file: string) => void) | null = null;

  ask(file: string): void {
    if (this.#open) this.#open(file);
    else this.#early = file;
  }

  /** From now on `open` is called; returns what was asked for before, the last of it. */
  serve(open: (file: string) => void): string | null {
    this.#open = open;
    return this.#early;
  }
}
