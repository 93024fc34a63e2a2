// `lazuli find-lr`: tries growing learning rates for a few steps and suggests one; nothing is written.
import { LazuliError } from '#core/errors';

import { DATA_OPTIONS } from '../data';
import { WEIGHT_OPTIONS, weightOptions, withModel } from '../model';
import { table } from '../text';
import { TRAINING_OPTIONS, withSettings } from '../training';
import type { Verb } from '../verb';

const DEFAULTS = { from: 1e-7, to: 10, steps: 100 } as const;

export const findLr: Verb = {
  name: 'find-lr',
  summary: 'try growing learning rates and suggest one',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    ...DATA_OPTIONS,
    ...TRAINING_OPTIONS,
    { flag: 'weights', value: 'file', help: 'start from these weights' },
    ...WEIGHT_OPTIONS,
    { flag: 'from', value: 'x', help: `first rate (default ${DEFAULTS.from})` },
    { flag: 'to', value: 'x', help: `last rate (default ${DEFAULTS.to})` },
    { flag: 'steps', value: 'n', help: `steps (default ${DEFAULTS.steps})` },
  ],
  example: 'lazuli find-lr digits.lazuli --optimizer sgd',
  async run(call) {
    const { options, output, signal } = call;
    const from = options.number('from', Number.MIN_VALUE) ?? DEFAULTS.from;
    const to = options.number('to', Number.MIN_VALUE) ?? DEFAULTS.to;
    const steps = options.integer('steps', 10, 100_000) ?? DEFAULTS.steps;
    if (from >= to)
      throw new LazuliError('usage', `--from ${from} is not below --to ${to}`, {
        where: '--from',
        expected: `a rate below ${to}`,
        got: String(from),
      });
    await withModel(
      call,
      (project) => withSettings(project, options),
      async ({ session, project, source }) => {
        if (source) await session.update({ ...project, data: source });
        const weights = options.text('weights');
        if (weights !== null) await session.loadWeights(weights, weightOptions(options));
        const search = await session.findLearningRate({ from, to, steps, signal });
        output.result(search, () => {
          const shown = search.points.filter((_, at) => at % Math.ceil(search.points.length / 20) === 0);
          const rows = shown.map(({ lr, smoothed }) => [lr.toExponential(2), smoothed.toFixed(4)]);
          const best = search.suggestion;
          return [
            table([{ title: 'lr' }, { title: 'loss' }], rows, output.paint),
            best === null
              ? 'the loss never fell clearly'
              : `suggested learning rate: ${best.toExponential(2)}`,
          ].join('\n');
        });
      },
    );
  },
};
