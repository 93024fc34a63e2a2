// The calls about training: each answers with the run as it then stands; its events follow on their own.
import type { HandlersOf } from './area';

export const trainHandlers: HandlersOf<'train'> = {
  'train.start': async (state, project) => {
    state.refuseWhileRunning('start another training');
    await state.update(project);
    return state.startRun();
  },
  'train.pause': async (state) => {
    await state.run().pause();
    return state.runSnapshot();
  },
  'train.resume': (state) => {
    state.run().resume();
    return state.runSnapshot();
  },
  'train.stop': async (state) => {
    const run = state.run();
    await run.stop();
    await run.finished;
    return state.runSnapshot();
  },
};
