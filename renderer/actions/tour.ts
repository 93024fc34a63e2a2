// The tour of the window: which step is shown. It begins by itself at the first start and goes on when what a step asks for is done.
import { call } from '../client';
import { useModel } from '../stores/model';
import { useRun } from '../stores/run';
import { showDock, useUi, type DockTab } from '../stores/ui';
import { t } from '../text';
import { isUninitialized } from './model';
import { perform } from './perform';

export interface TourStep {
  readonly name: 'graph' | 'feed' | 'shapes' | 'train' | 'save';
  /** What it is about, as a selector. */
  readonly target: string;
  /** The panel it needs below. */
  readonly tab?: DockTab;
}

export const TOUR: readonly TourStep[] = [
  { name: 'graph', target: '.canvas' },
  { name: 'feed', target: '[data-command="model.feed"]', tab: 'sample' },
  { name: 'shapes', target: '.canvas' },
  { name: 'train', target: '[data-command="model.train"], .run-controls', tab: 'training' },
  { name: 'save', target: '[data-command="file.save"]' },
];

export function startTour(): void {
  useUi.setState({ tour: 0, dialog: null });
}

export function goToStep(step: number): void {
  const tab = TOUR[step]?.tab;
  if (tab !== undefined) showDock(tab);
  if (step >= TOUR.length) endTour();
  else useUi.setState({ tour: Math.max(0, step) });
}

/** Over for good: it does not come again by itself. */
export function endTour(): void {
  useUi.setState({ tour: null });
  void perform(t('told.theEndOfTheTour'), null, () => call('app.endTour'));
}

const isAt = (name: TourStep['name']): boolean => TOUR[useUi.getState().tour ?? -1]?.name === name;

/** What the user does in the window takes the tour on; returns the end. */
export function followTour(): () => void {
  const ends = [
    useModel.subscribe(({ model }, before) => {
      if (model && isAt('feed') && isUninitialized(before.model) && !isUninitialized(model)) goOn();
    }),
    useRun.subscribe(({ state }, before) => {
      if (isAt('train') && state === 'idle' && before.state !== 'idle') goOn();
    }),
  ];
  return () => {
    ends.forEach((end) => end());
  };
}

const goOn = (): void => goToStep((useUi.getState().tour ?? -1) + 1);
