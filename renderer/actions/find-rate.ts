// The search for a learning rate from the window: started, given up, and its result put into the settings.
import { call } from '../client';
import { changeSettings, recordValues, useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { showSearch } from '../stores/rate';
import { t } from '../text';
import { perform } from './perform';
import { acceptModel, flushUpdate } from './sync';

/** Tries growing rates on the training samples. The model stays as it is; what was uninitialized takes its shape first. */
export async function findRate(): Promise<void> {
  await flushUpdate();
  const { project } = useDocument.getState();
  if (!project) return;
  const before = useModel.getState().model?.revision ?? 0;
  const found = await perform(t('told.noLearningRateWasFound'), 'rate', () =>
    call('train.findRate', project),
  );
  if (!found) return;
  acceptModel(found.model, project);
  recordValues(t('step.feed'), before, found.model.revision);
  if (found.search) showSearch(found.search);
}

export const stopFinding = (): Promise<unknown> =>
  perform(t('told.theSearchGoesOn'), null, () => call('train.stopFinding'));

/** Two digits are all a search can tell. */
export const roundedRate = (rate: number): number => Number(rate.toPrecision(2));

export function applyRate(rate: number): void {
  changeSettings(t('step.changeRate'), (project) => {
    const { training } = project;
    const { optimizer } = training;
    const params = { ...optimizer.params, lr: roundedRate(rate) };
    return { ...project, training: { ...training, optimizer: { ...optimizer, params } } };
  });
}
