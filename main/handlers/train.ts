// The calls about training: each answers with the run as it then stands; its events follow on their own.
import { LazuliError } from '#core/errors';
import { isHistoryOff } from '#engine/index';

import type { HandlersOf } from './area';

export const trainHandlers: HandlersOf<'train'> = {
  'train.start': async (state, project) => {
    state.refuseWhileRunning('start another training');
    await state.update(project);
    return state.runner.start();
  },
  'train.need': async (state, project) => {
    state.refuseWhileRunning('ask what another training needs');
    await state.update(project);
    return state.session.trainingNeed({ keepsBest: !isHistoryOff() });
  },
  'train.needs': async (state, project) => {
    state.refuseWhileRunning('ask what another training needs');
    await state.update(project);
    return state.session.trainingNeeds({ keepsBest: !isHistoryOff() });
  },
  'train.pause': async (state) => {
    await state.runner.run.pause();
    return state.runner.snapshot();
  },
  'train.resume': (state) => {
    state.runner.run.resume();
    return state.runner.snapshot();
  },
  'train.stop': async (state) => {
    const { run } = state.runner;
    await run.stop();
    await run.finished;
    return state.runner.snapshot();
  },
  'train.findRate': async (state, project) => {
    state.refuseWhileRunning('look for a learning rate');
    await state.update(project);
    const search = await state.findRate();
    return { search, model: state.session.info() };
  },
  'train.stopFinding': (state) => {
    state.stopFinding();
  },
  'train.queue': (state, project) => {
    state.checkData(project.data);
    // The run may have ended while the window asked: then nothing would ever start this one.
    if (!state.isRunning) throw new LazuliError('usage', 'no training is running: start this one instead');
    return state.runner.enqueue(project);
  },
  'train.cancel': (state, id) => state.runner.cancel(id),
  'train.move': (state, id, by) => state.runner.move(id, by),
};
