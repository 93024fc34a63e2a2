// `lazuli evaluate`: loss and metrics of trained weights over a data file.
import { DATA_OPTIONS, WEIGHT_OPTIONS, weightOptions, withModel } from '../model';
import { count } from '../text';
import type { Verb } from '../verb';

export const evaluate: Verb = {
  name: 'evaluate',
  summary: 'loss and metrics of weights over data',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    { flag: 'weights', value: 'file', help: 'the weights: .pt or .safetensors', isRequired: true },
    ...WEIGHT_OPTIONS,
    ...DATA_OPTIONS,
  ],
  example: 'lazuli evaluate digits.lazuli --weights digits.pt',
  run: (call) =>
    withModel(
      call,
      (project) => project,
      async ({ session, source }) => {
        const { options, output, signal } = call;
        await session.loadWeights(options.text('weights') ?? '', weightOptions(options));
        const result = await session.evaluate({
          signal,
          ...(source ? { source } : {}),
          onProgress: (done, total) => output.progress('evaluating', done, total),
        });
        output.result(result, () =>
          [
            `${'loss'.padEnd(12)}${result.loss.toFixed(6)}`,
            ...Object.entries(result.metrics).map(
              ([name, value]) =>
                `${name.padEnd(12)}${name.endsWith('accuracy') ? `${(100 * value).toFixed(2)}%` : value.toFixed(6)}`,
            ),
            `${'samples'.padEnd(12)}${count(result.samples)}`,
          ].join('\n'),
        );
      },
    ),
};
