// The calls about the project file: new, open, save, and the question before work is lost.
import { basename, dirname, join } from 'node:path';

import { app as electron, dialog } from 'electron';
import { isProjectFile, PROJECT_FILE } from '#core/document/file-type';
import { errorToData, LazuliError } from '#core/errors';
import type { Project } from '#core/document/project';
import { serializeProject } from '#core/document/serialize';
import type { OpenedProject } from '#core/ipc/api';
import { isInside } from '#engine/data-places';
import { diffProjects } from '#engine/diff';
import { otherThanProject } from '#engine/not-a-project';
import { readProjectFile } from '#engine/projects';
import { newFromTemplate, openProject, saveProject } from '#engine/project-files';

import type { App } from '../app';
import { sendEvent } from '../ipc';
import { allFiles, saidTo, say } from '../text';
import type { WindowState } from '../window-state';
import type { HandlersOf } from './area';
import { tellDropped } from './files';

const projectFiles = (state: WindowState): Electron.FileFilter => ({
  name: say(state, 'ask.projectFiles'),
  extensions: [PROJECT_FILE.extension],
});

export function projectHandlers(app: App): HandlersOf<'project'> {
  return {
    'project.new': (state, template) => {
      const { project, folder } = newFromTemplate(template, app.examplesFolder);
      return state.open(project, { file: null, folder });
    },
    'project.open': async (state) => {
      state.refuseWhileRunning('open another project');
      const { filePaths } = await dialog.showOpenDialog(state.window, {
        title: say(state, 'ask.openProject'),
        properties: ['openFile'],
        filters: [projectFiles(state), allFiles(state)],
      });
      const [file] = filePaths;
      if (file === undefined) return null;
      if ((await useOf(file)) === 'project') return openFile(app, state, file);
      await tellDropped(state, [file]);
      return null;
    },
    'project.openRecent': (state, token) => openFile(app, state, state.tokens.resolve(token)),
    'project.save': async (state, project, { saveAs }) => {
      const place = await placeToSave(state, project, saveAs);
      if (place === null) return null;
      await state.update(project);
      if (place === 'reload') return state.reload();
      const { file } = place;
      const saved = await saveProject(state.session, file, state.folder);
      if (state.session.project.data) state.allowData(state.session.project.data);
      await state.moveTo(file, serializeProject(saved.project));
      app.remember(file);
      const copied = saved.copied.map((name) => say(state, 'note.dataCopied', { name }));
      return { ...state.opened(), notes: [...saved.warnings, ...copied], leaving: null };
    },
    'project.remember': (state, project, history) => state.remember(project, history),
    'project.change': (state, base, change, history) => state.change(base, change, history),
    'project.confirmDiscard': (state) => confirmDiscard(state),
  };
}

/**
 * Opens a project file in a window and puts it on the list of recent ones. A file that is gone leaves that list. A shipped example is
 * opened as New from its template does, without a file of its own: installed it belongs to root, and it is to stay as it was shipped.
 */
export async function openFile(app: App, state: WindowState, file: string): Promise<OpenedProject> {
  try {
    const { project, notes, weights } = await openProject(file);
    state.refuseWhileRunning('open another project');
    const own = isInside(app.examplesFolder, file) ? null : file;
    sendEvent(state.window, 'opening', { file: own === null ? null : state.named(own), project });
    const opened = await state.open(project, { file: own, folder: dirname(file) }, notes);
    if (own !== null) app.remember(own);
    if (weights === null) return opened;
    return await loadBeside(state, weights);
  } catch (error) {
    if (error instanceof LazuliError && error.code === 'file_not_found') app.forget(file);
    throw error;
  }
}

/** Loads the weights beside a project. Ones that do not load are told in a note: the project is open all the same. */
async function loadBeside(state: WindowState, weights: string): Promise<OpenedProject> {
  try {
    await state.session.loadWeights(weights);
    return state.opened();
  } catch (error) {
    const { message } = errorToData(error);
    const note = `${message}. The project is open without these weights; they are kept as they are until you save.`;
    return { ...state.opened(), notes: [note] };
  }
}

interface Place {
  readonly file: string;
}

async function askWhere(state: WindowState, name: string): Promise<Place | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(state.window, {
    title: say(state, 'ask.saveProject'),
    defaultPath: state.file ?? join(electron.getPath('documents'), `${name}.${PROJECT_FILE.extension}`),
    filters: [projectFiles(state)],
  });
  if (canceled || filePath === '') return null;
  return { file: isProjectFile(filePath) ? filePath : `${filePath}.${PROJECT_FILE.extension}` };
}

/** Where a project is written: its file, unless that changed on disk meanwhile and the user does not want to overwrite it. */
async function placeToSave(
  state: WindowState,
  project: Project,
  saveAs: boolean,
): Promise<Place | 'reload' | null> {
  const { file } = state;
  if (saveAs || file === null) return askWhere(state, project.name);
  if (!(await state.hasChangedOnDisk())) return { file };
  const answers = ['saveAs', 'overwrite', 'reload', 'cancel'] as const;
  const { response } = await dialog.showMessageBox(state.window, {
    type: 'warning',
    message: say(state, 'ask.changedOnDisk', { file: basename(file) }),
    detail: `${await compareWithDisk(state, file, project)}\n\n${say(state, 'ask.reloadDetail')}`,
    buttons: [
      say(state, 'ask.saveAs'),
      say(state, 'ask.overwrite'),
      say(state, 'ask.reload'),
      say(state, 'common.cancel'),
    ],
    defaultId: 0,
    cancelId: 3,
    noLink: true,
  });
  const answer = answers[response] ?? 'cancel';
  if (answer === 'cancel') return null;
  if (answer === 'reload') return answer;
  return answer === 'overwrite' ? { file } : askWhere(state, project.name);
}

/** What was chosen to be opened: weights and data are for the open project, all else is told by the reader of projects. */
async function useOf(file: string): Promise<'project' | 'other'> {
  if (isProjectFile(file)) return 'project';
  const other = await otherThanProject(file);
  return other === null || other.use === null ? 'project' : 'other';
}

const SHOWN_DIFFERENCES = 12;

/** What saving here would undo of the file, and what it would bring, in a few lines. */
async function compareWithDisk(state: WindowState, file: string, project: Project): Promise<string> {
  try {
    const { project: onDisk } = await readProjectFile(file);
    const { added, removed, changed } = diffProjects(onDisk, project);
    const named = (where: string): string => saidTo(state, where);
    const lines = [
      ...removed.map((where) => say(state, 'ask.onlyInFile', { where: named(where) })),
      ...added.map((where) => say(state, 'ask.onlyHere', { where: named(where) })),
      ...changed.map(({ where, before, after }) =>
        say(state, 'ask.differs', {
          where: named(where),
          file: JSON.stringify(before),
          here: JSON.stringify(after),
        }),
      ),
    ];
    if (lines.length === 0) return say(state, 'ask.onlyPlaces');
    const rest = lines.length - SHOWN_DIFFERENCES;
    return [
      ...lines.slice(0, SHOWN_DIFFERENCES),
      ...(rest > 0 ? [say(state, 'ask.andMore', { count: rest })] : []),
    ].join('\n');
  } catch (error) {
    return saidTo(state, errorToData(error).message);
  }
}

/** Asks what to do with unsaved work. */
export async function confirmDiscard(state: WindowState): Promise<'save' | 'discard' | 'cancel'> {
  const answers = ['save', 'discard', 'cancel'] as const;
  const { response } = await dialog.showMessageBox(state.window, {
    type: 'warning',
    message:
      state.file === null
        ? say(state, 'ask.saveNew')
        : say(state, 'ask.saveChanges', { file: basename(state.file) }),
    detail: say(state, 'ask.saveDetail'),
    buttons: [say(state, 'toolBar.save'), say(state, 'ask.dontSave'), say(state, 'common.cancel')],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  });
  return answers[response] ?? 'cancel';
}

/** Asks before a window with a run in it closes; true when the run may be stopped. */
export async function confirmStop(state: WindowState): Promise<boolean> {
  const { events } = state.runner.snapshot();
  const last = events.at(-1);
  const waiting = state.runner.queue.length;
  const { response } = await dialog.showMessageBox(state.window, {
    type: 'warning',
    message: say(state, 'ask.stopAndClose'),
    detail: [
      last
        ? say(state, 'ask.inEpoch', { epoch: last.epoch, epochs: last.total_epochs })
        : say(state, 'ask.justBegun'),
      ...(waiting > 0 ? [say(state, 'ask.runsWait', { count: waiting })] : []),
      say(state, 'ask.staysInHistory'),
    ].join(' '),
    buttons: [say(state, 'ask.stop'), say(state, 'ask.keepTraining')],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  });
  return response === 0;
}
