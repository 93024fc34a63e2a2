// Where the history of a project's runs lies: a database beside the project file, and a folder for the weights its runs left.
import path from 'node:path';

export interface HistoryPlace {
  readonly database: string;
  /** Names in the database are relative to it, so that a project can be moved with its history. */
  readonly folder: string;
}

/** `digits.lazuli` has `digits.runs.db` and the folder `digits.runs`. */
export function historyBeside(project: string): HistoryPlace {
  const file = path.resolve(project);
  const base = path.join(path.dirname(file), path.basename(file, path.extname(file)));
  return { database: `${base}.runs.db`, folder: `${base}.runs` };
}

/** LAZULI_HISTORY=off keeps runs out of the history, where nothing may be written beside projects. */
export const isHistoryOff = (): boolean => process.env['LAZULI_HISTORY'] === 'off';
