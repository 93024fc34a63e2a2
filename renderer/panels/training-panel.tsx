// The Training panel: how to train on the left, the run as it goes on the right.
import type { JSX } from 'react';

import { RunView } from './run-view';
import { TrainingForm } from './training-form';

export function TrainingPanel(): JSX.Element {
  return (
    <div className="training">
      <TrainingForm />
      <RunView />
    </div>
  );
}
