// Keeps the parts of the window and the main process in step: every edit is inferred at once, told to the main process after a
// pause (against a reload, and for the engine), and the unsaved mark follows. Answers that a newer edit has overtaken are dropped.
import { changeBetween } from '#core/document/change';
import { writeHistory } from '#core/document/history';
import type { Project } from '#core/document/project';
import { ModelListener } from '#core/session/model-change';
import type { ModelInfo } from '#core/session/session';

import { LARGE } from '../canvas/scene';
import { call } from '../client';
import { isDirty, keptHistory, scopePath, shownGraph, useDocument } from '../stores/document';
import { finishInTurns } from '../stores/in-turns';
import { inferLive } from '../stores/live';
import { showModel, useModel } from '../stores/model';
import { useRun } from '../stores/run';
import { showError } from '../stores/toasts';
import { useUi } from '../stores/ui';
import { t } from '../text';

const UPDATE_MS = 150;
/** The engine takes a tenth of a second of work over a large graph's edit: between edits in a row it is left alone. */
const UPDATE_LARGE_MS = 400;
const UPDATE_LIMIT_MS = 3_000;
const REMEMBER_MS = 300;
const REMEMBER_LIMIT_MS = 3_000;

/** The document as the main process knows it, and its name for that state. */
let told: { readonly project: Project; readonly version: number } | null = null;
let lastTelling: Promise<void> = Promise.resolve();

/** The main process showed `project` or saved it: what it knows is what it said. */
export function markTold(project: Project, version: number): void {
  told = { project, version };
}

/** The engine's picture of a project, which it takes over. Answers come in the order of the calls. */
export function modelOf(project: Project): Promise<ModelInfo> {
  const hearing = lastHearing.then(async () => {
    await tell(project);
    return finishInTurns(listener.hear(await call('model.update', listener.version)));
  });
  lastHearing = hearing.catch(() => undefined);
  return hearing;
}

const listener = new ModelListener();
let lastHearing: Promise<unknown> = Promise.resolve();

/** Tells the main process the document, one after the other: by what changed since the last time where it still knows that. */
export function tell(project: Project): Promise<void> {
  const history = told?.project === project ? '' : writeHistory(keptHistory(useDocument.getState()));
  const telling = lastTelling.then(async () => {
    if (told?.project === project) return;
    const version =
      told && (await call('project.change', told.version, changeBetween(told.project, project), history));
    // What a newer state has overtaken is not sent whole: the newer one follows.
    if (version === null && useDocument.getState().project !== project) return;
    told = { project, version: version ?? (await call('project.remember', project, history)) };
  });
  lastTelling = telling.catch(() => undefined);
  return telling;
}

/** The project the engine's picture was made of; by identity. */
let synced: Project | null = null;
let updateTimer: ReturnType<typeof setTimeout> | undefined;
/** When the first edit was made that the engine was not told of; null when it knows all. */
let behindSince: number | null = null;
let rememberTimer: ReturnType<typeof setTimeout> | undefined;
/** When the oldest edit that is not remembered yet was made; null when all are. */
let waitingSince: number | null = null;

/** Takes the engine's picture of `project` and infers the window's own anew. */
export function acceptModel(model: ModelInfo, project: Project | null, how = { isHeard: false }): void {
  synced = project;
  showModel(model, how);
  infer();
}

/** The engine knows the current project: what `model.update` would say is said. */
const isInStep = (project: Project): boolean =>
  synced !== null && synced.graph === project.graph && synced.dtype === project.dtype;

function infer(): void {
  const state = useDocument.getState();
  const { project } = state;
  if (!project) return;
  const scope = { path: scopePath(state), graph: shownGraph(state) ?? null };
  inferLive(project.graph, useModel.getState().model, project.dtype, isInStep(project), scope);
}

/** Starts the synchronization; returns its end. */
export function startSync(): () => void {
  let wasDirty: boolean | null = null;
  const unsubscribe = useDocument.subscribe((state, before) => {
    const dirty = isDirty(state);
    // A page that shows nothing yet knows nothing of what is unsaved.
    if (state.project !== null && dirty !== wasDirty) {
      wasDirty = dirty;
      call('app.setDirty', dirty).catch(report);
    }
    const { project } = state;
    if (state.scope !== before.scope) infer();
    if (!project || project === before.project) return;
    if (project.graph !== before.project?.graph || project.dtype !== before.project.dtype) infer();
    // What is just being opened the main process knows.
    if (useUi.getState().busy === 'open') return;
    scheduleRemember();
    if (!isInStep(project)) scheduleUpdate();
  });
  const unsubscribeRun = useRun.subscribe(({ state }, before) => {
    const { project } = useDocument.getState();
    if (state === 'idle' && before.state !== 'idle' && project && !isInStep(project)) scheduleUpdate();
  });
  return () => {
    unsubscribe();
    unsubscribeRun();
    clearTimeout(updateTimer);
    clearTimeout(rememberTimer);
  };
}

/** Sends what the engine does not know yet, for calls that work on the graph it has. */
export async function flushUpdate(): Promise<void> {
  clearTimeout(updateTimer);
  await update();
}

function scheduleUpdate(): void {
  clearTimeout(updateTimer);
  const now = performance.now();
  behindSince ??= now;
  const isLarge = (useDocument.getState().project?.graph.nodes.length ?? 0) >= LARGE;
  const wait = !isLarge ? UPDATE_MS : now - behindSince > UPDATE_LIMIT_MS ? 0 : UPDATE_LARGE_MS;
  updateTimer = setTimeout(() => void update(), wait);
}

async function update(): Promise<void> {
  behindSince = null;
  const { project } = useDocument.getState();
  // While a run is going the engine keeps the graph it trains; the edits follow when it ends.
  if (!project || isInStep(project) || useRun.getState().state !== 'idle') return;
  try {
    const model = await modelOf(project);
    if (useDocument.getState().project?.graph === project.graph)
      acceptModel(model, project, { isHeard: true });
  } catch (error) {
    report(error);
  }
}

function scheduleRemember(): void {
  clearTimeout(rememberTimer);
  waitingSince ??= performance.now();
  // Edits that never pause (a slider, typing) are remembered in between.
  const wait = performance.now() - waitingSince > REMEMBER_LIMIT_MS ? 0 : REMEMBER_MS;
  rememberTimer = setTimeout(() => {
    flushRemember().catch(report);
  }, wait);
}

/** Tells the main process the document as it stands, before something that must not be overtaken by it. */
export async function flushRemember(): Promise<void> {
  clearTimeout(rememberTimer);
  waitingSince = null;
  const { project } = useDocument.getState();
  if (project) await tell(project);
}

const report = (error: unknown): void => {
  showError(t('told.theChangeDidNotReach'), error);
};
