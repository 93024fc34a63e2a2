// What each node costs in a training step, measured by the executor: of a run that goes on, or of some steps on the training
// samples after which the model is as it was.
import { PLAN } from '#core/graph/graph-module';
import { tensorGroups } from '#core/graph/tensor-options';
import { together } from '#core/nn/index';
import { medianSeconds, profileProgram } from '#core/program/profile';
import type { StepProfile } from '#core/session/profile';
import type { CpuProgram } from '#native';

import { BestEpoch } from './best';
import { Optimizer } from './optimizer';
import type { RunParts } from './parts';
import { refuseAllFrozen, trainedParameters, type StepProgram } from './programs';
import { TrainingPass } from './training-pass';

type RunResult = Awaited<ReturnType<CpuProgram['run']>>;

/** Slices that are remembered: what a run did before is forgotten. */
const MOST_KEPT = 64;

/** Keeps the times of a program's instructions, slice by slice; of several programs those of the largest batch. */
export class StepMeter {
  #program: StepProgram | null = null;
  /** Seconds of each instruction in a step. */
  #slices: Float64Array[] = [];
  #steps = 0;

  constructor(readonly from: Pick<StepProfile, 'device' | 'isLive'>) {}

  add(program: StepProgram, { measuredSteps = 0, instructionSeconds }: RunResult): void {
    if (!instructionSeconds || measuredSteps === 0 || program.batch < (this.#program?.batch ?? 0)) return;
    if (program !== this.#program) this.clear();
    this.#program = program;
    this.#slices.push(instructionSeconds.map((seconds) => seconds / measuredSteps));
    if (this.#slices.length > MOST_KEPT) this.#slices.shift();
    this.#steps += measuredSteps;
  }
  /** Forgets what was measured. */
  clear(): void {
    this.#slices = [];
    this.#steps = 0;
  }
  get steps(): number {
    return this.#steps;
  }
  /** Medians, which a thread that had to wait now and then does not move; null before the first. */
  read(): StepProfile | null {
    if (!this.#program || this.#slices.length === 0) return null;
    const { batch, compiled } = this.#program;
    const each = medianSeconds(this.#slices);
    return { ...this.from, batch, steps: this.#steps, ...profileProgram(compiled, each) };
  }
}

/** Milliseconds for which a run is measured after it was last asked. */
const WATCHED_MS = 4000;

/** Measures a run while someone looks. */
export class Watch {
  #meter: StepMeter | null = null;
  #until = 0;

  constructor(readonly device: StepProfile['device']) {}

  /** What was measured since somebody began to look; null where nothing was yet. */
  read(): StepProfile | null {
    this.#until = performance.now() + WATCHED_MS;
    this.#meter ??= new StepMeter({ device: this.device, isLive: true });
    return this.#meter.read();
  }
  /** For the next slice: null where it is not to be measured. */
  next(): StepMeter | null {
    if (!this.#meter) return null;
    if (performance.now() > this.#until) this.#meter = null;
    return this.#meter;
  }
}

/** Steps measured: after one that warms up, until they took this long. */
const LEAST_STEPS = 3;
const MOST_STEPS = 50;
const MEASURED_MS = 150;
const LONG_SECONDS = 1;

/** Trains some steps on the training samples, measured, and puts everything back. Throws what a run would throw before its first step. */
export async function profileSteps(
  parts: RunParts,
  device: StepProfile['device'],
): Promise<StepProfile | null> {
  const { module, settings, rows } = parts;
  const parameters = trainedParameters(module);
  refuseAllFrozen(module, parameters.size);
  const before = new BestEpoch('loss', module, { earlyStopping: {} });
  const groupOf = tensorGroups(module[PLAN].graph);
  const optimizer = together(() => new Optimizer(settings, parameters, { groupOf }));
  let training: TrainingPass | null = null;
  try {
    await before.judge({ loss: 0 }, 1);
    training = await TrainingPass.create(parts, optimizer);
    const meter = new StepMeter({ device, isLive: false });
    const { signal } = new AbortController();
    let until = Infinity;
    const isEnough = (): boolean => meter.steps >= LEAST_STEPS && performance.now() > until;
    for (let slices = 0; meter.steps < MOST_STEPS && !isEnough(); slices++) {
      training.start(rows.training, { step: 0, totalSteps: 0 });
      await training.slice(0, signal, meter);
      if (slices > 0) continue;
      until = performance.now() + MEASURED_MS;
      // The first step takes memory for the first time; a long one counts all the same.
      if ((meter.read()?.seconds ?? 0) < LONG_SECONDS) meter.clear();
      else break;
    }
    return meter.read();
  } finally {
    training?.dispose();
    optimizer.dispose();
    await before.restore();
    before.dispose();
  }
}
