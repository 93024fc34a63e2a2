// `lazuli evaluate`: loss and metrics of trained weights over a data file.
import { DATA_OPTIONS } from '../data';
import { WEIGHT_OPTIONS, weightOptions, withModel } from '../model';
import { clean, count } from '../text';
import { leftOutNote, METRICS_OPTION, metricsFrom, showMetric } from '../training';
import type { EvaluationResult } from '#engine/index';
import type { Verb } from '../verb';

export const evaluate: Verb = {
  name: 'evaluate',
  summary: 'loss and metrics of weights over data',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    { flag: 'weights', value: 'file', help: 'the weights: .pt or .safetensors', isRequired: true },
    ...WEIGHT_OPTIONS,
    ...DATA_OPTIONS,
    METRICS_OPTION,
  ],
  example: 'lazuli evaluate digits.lazuli --weights digits.pt',
  run: (call) =>
    withModel(
      call,
      (project) => {
        const { training } = project;
        return {
          ...project,
          training: { ...training, metrics: metricsFrom(call.options, training.metrics) },
        };
      },
      async ({ session, source }) => {
        const { options, output, signal } = call;
        await session.loadWeights(options.text('weights') ?? '', weightOptions(options));
        const result = await session.evaluate({
          signal,
          ...(source ? { source } : {}),
          onProgress: (done, total) => output.progress('evaluating', done, total),
        });
        if (result.left_out) output.note(leftOutNote(result.left_out, session.project.training.loss.type));
        output.result(result, () => page(result));
      },
    ),
};

function page({ loss, metrics, samples, arrays = {}, classes = [] }: EvaluationResult): string {
  const width = Math.max(12, ...Object.keys(metrics).map((name) => name.length + 2));
  const line = (name: string, value: string): string => `${name.padEnd(width)}${value}`;
  return [
    line('loss', loss.toFixed(6)),
    ...Object.entries(metrics).map(([name, value]) => line(name, showMetric(name, value, 6))),
    line('samples', count(samples)),
    ...Object.entries(arrays).flatMap(([name, values]) => ['', name, ...rows(name, values, classes)]),
  ].join('\n');
}

/** A line per class: its number, or how often it was taken for each class. */
function rows(
  name: string,
  values: readonly (number | readonly number[])[],
  classes: readonly string[],
): readonly string[] {
  const titles = values.map((_, at) => clean(classes[at] ?? String(at)));
  const width = Math.max(...titles.map((title) => title.length));
  const cells = values.map((value) =>
    typeof value === 'number' ? [showMetric(name, value, 6)] : value.map((each) => count(each)),
  );
  const column = Math.max(...cells.flat().map((cell) => cell.length));
  return cells.map(
    (row, at) =>
      `  ${(titles[at] ?? '').padEnd(width)}  ${row.map((cell) => cell.padStart(column)).join('  ')}`,
  );
}
