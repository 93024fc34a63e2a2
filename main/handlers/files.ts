// Files dropped on the window: what each can be used as, told to the window with a token in place of its path.
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';

import { isProjectFile } from '#core/document/file-type';
import { errorToData, LazuliError } from '#core/errors';
import type { Dropped } from '#core/ipc/api';
import { otherThanProject } from '#engine/not-a-project';

import { sendEvent } from '../ipc';
import type { WindowState } from '../window-state';
import type { HandlersOf } from './area';
import { WEIGHTS_EXTENSIONS } from './model';

export const filesHandlers: HandlersOf<'files'> = {
  'files.drop': (state, paths) => tellDropped(state, paths),
};

/** Tells a window what files can be used as. */
export async function tellDropped(state: WindowState, paths: readonly string[]): Promise<void> {
  sendEvent(state.window, 'dropped', await lookAt(state, paths));
}

async function lookAt(state: WindowState, paths: readonly string[]): Promise<Dropped> {
  try {
    const file = theOneOf(paths);
    const kind = await kindOf(state, file);
    return { kind, token: state.tokens.issue(file), name: basename(file) };
  } catch (error) {
    return { kind: 'refused', error: errorToData(error) };
  }
}

function theOneOf(paths: readonly string[]): string {
  const [file] = paths;
  if (file === undefined)
    throw new LazuliError('usage', 'What was dropped is no file of this computer', {
      hint: 'save it as a file first',
    });
  if (paths.length > 1)
    throw new LazuliError('usage', `${paths.length} files were dropped at once`, {
      expected: 'one file',
      got: paths.slice(0, 4).map((path) => basename(path)).join(', ') + (paths.length > 4 ? ' …' : ''), // prettier-ignore
    });
  return file;
}

/** Throws `file_refused` for a folder, and for a name that says nothing Lazuli reads. */
async function kindOf(state: WindowState, file: string): Promise<'project' | 'weights' | 'data'> {
  const name = basename(file);
  if ((await stat(file).catch(() => null))?.isDirectory() === true)
    throw refused(name, `${name} is a folder`, 'a folder');
  const extension = extname(file).toLowerCase();
  if (isProjectFile(file)) return 'project';
  if (extension === '.npz') return (await hasKeysOfModel(state, file)) ? 'weights' : 'data';
  if (WEIGHTS_EXTENSIONS.includes(extension.slice(1))) return 'weights';
  const other = await otherThanProject(file);
  if (other === null)
    throw refused(name, `Lazuli opens no files like ${name}`, extension === '' ? 'no extension' : extension);
  if (other.use === null) throw refused(name, `Lazuli opens no files like ${name}`, other.what);
  return other.use;
}

const refused = (name: string, message: string, got: string): LazuliError =>
  new LazuliError('file_refused', message, {
    where: name,
    expected:
      'a project (.lazuli), weights (.pt, .pth, .bin, .safetensors, .npz) or data (.csv, .tsv, .npy, .npz, IDX)',
    got,
    ...(got.includes(' image')
      ? { hint: 'pictures are read as arrays (.npy, .npz, IDX) or as a table of their pixels' }
      : {}),
  });

/** Whether arrays are named as the model's tensors are. */
async function hasKeysOfModel(state: WindowState, file: string): Promise<boolean> {
  try {
    const verdicts = await state.session.compareWeights(file);
    return verdicts.some(({ verdict }) => verdict !== 'missing' && verdict !== 'unexpected');
  } catch {
    return false;
  }
}
