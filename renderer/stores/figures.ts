// Figures of the model's tensors as the parameter browser has them: asked for in batches, those on the screen first, and kept
// until the values change.
import { create } from 'zustand';
import { BROWSER_LIMITS, type TensorFigures, type TensorRef } from '#core/session/parameters';
import type { ParameterInfo } from '#core/session/session';

import { call } from '../client';
import { t } from '../text';
import { useModel } from './model';
import { useRun } from './run';
import { showError } from './toasts';

interface Kept {
  /** The values it was computed of. */
  readonly stamp: string;
  readonly figures: TensorFigures | null;
}

/** By state-dict key. Changed in place: `version` tells that it was. */
const kept = new Map<string, Kept>();

export const useFigures = create<{ readonly version: number }>(() => ({ version: 0 }));

/** The last figures known of a tensor, also while newer ones are on their way; undefined while none are known. */
export const figuresOf = (key: string): TensorFigures | null | undefined => kept.get(key)?.figures;

/** Names the present values: another revision, or another epoch of a run. */
export const valuesStamp = (): string => {
  const { state, last } = useRun.getState();
  const revision = useModel.getState().model?.revision ?? 0;
  return state === 'idle' ? String(revision) : `${revision}/${last?.epoch ?? 0}`;
};

let wanted: readonly ParameterInfo[] = [];
let others: readonly ParameterInfo[] = [];
let isAsking = false;

/** Asks for what is on the screen and then, while no run goes on, for all others. Nothing is asked twice. */
export function wantFigures(visible: readonly ParameterInfo[], all: readonly ParameterInfo[]): void {
  wanted = visible;
  others = all;
  if (!isAsking) void ask();
}

/** The browser is closed: nothing more is asked. */
export const wantNoFigures = (): void => {
  wanted = others = [];
};

export const refOf = ({ node, name }: ParameterInfo): TensorRef => ({ node, name });

const isMissing =
  (stamp: string) =>
  ({ key, state }: ParameterInfo): boolean =>
    state !== 'uninitialized' && kept.get(key)?.stamp !== stamp;

function nextBatch(stamp: string): readonly ParameterInfo[] {
  const visible = wanted.filter(isMissing(stamp));
  if (visible.length > 0) return visible.slice(0, BROWSER_LIMITS.tensors);
  if (useRun.getState().state !== 'idle') return [];
  const batch: ParameterInfo[] = [];
  for (const info of others) {
    if (isMissing(stamp)(info)) batch.push(info);
    if (batch.length === BROWSER_LIMITS.tensors) break;
  }
  return batch;
}

async function ask(): Promise<void> {
  isAsking = true;
  try {
    for (;;) {
      const stamp = valuesStamp();
      const batch = nextBatch(stamp);
      if (batch.length === 0) break;
      const figures = await call('parameters.figures', batch.map(refOf));
      batch.forEach(({ key }, at) => kept.set(key, { stamp, figures: figures[at] ?? null }));
      useFigures.setState(({ version }) => ({ version: version + 1 }));
    }
  } catch (error) {
    wantNoFigures();
    showError(t('told.noFigures'), error);
  } finally {
    isAsking = false;
  }
}
