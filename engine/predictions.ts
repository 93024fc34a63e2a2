// Predictions to a file, by extension: arrays (.npy, .npz), tensors (.pt, .safetensors) or text (.csv).
import path from 'node:path';

import { LazuliError } from '#core/errors';
import type { TensorEntry } from '#core/formats/weights';
import { contiguousStrides, numel } from '#core/tensor/shape';

import { formatOfWeights, writeWeightsFile } from './convert';
import { isTableDType, viewAs } from './datasets/table';
import { writeFileAtomically } from './files';
import type { Prediction } from './training/predict';

/** Throws `usage` for an extension that cannot hold them, `write_failed` when the disk refuses. */
export async function writePredictions(file: string, predictions: readonly Prediction[]): Promise<void> {
  if (path.extname(file).toLowerCase() === '.csv') return writeCsv(file, predictions);
  formatOfWeights(file);
  const entries = predictions.map(({ name, dtype, shape, bytes }): TensorEntry => {
    const storage = {
      bytes: bytes.byteLength,
      read: async (from: number, length: number) => bytes.subarray(from, from + length),
    };
    return {
      name,
      kind: 'tensor',
      dtype,
      shape,
      stride: contiguousStrides(shape),
      offset: 0,
      storage,
      storageKey: '',
      requiresGrad: false,
    };
  });
  await writeWeightsFile(file, { entries });
}

const ROWS_AT_ONCE = 1000;

/** One row per sample, one column per number: `scores_0`, `scores_1`. */
async function writeCsv(file: string, predictions: readonly Prediction[]): Promise<void> {
  const columns = predictions.map(({ name, dtype, shape, bytes }) => {
    if (!isTableDType(dtype)) throw new LazuliError('not_supported', `${dtype} cannot be written as text`);
    const width = numel(shape.slice(1));
    return {
      values: viewAs(dtype, bytes),
      width,
      titles: width === 1 ? [name] : Array.from({ length: width }, (_, at) => `${name}_${at}`),
    };
  });
  const rows = predictions[0]?.shape[0] ?? 0;
  const encoder = new TextEncoder();
  await writeFileAtomically(file, async (sink) => {
    await sink.write(encoder.encode(`${columns.flatMap(({ titles }) => titles).join(',')}\n`));
    for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
      const lines = Array.from({ length: Math.min(ROWS_AT_ONCE, rows - from) }, (_, at) =>
        columns
          .flatMap(({ values, width }) =>
            Array.from(values.subarray((from + at) * width, (from + at + 1) * width), String),
          )
          .join(','),
      );
      await sink.write(encoder.encode(`${lines.join('\n')}\n`));
    }
  });
}
