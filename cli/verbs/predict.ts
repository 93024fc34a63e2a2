// `lazuli predict`: the outputs of trained weights for every sample of a data file.
import { writePredictions } from '#engine/index';

import { DATA_OPTIONS } from '../data';
import { WEIGHT_OPTIONS, weightOptions, withModel } from '../model';
import { clean, table } from '../text';
import type { Verb } from '../verb';

export const predict: Verb = {
  name: 'predict',
  summary: 'the outputs of weights for every sample of a data file',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    { flag: 'weights', value: 'file', help: 'the weights: .pt or .safetensors', isRequired: true },
    ...WEIGHT_OPTIONS,
    ...DATA_OPTIONS,
    { flag: 'out', value: 'file', help: 'where to write them: .npy, .npz, .pt, .safetensors or .csv' },
  ],
  example: 'lazuli predict digits.lazuli --weights digits.pt --data new.csv --out scores.npy',
  run: (call) =>
    withModel(
      call,
      (project) => project,
      async ({ session, source }) => {
        const { options, output, signal } = call;
        await session.loadWeights(options.text('weights') ?? '', weightOptions(options));
        const predictions = await session.predict({
          signal,
          ...(source ? { source } : {}),
          onProgress: (done, total) => output.progress('predicting', done, total),
        });
        const out = options.text('out');
        if (out !== null) await writePredictions(out, predictions);
        const outputs = Object.fromEntries(
          predictions.map(({ name, dtype, shape }) => [name, { dtype, shape, out }]),
        );
        output.result({ outputs }, () => {
          const rows = predictions.map(({ name, dtype, shape }) => [name, dtype, shape.join('×')]);
          const listed = table(
            [{ title: 'output' }, { title: 'dtype' }, { title: 'shape' }],
            rows,
            output.paint,
          );
          return out === null ? listed : `${listed}\n${clean(out)} written`;
        });
      },
    ),
};
