// `lazuli summary`: layers, shapes, parameters, costs and problems; changes nothing.
import {
  inputNamesOf,
  RENAME_OPTIONS,
  SAMPLE_OPTIONS,
  shapesFrom,
  summaryDocument,
  summaryText,
  weightOptions,
  withModel,
} from '../model';
import type { Verb } from '../verb';

export const summary: Verb = {
  name: 'summary',
  summary: 'layers, shapes, parameters, FLOPs and problems of a project; changes nothing',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    ...SAMPLE_OPTIONS,
    { flag: 'weights', value: 'file', help: 'also say what this weights file would do, key by key' },
    ...RENAME_OPTIONS,
  ],
  example: 'lazuli summary digits.lazuli --shape 64x1x8x8',
  run: (call) =>
    withModel(
      call,
      (project) => project,
      async ({ session, project, source }) => {
        const { options, output } = call;
        const given = shapesFrom(options, inputNamesOf(project));
        const sampled =
          given === null && source ? await session.sampleShapes({ source, signal: call.signal }) : given;
        const weights = options.text('weights');
        const taken = weightOptions(options);
        const verdicts = weights === null ? undefined : await session.compareWeights(weights, taken);
        const info = session.info(sampled ?? undefined);
        output.result(summaryDocument(info, verdicts), () => summaryText(info, output.paint, verdicts));
      },
    ),
};
