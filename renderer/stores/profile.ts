// What each layer costs in a training step, measured: asked for while something shows it, again when the graph, the data or the
// settings change, and each second while a run goes on. Nothing is measured while nobody looks.
import { useEffect } from 'react';
import { create } from 'zustand';
import { errorToData, type ErrorData } from '#core/errors';
import type { StepProfile } from '#core/session/profile';

import { call } from '../client';
import { useDocument } from './document';
import { useModel } from './model';
import { useRun } from './run';

interface ProfileState {
  readonly profile: StepProfile | null;
  readonly error: ErrorData | null;
  readonly isAsking: boolean;
}

export const useProfile = create<ProfileState>(() => ({ profile: null, error: null, isAsking: false }));

/** After an edit: measuring takes some steps, which typing should not wait for. */
const QUIET_MS = 350;
const LIVE_MS = 1000;

let watchers = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let isStale = false;

function askSoon(wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), wait);
}

async function ask(): Promise<void> {
  if (watchers === 0) return;
  if (useProfile.getState().isAsking) {
    isStale = true;
    return;
  }
  useProfile.setState({ isAsking: true });
  isStale = false;
  try {
    const profile = await call('model.profile');
    // While a run begins nothing was measured yet: what was known stays.
    if (profile) useProfile.setState({ profile, error: null });
  } catch (error) {
    useProfile.setState({ profile: null, error: errorToData(error) });
  }
  useProfile.setState({ isAsking: false });
  if (useRun.getState().state === 'running') askSoon(LIVE_MS);
  else if (isStale) askSoon(QUIET_MS);
}

/** Keeps the profile up to date while the component that calls it is there. */
export function useProfileWatch(isOn = true): void {
  const graph = useDocument((state) => state.project?.graph);
  const data = useDocument((state) => state.project?.data);
  const training = useDocument((state) => state.project?.training);
  const waiting = useModel((state) => state.model?.totals.uninitialized);
  const run = useRun((state) => state.state);
  useEffect(() => {
    if (!isOn) return;
    watchers += 1;
    return () => {
      watchers -= 1;
      if (watchers === 0) clearTimeout(timer);
    };
  }, [isOn]);
  useEffect(() => {
    if (isOn) askSoon(QUIET_MS);
  }, [isOn, graph, data, training, waiting, run]);
}
