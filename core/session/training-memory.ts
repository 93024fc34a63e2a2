// What a training run holds while it lasts, known before it starts, and the refusal of one that needs too much.
import type { DeviceName } from '../document/device';
import { LazuliError } from '../errors';
import { showBytes } from '../units';

/** Bytes of a run, while it lasts. */
export interface TrainingMemory {
  readonly parameters: number;
  readonly buffers: number;
  readonly optimizer_state: number;
  /** Gradients and activations share the program's arena. */
  readonly arena: number;
  /** Of the arena, what the gradients of parameters would take if all lived at once. */
  readonly gradients: number;
  /** An arena cannot be smaller without computing things twice. */
  readonly least_arena: number;
  /** Arenas of the programs for the last, smaller batch and for validation. */
  readonly other_arenas: number;
  /** Samples and targets on the run's device, where they are known. */
  readonly data: number;
  /** Samples and targets that stay in main memory, as a GPU has no room for them; the rows of each step are copied there. Not in `total`. */
  readonly streamed: number;
  /** What kernels take besides: on the CPU the one that takes most, on the threads the run has; on a GPU those of each program together, with the samples of a step of streamed data. */
  readonly scratch: number;
  /** The order of samples, the log, learning rates, constants, the values before the run, for undo, and the best ones, for early stopping. */
  readonly records: number;
  readonly total: number;
}

/** The parts as a table lists them. */
export const MEMORY_PARTS = {
  parameters: 'parameters',
  buffers: 'buffers',
  optimizer_state: 'optimizer',
  arena: 'gradients and activations',
  gradients: 'of these gradients, at most',
  other_arenas: 'last batch and validation',
  data: 'data',
  streamed: 'data in main memory, streamed',
  scratch: 'scratch of kernels',
  records: 'records',
} as const satisfies Partial<Record<keyof TrainingMemory, string>>;

export type MemoryPart = keyof typeof MEMORY_PARTS;

/** Those worth a line: data that no device streams is not. */
export const partsShown = (needs: readonly TrainingNeed[]): readonly MemoryPart[] =>
  (Object.keys(MEMORY_PARTS) as MemoryPart[]).filter(
    (part) => part !== 'streamed' || needs.some(({ memory }) => memory.streamed > 0),
  );

export interface TrainingNeed {
  /** Samples of a step. */
  readonly batch: number;
  readonly memory: TrainingMemory;
  /** Bytes that may be taken at once on the run's device; null where that is not known. */
  readonly limit: number | null;
}

/** What a run would take on one of the machine's devices. */
export interface DeviceNeed {
  /** As a project names it. */
  readonly device: DeviceName;
  readonly name: string;
  /** null where the run cannot be there. */
  readonly need: TrainingNeed | null;
  /** Why it cannot; null where it can. */
  readonly problem: string | null;
}

/** Whether the run may be there and fits. */
export const fitsOn = ({ need }: DeviceNeed): boolean =>
  need !== null && (need.limit === null || need.memory.total <= need.limit);

/** What is said of a run beside its memory; null where all data is on its device. */
export const streamingNote = ({ memory }: TrainingNeed): string | null =>
  memory.streamed === 0
    ? null
    : `the data (${showBytes(memory.streamed)}) does not fit on the GPU: it stays in main memory, and each step's samples are copied while the step before runs`;

/** Throws `out_of_memory` with need and limit for a run that needs more than it may take. */
export function refuseTooLarge({ batch, memory, limit }: TrainingNeed): void {
  if (limit === null || memory.total <= limit) return;
  const [need = '', most = ''] = [memory.total, limit].map((bytes) => `${showBytes(bytes)} (${bytes} bytes)`);
  throw new LazuliError(
    'out_of_memory',
    `training in batches of ${batch} needs ${need} of memory, the limit is ${most}`,
    {
      where: 'training',
      expected: `at most ${most}`,
      got: need,
      hint: 'take a smaller batch size; accumulate keeps the samples of a step',
    },
  );
}
