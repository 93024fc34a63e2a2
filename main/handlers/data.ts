// The calls about data sets: choosing a file the window may then name, and looking at its first items.
import { dialog } from 'electron';
import { describeData } from '#engine/datasets/describe';

import { allFiles, say } from '../text';
import type { HandlersOf } from './area';

export const dataHandlers: HandlersOf<'data'> = {
  'data.choose': async (state) => {
    const { filePaths } = await dialog.showOpenDialog(state.window, {
      title: say(state, 'ask.chooseData'),
      properties: ['openFile'],
      filters: [
        {
          name: say(state, 'ask.dataFiles'),
          extensions: ['csv', 'tsv', 'txt', 'npy', 'npz', 'idx', 'gz', '*'],
        },
        allFiles(state),
      ],
    });
    const [file] = filePaths;
    if (file === undefined) return null;
    const source = await describeData(file, null);
    state.allowData(source);
    return source;
  },
  'data.use': async (state, token) => {
    state.refuseWhileRunning('choose other data');
    const source = await describeData(state.tokens.resolve(token), null);
    state.allowData(source);
    return source;
  },
  'data.preview': (state, source, range) => {
    state.checkData(source);
    return state.session.preview(range, source);
  },
};
