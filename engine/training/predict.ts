// The outputs of a model for every sample of a dataset, batch by batch, in evaluation mode.
import { elementSize } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { DType } from '#core/tensor/dtype';

import type { Lock } from '../lock';
import { Turns } from '../turns';
import { Cursor } from './batches';
import { disposePass, planPass, programAt, stepsOf } from './pass';
import { predictProgram, type StepParts, type StepProgram } from './programs';

/** What a step returned, in JavaScript's memory. */
export interface Output {
  readonly dtype: DType;
  /** `[samples, ...]`. */
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

/** One output of all samples. */
export interface Prediction extends Output {
  readonly name: string;
}

const BATCH = 256;

export interface BatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets the samples done. */
  readonly onProgress?: (samples: number) => void;
}

/**
 * Runs the steps that `make` compiles over `rows`, batch by batch, and gives `take` the bytes of what they return. Throws
 * `AbortError` when stopped.
 */
export async function eachBatch(
  { backend, lock }: Pick<StepParts, 'backend'> & { readonly lock: Lock },
  rows: readonly number[],
  make: (cursor: Cursor, batch: number, turns: Turns) => Promise<StepProgram>,
  take: (outputs: readonly Output[], batch: number) => unknown,
  { signal, onProgress }: BatchOptions = {},
): Promise<void> {
  const cursor = new Cursor(rows.length, backend.device);
  try {
    const turns = new Turns();
    const plan = await lock.run(() =>
      planPass(rows.length, Math.min(BATCH, rows.length), (batch) => make(cursor, batch, turns)),
    );
    try {
      cursor.start(rows);
      let done = 0;
      for (let step = 0; step < stepsOf(plan); step++) {
        signal?.throwIfAborted();
        const next = programAt(plan, step);
        if (!next) break;
        const { program, outputs, batch } = next.program;
        const given = await lock.run(async () => {
          await program.run(1);
          return outputs.map((output) => ({
            dtype: output.dtype,
            shape: output.shape,
            bytes: output.bytes(),
          }));
        });
        await take(given, batch);
        done += batch;
        onProgress?.(done);
      }
    } finally {
      disposePass(plan);
    }
  } finally {
    cursor.dispose();
  }
}

/** Predictions for samples 0 .. samples-1, by the names of the output nodes. Throws `AbortError` when stopped. */
export async function predictAll(
  parts: Omit<StepParts, 'cursor'>,
  names: readonly string[],
  samples: number,
  lock: Lock,
  options: BatchOptions = {},
): Promise<readonly Prediction[]> {
  const results: { dtype: DType; shape: Shape; bytes: Uint8Array; at: number }[] = [];
  await eachBatch(
    { ...parts, lock },
    Array.from({ length: samples }, (_, at) => at),
    (cursor, batch, turns) => predictProgram({ ...parts, cursor }, batch, names, turns),
    (outputs) =>
      outputs.forEach(({ dtype, shape, bytes }, at) => {
        const row = shape.slice(1);
        const total = samples * numel(row) * elementSize(dtype);
        const result = (results[at] ??= {
          dtype,
          shape: [samples, ...row],
          bytes: new Uint8Array(total),
          at: 0,
        });
        result.bytes.set(bytes, result.at);
        result.at += bytes.byteLength;
      }),
    options,
  );
  return results.map(({ dtype, shape, bytes }, at) => ({ name: names[at] ?? '', dtype, shape, bytes }));
}
