// A compiled program as a workload: repetitions are its steps, run natively one after the other.
import { printInstructions, type CompiledProgram } from '#core/program/index';
import { medianSeconds } from '#core/program/profile';
import type { Storage } from '#core/tensor/storage';
import type { CpuProgram } from '#native';

import type { BenchRun } from './case';

/** Steps of one call: enough for the longest sample, few enough to stop soon. */
export const MOST_STEPS = 512;

/** Steps that are profiled together: after a pause the threads' first instructions are late. */
const SLICE_STEPS = 4;

export interface ProgramRunParts {
  readonly program: CpuProgram;
  readonly compiled: CompiledProgram;
  /** Names of storages in listings. */
  readonly names?: ReadonlyMap<Storage, string>;
  /** Called before each call, such as to go back to the first batch. */
  readonly rewind?: () => void;
  readonly dispose: () => void;
}

export function programRun({ program, compiled, names, rewind, dispose }: ProgramRunParts): BenchRun {
  const { spec, memory } = compiled;
  return {
    most: MOST_STEPS,
    minimumBytes: memory.externalBytes + memory.leastArenaBytes,
    async run(repetitions) {
      rewind?.();
      const { seconds, stepSeconds } = await program.run(repetitions, { timing: 'steps' });
      return { seconds, each: stepSeconds ?? new Float64Array() };
    },
    async profile(repetitions) {
      rewind?.();
      const slices: Float64Array[] = [];
      for (let done = 0; done < repetitions; done += SLICE_STEPS) {
        const { instructionSeconds, steps } = await program.run(SLICE_STEPS, { timing: 'instructions' });
        if (instructionSeconds) slices.push(instructionSeconds.map((seconds) => seconds / steps));
      }
      const each = medianSeconds(slices);
      const lines = printInstructions(spec, names ? { names } : {});
      return spec.instructions.map(({ op, shares }, at) => ({
        op,
        text: lines[at] ?? op,
        layers: (shares ?? []).map(({ node, phase }) => (node === null ? phase : `${node} ${phase}`)),
        seconds: each[at] ?? 0,
      }));
    },
    facts: () => ({
      arena_bytes: memory.arenaBytes,
      least_arena_bytes: memory.leastArenaBytes,
      external_bytes: memory.externalBytes,
    }),
    dispose,
  };
}
