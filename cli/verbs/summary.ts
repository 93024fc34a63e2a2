// `lazuli summary`: layers, shapes, parameters, costs and problems; changes nothing.
import { LazuliError } from '#core/errors';
import type { StepProfile } from '#core/session/profile';
import { memoryMarkdown, reportCsv, reportMarkdown } from '#core/session/report';
import { fitsOn, type DeviceNeed } from '#core/session/training-memory';
import { preflight, type ModelSession, type Preflight } from '#engine/index';

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
import type { Output } from '../output';
import { bytes, clean, count } from '../text';
import type { Verb } from '../verb';

export const summary: Verb = {
  name: 'summary',
  summary: 'layers, shapes, parameters, FLOPs and problems of a project; changes nothing',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    ...SAMPLE_OPTIONS,
    { flag: 'weights', value: 'file', help: 'also say what this weights file would do, key by key' },
    ...RENAME_OPTIONS,
    { flag: 'report', value: 'markdown|csv', help: 'a table per layer in this form instead' },
    {
      flag: 'costs',
      help: 'with --report: time and memory of each layer in a training step, measured on the project’s data; the model stays as it is',
    },
    {
      flag: 'program',
      help: 'also the training step as a program, before and after optimization, and the memory of a run',
    },
    {
      flag: 'memory',
      help: 'also the memory that a run over the project’s data would take on each device of this machine, and what that may give',
    },
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
        const report = options.choice('report', ['markdown', 'csv']);
        if (options.isSet('costs') && report === null && !output.isJson)
          throw new LazuliError('usage', '--costs says what the columns of a report hold', {
            hint: 'add --report markdown, or --json',
          });
        const costs = options.isSet('costs') ? await measured(session, call.signal) : null;
        const info = session.info(sampled ?? undefined);
        const step = !options.isSet('program')
          ? null
          : sampled
            ? await preflight(project, sampled)
            : await session.preflight({ signal: call.signal });
        const needs = options.isSet('memory') ? await session.trainingNeeds({ signal: call.signal }) : null;
        if (report !== null && !output.isJson)
          return output.result(null, () =>
            report === 'csv'
              ? reportCsv(info, costs)
              : [reportMarkdown(info, costs), ...(needs ? [memoryMarkdown(needs, null)] : [])].join('\n'),
          );
        output.result(
          {
            ...summaryDocument(info, verdicts),
            ...(step ? { program: step } : {}),
            ...(costs ? { costs } : {}),
            ...(needs ? { memory: needs } : {}),
          },
          () =>
            summaryText(info, output.paint, verdicts) +
            (step ? programText(step, output) : '') +
            (needs ? memoryText(needs, output) : ''),
        );
      },
    ),
};

/** Of a model whose sizes are all known: what still waits takes them from the data. */
async function measured(session: ModelSession, signal: AbortSignal): Promise<StepProfile | null> {
  if (session.info().totals.uninitialized > 0) await session.feedSample({ signal });
  return session.profile({ signal });
}

/** Both listings and where a run's memory goes. */
function programText({ batch, before, after, memory }: Preflight, { paint }: Output): string {
  const lines = (listing: string): string => listing.split('\n').map(clean).join('\n');
  const rows = Object.entries<number>({ ...memory }).map(
    ([name, value]) => `  ${name.padEnd(16)} ${bytes(value).padStart(10)}  ${count(value)} bytes`,
  );
  return [
    '',
    '',
    paint('bold', `training step of ${batch} samples, as traced`),
    lines(before),
    '',
    paint('bold', 'as it runs'),
    lines(after),
    '',
    paint(
      'bold',
      `memory of a run, without ${memory.data === 0 ? 'its data and ' : ''}the scratch of its kernels`,
    ),
    ...rows,
  ].join('\n');
}

/** A line per device. */
function memoryText(needs: readonly DeviceNeed[], { paint }: Output): string {
  const verdict = (on: DeviceNeed): string => {
    const { need, problem } = on;
    if (!need) return clean(problem ?? '');
    const limit = need.limit === null ? '' : ` of ${bytes(need.limit)}${fitsOn(on) ? '' : ': does not fit'}`;
    return `batches of ${need.batch} take ${bytes(need.memory.total)}${limit}`;
  };
  const width = Math.max(...needs.map(({ device }) => device.length));
  const lines = needs.map((on) => `  ${on.device.padEnd(width)}  ${clean(on.name)}: ${verdict(on)}`);
  return ['', '', paint('bold', 'memory of a run, on each device'), ...lines].join('\n');
}
