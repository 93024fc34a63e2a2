// What is done to single tensors from the parameter browser. Changes of values can be undone.
import type { ModelInfo, ParameterInfo } from '#core/session/session';

import { call } from '../client';
import { recordValues, useDocument } from '../stores/document';
import { refOf } from '../stores/figures';
import { useModel } from '../stores/model';
import { showNote } from '../stores/toasts';
import { perform } from './perform';
import { acceptModel, flushUpdate } from './sync';

/** A change of values, with its step of the history. */
async function changeValues(label: string, work: () => Promise<ModelInfo>): Promise<boolean> {
  await flushUpdate();
  const { project } = useDocument.getState();
  const before = useModel.getState().model?.revision ?? 0;
  const model = await perform(`${label} failed; nothing changed`, null, work);
  if (!model) return false;
  acceptModel(model, project);
  recordValues(label, before, model.revision);
  return true;
}

/** Draws the first values of these tensors anew. */
export const reinitialize = (infos: readonly ParameterInfo[]): Promise<boolean> =>
  changeValues(
    `Initialize ${infos.length === 1 ? (infos[0]?.key ?? '') : `${infos.length} tensors`} anew`,
    () => call('parameters.reinitialize', infos.map(refOf)),
  );

/** Sets one value, counted in row-major order. */
export const writeValue = (info: ParameterInfo, index: number, value: number): Promise<boolean> =>
  changeValues(`Set a value of ${info.key}`, () => call('parameters.write', refOf(info), index, value));

export async function copyTensor(info: ParameterInfo): Promise<void> {
  const length = await perform(`${info.key} was not copied`, null, () =>
    call('parameters.copy', refOf(info)),
  );
  if (length !== null) showNote(`Copied ${info.key} as NumPy`);
}
