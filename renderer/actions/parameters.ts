// What is done to single tensors from the parameter browser. Changes of values can be undone.
import type { ModelInfo, ParameterInfo } from '#core/session/session';

import { call } from '../client';
import { recordValues, useDocument } from '../stores/document';
import { refOf } from '../stores/figures';
import { useModel } from '../stores/model';
import { showNote } from '../stores/toasts';
import { perform } from './perform';
import { acceptModel, flushUpdate } from './sync';
import { t } from '../text';

/** A change of values, with its step of the history. */
async function changeValues(label: string, work: () => Promise<ModelInfo>): Promise<boolean> {
  await flushUpdate();
  const { project } = useDocument.getState();
  const before = useModel.getState().model?.revision ?? 0;
  const model = await perform(t('told.failed', { what: label }), null, work);
  if (!model) return false;
  acceptModel(model, project);
  recordValues(label, before, model.revision);
  return true;
}

/** Draws the first values of these tensors anew. */
export const reinitialize = (infos: readonly ParameterInfo[]): Promise<boolean> =>
  changeValues(
    t('step.initialize', {
      what: infos.length === 1 ? (infos[0]?.key ?? '') : t('count.tensors', { count: infos.length }),
    }),
    () => call('parameters.reinitialize', infos.map(refOf)),
  );

/** Sets one value, counted in row-major order. */
export const writeValue = (info: ParameterInfo, index: number, value: number): Promise<boolean> =>
  changeValues(t('step.setValue', { name: info.key }), () =>
    call('parameters.write', refOf(info), index, value),
  );

export async function copyTensor(info: ParameterInfo): Promise<void> {
  const length = await perform(t('told.notCopied', { name: info.key }), null, () =>
    call('parameters.copy', refOf(info)),
  );
  if (length !== null) showNote(t('told.copied', { name: info.key }));
}
