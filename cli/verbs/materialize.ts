// `lazuli materialize`: feeds a sample, gives every reachable parameter its shape and value, or changes nothing.
import {
  inputNamesOf,
  SAMPLE_OPTIONS,
  SAVE_OPTION,
  saveOptions,
  shapesFrom,
  shapeText,
  summaryDocument,
  summaryText,
  WEIGHT_OPTIONS,
  weightOptions,
  withModel,
} from '../model';
import { clean } from '../text';
import type { Verb } from '../verb';

export const materializeVerb: Verb = {
  name: 'materialize',
  summary: 'feed a sample: every reachable parameter gets its shape and value',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    ...SAMPLE_OPTIONS,
    { flag: 'seed', value: 'n', help: 'as torch.manual_seed (default: the project’s)' },
    { flag: 'out', value: 'file', help: 'write the weights: .pt or .safetensors' },
    SAVE_OPTION,
    { flag: 'weights', value: 'file', help: 'start from these weights' },
    ...WEIGHT_OPTIONS,
    { flag: 'rematerialize', help: 'initialize anew what the sample resizes; all else keeps its values' },
  ],
  example: 'lazuli materialize digits.lazuli --shape 64x1x8x8 --seed 0 --out weights.pt',
  async run(call) {
    const { options, output, signal } = call;
    const seed = options.integer('seed');
    await withModel(
      call,
      (project) => (seed === null ? project : { ...project, training: { ...project.training, seed } }),
      async ({ session, project, source }) => {
        const given = shapesFrom(options, inputNamesOf(project));
        const shapes = given ?? (await session.sampleShapes({ ...(source ? { source } : {}), signal }));
        const weights = options.text('weights');
        const taken = weightOptions(options);
        if (weights !== null) await session.loadWeights(weights, taken);
        const changes = session.previewFeed(shapes);
        for (const { key, before, after } of changes)
          output.note(`changes size: ${key} ${shapeText(before)} → ${shapeText(after)}`);
        const { model, unreached } = await session.feedSample({
          shapes,
          seed: project.training.seed,
          rematerialize: options.isSet('rematerialize'),
        });
        const out = options.text('out');
        const { warnings } =
          out === null ? { warnings: [] } : await session.saveWeights(out, saveOptions(options));
        for (const warning of warnings) output.note(`warning: ${warning}`);
        const document = { ...summaryDocument(model), seed: project.training.seed, out, unreached, changes };
        output.result(document, () =>
          [
            summaryText(model, output.paint),
            ...(unreached.length > 0 ? [`not reached: ${unreached.map(clean).join(', ')}`] : []),
            ...(out === null ? [] : [`${clean(out)} written`]),
          ].join('\n'),
        );
      },
    );
  },
};
