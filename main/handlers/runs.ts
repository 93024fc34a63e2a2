// The calls about the history of runs: listed, compared, restored, deleted, exported. Without a database there are none.
import { basename, dirname, join } from 'node:path';

import { dialog } from 'electron';
import { LazuliError } from '#core/errors';
import { compareSettings, type RecordedRun } from '#core/session/runs';
import type { ShownRun } from '#core/ipc/api';
import { pointsCsv, runsCsv, weightsOfRun, withHistory, withRuns, writeTextAtomically } from '#engine/index';

import { sendEvent } from '../ipc';
import { say } from '../text';
import type { HandlersOf } from './area';

const shown = ({ weights, checkpoint, ...run }: RecordedRun): ShownRun => ({
  ...run,
  canContinue: checkpoint !== null && run.state !== 'running',
  hasWeights: weights !== null || checkpoint !== null,
});

export const runsHandlers: HandlersOf<'runs'> = {
  'runs.list': async (state) =>
    (await withHistory(state.historyPlace(), (history) => history.list().map(shown))) ?? [],
  'runs.curves': (state, ids) =>
    withRuns(state.historyPlace(), (history) => ids.map((id) => ({ id, points: history.points(id) }))),
  'runs.compare': (state, ids) =>
    withRuns(state.historyPlace(), (history) => compareSettings(ids.map((id) => history.project(id)))),
  'runs.restore': async (state, id) => {
    state.refuseWhileRunning('go back to a run');
    const [run, project] = await withRuns(state.historyPlace(), (history) => [
      history.run(id),
      history.project(id),
    ]);
    const weights = await weightsOfRun(run);
    const model = await state.adopt(project, weights);
    return { project, model, hasWeights: weights !== null };
  },
  'runs.continue': async (state, id, device) => {
    state.refuseWhileRunning('go on from a run');
    const [{ checkpoint }, recorded] = await withRuns(state.historyPlace(), (history) => [
      history.run(id),
      history.project(id),
    ]);
    if (checkpoint === null)
      throw new LazuliError('usage', `run ${id} left no checkpoint to go on from`, {
        where: `run ${id}`,
        expected: 'a run that was stopped or cut off, with its files still there',
      });
    const { training } = recorded;
    const project = { ...recorded, training: { ...training, device: device ?? training.device } };
    const before = { project: state.session.project, revision: state.session.info().revision };
    try {
      const model = await state.adopt(project, null);
      return { project, model, run: await state.runner.start({ run: id, checkpoint }) };
    } catch (error) {
      await state.exchange(before.project, before.revision);
      throw error;
    }
  },
  'runs.star': async (state, id, isStarred) => {
    await withRuns(state.historyPlace(), (history) => {
      history.star(id, isStarred);
    });
  },
  'runs.deleteFiles': async (state, ids) => {
    const { response } = await dialog.showMessageBox(state.window, {
      type: 'warning',
      message:
        ids.length === 1
          ? say(state, 'ask.deleteWeightsOf', { run: ids.join() })
          : say(state, 'ask.deleteWeightsOfMany', { count: ids.length }),
      detail: say(state, 'ask.deleteWeightsDetail'),
      buttons: [say(state, 'ask.deleteWeights'), say(state, 'common.cancel')],
      defaultId: 1,
      cancelId: 1,
      noLink: true,
    });
    if (response !== 0) return null;
    const bytes = await withRuns(state.historyPlace(), (history) => history.deleteFiles(ids));
    sendEvent(state.window, 'runs', { fault: null });
    return bytes;
  },
  'runs.delete': async (state, ids) => {
    const { response } = await dialog.showMessageBox(state.window, {
      type: 'warning',
      message:
        ids.length === 1
          ? say(state, 'ask.deleteRun', { run: ids.join() })
          : say(state, 'ask.deleteRuns', { count: ids.length }),
      detail: say(state, 'ask.deleteDetail'),
      buttons: [say(state, 'ask.delete'), say(state, 'common.cancel')],
      defaultId: 1,
      cancelId: 1,
      noLink: true,
    });
    if (response !== 0) return false;
    await withRuns(state.historyPlace(), (history) => history.delete(ids));
    sendEvent(state.window, 'runs', { fault: null });
    return true;
  },
  'runs.export': async (state, ids, what) => {
    const text = await withRuns(state.historyPlace(), (history) => {
      const list = ids.length === 0 ? history.list() : ids.map((id) => history.run(id));
      return what === 'runs'
        ? runsCsv(list)
        : pointsCsv(list.map(({ id }) => ({ run: id, points: history.points(id) })));
    });
    const { canceled, filePath } = await dialog.showSaveDialog(state.window, {
      title: say(state, what === 'runs' ? 'ask.exportRuns' : 'ask.exportCurves'),
      defaultPath: join(
        state.file === null ? '' : dirname(state.file),
        `${state.session.project.name}-${what}.csv`,
      ),
      filters: [{ name: 'CSV', extensions: ['csv'] }],
    });
    if (canceled || filePath === '') return null;
    await writeTextAtomically(filePath, text);
    return basename(filePath);
  },
};
