// The instruction list every executor runs: a flat list of primitive ops over planned buffers.
import type { Origin } from '../tensor/origin';
import type { AttributeValue, OpName } from '../ops/signatures';
import type { DType } from '../tensor/dtype';
import type { Storage } from '../tensor/storage';

/** A buffer of a program: a dense tensor either inside the arena or in a storage that outlives the program. */
export type ProgramBuffer = {
  readonly dtype: DType;
  readonly shape: readonly number[];
} & (
  | { readonly kind: 'arena'; /** Bytes from the arena's start, a multiple of 64. */ readonly offset: number }
  | {
      readonly kind: 'external';
      readonly storage: Storage;
      /** Bytes from the storage's start. */ readonly offset: number;
    }
);

/** What an instruction computes for whom. */
export interface Share extends Origin {
  /** Of the instruction's time, against its other shares; 0 for work that is done on the way, inside another's. */
  readonly weight: number;
}

/** One primitive over buffers, by index; null is an absent optional input. */
export interface Instruction {
  readonly op: OpName;
  readonly inputs: readonly (number | null)[];
  readonly outputs: readonly number[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** For whom, where that is known; several where instructions were fused. Executors do not look at it. */
  readonly shares?: readonly Share[];
}

export interface ProgramSpec {
  readonly buffers: readonly ProgramBuffer[];
  readonly instructions: readonly Instruction[];
  readonly arenaBytes: number;
}
