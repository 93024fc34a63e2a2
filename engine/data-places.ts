// Where a project's data lies when the project moves: inside its folder relative, elsewhere absolute, and what Lazuli ships is copied
// beside it: the application's own folder moves with an update, and nobody the project is given to has it.
import { existsSync, lstatSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { filesOf, withFiles } from '#core/document/data-files';
import type { DataSource, Project } from '#core/document/project';

import { examplesFolder } from './about';
import { writeFileAtomically } from './files';

export interface DataMove {
  /** The description as seen from the new place. */
  readonly data: DataSource;
  /** Shipped files it names there that are still to be copied, absolute. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
}

/** True for a file or folder that lies in `folder`, at any depth. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

/** What becomes of data described as seen from the folder `from` when its project stands in the folder `to`. Writes nothing. */
export async function planDataMove(
  data: DataSource,
  from: string | null,
  to: string,
  examples = examplesFolder(),
): Promise<DataMove> {
  const names = new Map<string, string>();
  const copies: { readonly from: string; readonly to: string }[] = [];
  for (const file of filesOf(data)) {
    const absolute = path.resolve(from ?? to, file);
    const isShipped = isInside(examples, absolute) && !isInside(examples, to);
    if (isInside(to, absolute)) names.set(file, path.relative(to, absolute));
    else if (!isShipped) names.set(file, absolute);
    else if (existsSync(absolute)) {
      const target = await placeBeside(absolute, to);
      names.set(file, path.basename(target.file));
      if (!target.isThere) copies.push({ from: absolute, to: target.file });
    } else {
      // An example whose data is too large to be shipped: it is expected beside the project.
      names.set(file, path.basename(absolute));
    }
  }
  return { data: withFiles(data, (file) => names.get(file) ?? file), copies };
}

/** Copies what a move asks for, each file whole or not at all. Returns the names of the copies. Throws `read_failed` or `write_failed`. */
export async function copyData({ copies }: DataMove): Promise<readonly string[]> {
  for (const { from, to } of copies) {
    const bytes = await readFile(from);
    await writeFileAtomically(to, (sink) => sink.write(bytes));
  }
  return copies.map(({ to }) => path.basename(to));
}

/** Where a copy of `file` goes in `folder`: under its name unless a different file is called like that. */
async function placeBeside(
  file: string,
  folder: string,
): Promise<{ readonly file: string; readonly isThere: boolean }> {
  const [, stem = '', ending = ''] = /^([^.]*)(.*)$/.exec(path.basename(file)) ?? [];
  for (let count = 1; ; count++) {
    const target = path.join(folder, `${stem}${count === 1 ? '' : `-${count}`}${ending}`);
    if (!lstatSync(target, { throwIfNoEntry: false })) return { file: target, isThere: false };
    if (await isSame(file, target)) return { file: target, isThere: true };
  }
}

async function isSame(one: string, other: string): Promise<boolean> {
  const there = statSync(other, { throwIfNoEntry: false });
  if (!there?.isFile() || there.size !== statSync(one).size) return false;
  const [bytes, others] = await Promise.all([readFile(one), readFile(other)]);
  return bytes.equals(others);
}

/** The folder of an example where it lies today, for one in a folder of examples that is gone; any other as it is. */
export function shippedToday(folder: string, examples = examplesFolder()): string {
  const today = path.join(examples, path.basename(folder));
  const isGone = path.basename(path.dirname(folder)) === path.basename(examples) && !existsSync(folder);
  return isGone && existsSync(today) ? today : folder;
}

/** A project whose data lay in an application that was moved or updated since finds it in this one. */
export function findShipped(project: Project, examples = examplesFolder()): Project {
  const { data } = project;
  if (data === null) return project;
  const found = (file: string): string => {
    if (!path.isAbsolute(file) || existsSync(file)) return file;
    const today = path.join(shippedToday(path.dirname(file), examples), path.basename(file));
    return existsSync(today) ? today : file;
  };
  return filesOf(data).every((file) => found(file) === file)
    ? project
    : { ...project, data: withFiles(data, found) };
}
