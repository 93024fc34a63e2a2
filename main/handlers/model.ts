// The calls about parameter values: feeding, undo across a materialization, weights in the .pt serialization.
import { basename } from 'node:path';

import { dialog } from 'electron';
import { LazuliError } from '#core/errors';
import { formatOfWeights } from '#engine/index';
import { otherThanProject } from '#engine/not-a-project';

import { allFiles, say } from '../text';
import type { WindowState } from '../window-state';
import type { HandlersOf } from './area';

/** Endings of weight files; arrays in an `.npz` may be data as well. */
export const WEIGHTS_EXTENSIONS = ['pt', 'pth', 'bin', 'safetensors', 'npz'];

export const modelHandlers: HandlersOf<'model' | 'weights'> = {
  'model.update': async (state, since) => {
    await state.update();
    return state.teller.tell(state.session.info(), since);
  },
  'model.previewFeed': async (state, project) => {
    state.refuseWhileRunning('feed a sample');
    await state.update(project);
    const inputs = await state.session.sampleShapes();
    return { resized: state.session.previewFeed(inputs), inputs };
  },
  'model.feed': async (state, project, options) => {
    state.refuseWhileRunning('feed a sample');
    await state.update(project);
    return noticed(state, state.session.feedSample(options));
  },
  'model.backToUninitialized': (state) => {
    state.refuseWhileRunning('go back to uninitialized');
    return noticed(state, state.session.backToUninitialized());
  },
  'model.restore': (state, revision) => {
    state.refuseWhileRunning('undo a change of parameters');
    return noticed(state, state.session.restore(revision));
  },
  'model.exchange': (state, project, revision) => {
    state.refuseWhileRunning('undo a change of parameters');
    return noticed(state, state.exchange(project, revision));
  },
  'model.measuredMemory': (state) => state.session.heldBytes,
  'model.exportState': (state) => state.session.exportState(),
  'model.activity': (state, node) => state.session.activity(node),
  'model.judge': (state) => state.session.judge(),
  'model.generate': (state, request) => state.session.generate(request),
  'model.profile': (state) => state.session.profile(),
  'model.importState': (state, bytes) => {
    state.refuseWhileRunning('load weights');
    return noticed(state, state.session.importState(bytes));
  },
  'weights.choose': async (state) => {
    const file = await chooseWeights(state);
    if (file === null) return null;
    const verdicts = await state.session.compareWeights(file);
    return { token: state.tokens.issue(file), name: basename(file), verdicts };
  },
  'weights.compare': (state, token, rules) =>
    state.session.compareWeights(state.tokens.resolve(token), { rules }),
  'weights.load': (state, token, options) => {
    state.refuseWhileRunning('load weights');
    return noticed(state, state.session.loadWeights(state.tokens.resolve(token), options));
  },
  'weights.save': async (state) => {
    const { canceled, filePath } = await dialog.showSaveDialog(state.window, {
      title: say(state, 'ask.saveWeights'),
      defaultPath: `${state.session.project.name}.pt`,
      filters: [
        { name: 'PyTorch', extensions: ['pt'] },
        { name: 'safetensors', extensions: ['safetensors'] },
      ],
    });
    if (canceled || filePath === '') return null;
    const uninitialized = await chooseUninitialized(state, filePath);
    if (uninitialized === null) return null;
    const { warnings } = await state.session.saveWeights(filePath, { uninitialized });
    return { name: basename(filePath), warnings };
  },
};

/** Parameter values changed: they are backed up once they rest. */
export async function noticed<T>(state: WindowState, work: Promise<T>): Promise<T> {
  const result = await work;
  state.autosave.notice();
  return result;
}

/** What to do with uninitialized entries where the format could hold them; null cancels the save. */
async function chooseUninitialized(state: WindowState, file: string): Promise<'keep' | 'skip' | null> {
  const { uninitialized } = state.session.info().totals;
  if (uninitialized === 0 || formatOfWeights(file) !== 'torch') return 'keep';
  const { response } = await dialog.showMessageBox(state.window, {
    type: 'question',
    message: say(state, 'ask.uninitialized', { count: uninitialized }),
    detail: say(state, 'ask.uninitializedDetail'),
    buttons: [say(state, 'ask.saveInitialized'), say(state, 'ask.saveAll'), say(state, 'common.cancel')],
    defaultId: 0,
    cancelId: 2,
  });
  return response === 0 ? 'skip' : response === 1 ? 'keep' : null;
}

async function chooseWeights(state: WindowState): Promise<string | null> {
  state.refuseWhileRunning('load weights');
  const { filePaths } = await dialog.showOpenDialog(state.window, {
    title: say(state, 'weights.loadWeights'),
    properties: ['openFile'],
    filters: [{ name: say(state, 'ask.weightsFiles'), extensions: WEIGHTS_EXTENSIONS }, allFiles(state)],
  });
  const [file] = filePaths;
  if (file === undefined) return null;
  if (file.endsWith('.lazuli'))
    throw new LazuliError('file_refused', `${basename(file)} is a project, not a weights file`, {
      hint: 'open it with File › Open',
    });
  const other = await otherThanProject(file);
  if (other?.use === 'data' && !/\.np[yz]$/i.test(file))
    throw new LazuliError('file_refused', `${basename(file)} holds ${other.what}, not weights`, {
      hint: 'choose it in the Sample panel: Choose data…',
    });
  return file;
}
