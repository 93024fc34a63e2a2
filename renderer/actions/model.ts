// What changes parameter values: feeding a sample, going back to uninitialized, weight files; and undo and redo over all of it.
import { call } from '../client';
import { recordValues, step, useDocument, type HistoryEntry } from '../stores/document';
import { useLive, type NodeView } from '../stores/live';
import { useModel } from '../stores/model';
import { showNote } from '../stores/toasts';
import { openDialog, useUi } from '../stores/ui';
import { t } from '../text';
import { perform } from './perform';
import { acceptModel, flushUpdate } from './sync';
import type { ModelInfo, WeightOptions } from '#core/session/session';

/** How long chips of fresh parameters are marked, for their animation. */
const FRESH_MS = 1_600;

const revision = (): number => useModel.getState().model?.revision ?? 0;

/** Feeds the sample batch; what it would change the size of is shown first, and asked about. */
export async function feedSample(): Promise<void> {
  // The revision to come back to is that of the graph as it is drawn now.
  await flushUpdate();
  const { project } = useDocument.getState();
  if (!project) return;
  const preview = await perform(t('told.notFed'), 'feed', () => call('model.previewFeed', project));
  if (!preview) return;
  if (preview.resized.length > 0) openDialog({ kind: 'resize', preview });
  else await feed({ rematerialize: false });
}

/** The sample again, with what it resizes initialized anew. */
export async function rematerialize(): Promise<void> {
  openDialog(null);
  await feed({ rematerialize: true });
}

/** The chips of what took its shape light up once. */
async function feed(options: { readonly rematerialize: boolean }): Promise<void> {
  const { project } = useDocument.getState();
  if (!project) return;
  const before = revision();
  const result = await perform(t('told.notFed'), 'feed', () => call('model.feed', project, options));
  if (!result) return;
  const { model, materialized, unreached, sampleShape } = result;
  acceptModel(model, project);
  recordValues(options.rematerialize ? t('step.feedAnother') : t('step.feed'), before, model.revision);
  const fresh = new Set(materialized);
  useModel.setState({ fresh, lastFeed: { sampleShape, materialized, unreached } });
  setTimeout(() => {
    if (useModel.getState().fresh === fresh) useModel.setState({ fresh: new Set() });
  }, FRESH_MS);
}

export async function backToUninitialized(): Promise<void> {
  await flushUpdate();
  const { project } = useDocument.getState();
  const before = revision();
  const model = await perform(t('told.theModelStayedAsIt'), 'reset', () => call('model.backToUninitialized'));
  if (!model) return;
  useModel.setState({ lastFeed: null, fresh: new Set() });
  acceptModel(model, project);
  recordValues(t('step.back'), before, model.revision);
}

/** Chooses a weights file and shows what it would do, key by key. */
export async function chooseWeights(): Promise<void> {
  await flushUpdate();
  const choice = await perform(t('told.theWeightsFileCannotBe'), 'weights', () => call('weights.choose'));
  if (choice) openDialog({ kind: 'weights', choice });
}

/** The same for a file that was dropped. */
export async function compareWeights(token: string, name: string): Promise<void> {
  await flushUpdate();
  const verdicts = await perform(t('told.cannotBeUsed', { name }), 'weights', () =>
    call('weights.compare', token, []),
  );
  if (verdicts) openDialog({ kind: 'weights', choice: { token, name, verdicts } });
}

export async function loadWeights(token: string, name: string, options: WeightOptions): Promise<void> {
  const { project } = useDocument.getState();
  const before = revision();
  const model = await perform(t('told.notLoaded', { name }), 'weights', () =>
    call('weights.load', token, options),
  );
  if (!model) return;
  openDialog(null);
  acceptModel(model, project);
  recordValues(t('step.loadWeights'), before, model.revision);
  showNote(t('told.loaded', { name }));
}

export async function saveWeights(): Promise<void> {
  await flushUpdate();
  const saved = await perform(t('told.theWeightsWereNotSaved'), 'weights', () => call('weights.save'));
  if (!saved) return;
  showNote(t('told.saved', { name: saved.name }));
  saved.warnings.forEach(showNote);
}

/** The entry that `undo` or `redo` would take next. */
const nextEntry = (direction: 'undo' | 'redo'): HistoryEntry | undefined => {
  const { past, future } = useDocument.getState();
  return direction === 'undo' ? past.at(-1) : future[0];
};

let lastStep: Promise<void> = Promise.resolve();

/** One step back or forward, after those that are still on their way: keys pressed quickly each count. */
export function travel(direction: 'undo' | 'redo'): Promise<void> {
  const next = lastStep.then(() => takeStep(direction));
  lastStep = next.catch(() => undefined);
  return next;
}

/** A step over parameter values asks the engine first and counts only when it agreed. */
async function takeStep(direction: 'undo' | 'redo'): Promise<void> {
  const entry = nextEntry(direction);
  if (!entry || useUi.getState().busy !== null) return;
  if (entry.kind === 'graph' || entry.kind === 'settings') {
    step(direction);
    return;
  }
  await flushUpdate();
  const leaving = revision();
  const wanted = direction === 'undo' ? entry.before : entry.after;
  const project = typeof wanted === 'number' ? useDocument.getState().project : wanted.project;
  const model = await perform(
    t(direction === 'undo' ? 'told.cannotUndo' : 'told.cannotRedo', { what: entry.label }),
    null,
    () =>
      typeof wanted === 'number'
        ? call('model.restore', wanted)
        : call('model.exchange', wanted.project, wanted.revision),
  );
  if (!model) return;
  step(direction, leaving);
  useModel.setState({ lastFeed: null, fresh: new Set() });
  acceptModel(model, project);
}

/** True when some parameter has no value yet. */
export const isUninitialized = (model: ModelInfo | null): boolean => (model?.totals.uninitialized ?? 0) > 0;

/** True when going back to uninitialized would take a shape away. */
export function isMaterialized(): boolean {
  const { views } = useLive.getState();
  if (known.views !== views) known = { views, isMaterialized: hasLazyValues(views) };
  return known.isMaterialized;
}

function hasLazyValues(views: ReadonlyMap<string, NodeView>): boolean {
  for (const { chips } of views.values())
    if (chips.some(({ isLazy, state }) => isLazy && state !== 'uninitialized')) return true;
  return false;
}

/** Buttons ask with every change of the window. */
let known: { readonly views: ReadonlyMap<string, NodeView> | null; readonly isMaterialized: boolean } = {
  views: null,
  isMaterialized: false,
};
