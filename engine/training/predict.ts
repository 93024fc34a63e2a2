// The outputs of a model for every sample of a dataset, batch by batch, in evaluation mode.
import { elementSize } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { DType } from '#core/tensor/dtype';

import type { Lock } from '../lock';
import { Turns } from '../turns';
import { Cursor } from './batches';
import { disposePass, planPass, programAt, stepsOf } from './pass';
import { predictProgram, type StepParts } from './programs';

/** One output of all samples, in JavaScript's memory. */
export interface Prediction {
  readonly name: string;
  readonly dtype: DType;
  /** `[samples, ...]`. */
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

const BATCH = 256;

/** Predictions for samples 0 .. samples-1, by the names of the output nodes. Throws `AbortError` when stopped. */
export async function predictAll(
  parts: Omit<StepParts, 'cursor'>,
  names: readonly string[],
  samples: number,
  lock: Lock,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (samples: number) => void } = {},
): Promise<readonly Prediction[]> {
  const cursor = new Cursor(samples, parts.backend.device);
  const { signal, onProgress } = options;
  try {
    const turns = new Turns();
    const plan = await lock.run(() =>
      planPass(samples, Math.min(BATCH, samples), (batch) =>
        predictProgram({ ...parts, cursor }, batch, names, turns),
      ),
    );
    try {
      cursor.start(Array.from({ length: samples }, (_, at) => at));
      const results: { dtype: DType; shape: Shape; bytes: Uint8Array; at: number }[] = [];
      let done = 0;
      for (let step = 0; step < stepsOf(plan); step++) {
        signal?.throwIfAborted();
        const next = programAt(plan, step);
        if (!next) break;
        const { program, outputs, batch } = next.program;
        await lock.run(async () => {
          await program.run(1);
          outputs.forEach((output, at) => {
            const bytes = output.bytes();
            const row = output.shape.slice(1);
            const total = samples * numel(row) * elementSize(output.dtype);
            const result = (results[at] ??= {
              dtype: output.dtype,
              shape: [samples, ...row],
              bytes: new Uint8Array(total),
              at: 0,
            });
            result.bytes.set(bytes, result.at);
            result.at += bytes.byteLength;
          });
        });
        done += batch;
        onProgress?.(done);
      }
      return results.map(({ dtype, shape, bytes }, at) => ({ name: names[at] ?? '', dtype, shape, bytes }));
    } finally {
      disposePass(plan);
    }
  } finally {
    cursor.dispose();
  }
}
