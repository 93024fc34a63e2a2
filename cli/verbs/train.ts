// `lazuli train`: trains a project and writes its weights; Ctrl-C keeps a checkpoint that --resume continues from.
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { LazuliError } from '#core/errors';
import type { RunEvent } from '#core/session/session';
import { refuseTooLarge, streamingNote } from '#core/session/training-memory';
import {
  checkWritable,
  formatOfWeights,
  historyBeside,
  isHistoryOff,
  RunRecorder,
  tensorboardFolder,
  TensorboardWriter,
} from '#engine/index';

import { DATA_OPTIONS } from '../data';
import { SAVE_OPTION, saveOptions, WEIGHT_OPTIONS, weightOptions, withModel } from '../model';
import { leftOutNote, showMetric, TRAINING_OPTIONS, withSettings } from '../training';
import type { Output } from '../output';
import { bytes, clean, duration } from '../text';
import type { Verb } from '../verb';

/** Where an interrupted run of these weights leaves its checkpoint. */
const checkpointOf = (out: string): string =>
  path.join(path.dirname(out), `${path.basename(out, path.extname(out))}.checkpoint.pt`);

export const train: Verb = {
  name: 'train',
  summary: 'train a project; Ctrl-C keeps a checkpoint',
  arguments: [{ name: 'project', help: 'the project file' }],
  options: [
    ...DATA_OPTIONS,
    ...TRAINING_OPTIONS,
    { flag: 'weights', value: 'file', help: 'start from these weights' },
    ...WEIGHT_OPTIONS,
    { flag: 'resume', help: 'continue from the checkpoint that an interrupted run left beside --out' },
    {
      flag: 'keep-checkpoint',
      help: 'leave the checkpoint of a finished run too, to --resume with more --epochs',
    },
    { flag: 'best', value: 'file', help: 'write the weights of each epoch that is the best so far' },
    {
      flag: 'tensorboard',
      value: 'folder',
      help: 'write TensorBoard events into a folder of this run’s own in it',
    },
    { flag: 'out', value: 'file', help: 'the weights file to write: .pt or .safetensors', isRequired: true },
    SAVE_OPTION,
  ],
  example: 'lazuli train digits.lazuli --epochs 5 --out digits.pt',
  async run(call) {
    const { options, output, signal } = call;
    const out = options.text('out') ?? '';
    formatOfWeights(out);
    await checkWritable(out);
    const best = call.options.text('best');
    if (best !== null) {
      formatOfWeights(best);
      await checkWritable(best);
    }
    const checkpoint = checkpointOf(out);
    await withModel(
      call,
      (project) => withSettings(project, options),
      async ({ session, project, source }) => {
        if (source) await session.update({ ...project, data: source });
        const weights = options.text('weights');
        const taken = weightOptions(options);
        if (weights !== null) await session.loadWeights(weights, taken);
        const resume = options.isSet('resume') ? { resumeFrom: checkpoint } : {};
        const keepsCheckpoint = options.isSet('keep-checkpoint');
        const need = await session.trainingNeed({ signal, keepsBest: !isHistoryOff() });
        refuseTooLarge(need);
        output.note(
          `memory: ${bytes(need.memory.total)}${need.limit === null ? '' : ` of ${bytes(need.limit)}`}`,
        );
        const streaming = streamingNote(need);
        if (streaming !== null) output.note(streaming);
        const onFault = ({ message }: LazuliError): void => output.note(`warning: ${message}`);
        const place = historyBeside(call.args.required(0));
        const recorder = isHistoryOff() ? null : new RunRecorder(place, { onFault });
        const root = options.text('tensorboard');
        const events =
          root === null ? null : await TensorboardWriter.create(tensorboardFolder(root, project.name));
        const run = await session.train({
          checkpoint,
          ...(recorder ? { kept: recorder.weights } : {}),
          signal,
          keepsCheckpoint,
          ...resume,
          ...(best === null ? {} : { best }),
        });
        const { leftOut, title } = run.parts.objective;
        if (leftOut.length > 0) output.note(leftOutNote(leftOut, title));
        const show = printer(output);
        show(run.snapshot().events);
        run.onEvents(show);
        const written = events?.follow(run).catch((cause: unknown) => onFault(cause as LazuliError));
        const recorded = recorder?.follow(run, session.project, path.resolve(checkpoint));
        const { outcome, error, best: bestEpoch, checkpoint: kept } = await run.finished;
        await Promise.all([recorded, written]);
        if (error) throw kept === null ? error : continuable(error, kept);
        if (outcome === 'stopped')
          throw new LazuliError('interrupted', 'the training was interrupted', {
            where: checkpoint,
            hint: `the checkpoint is kept; add --resume to the same command to continue`,
          });
        const { warnings } = await session.saveWeights(out, saveOptions(options));
        for (const warning of warnings) output.note(`warning: ${warning}`);
        if (!keepsCheckpoint) await rm(checkpoint, { force: true });
        if (output.isJson) return;
        if (bestEpoch)
          output.line(
            null,
            `best ${bestEpoch.monitor} ${bestEpoch.value.toFixed(6)} in epoch ${bestEpoch.epoch}`,
          );
        output.line(null, `${clean(out)} written`);
      },
    );
  },
};

/** What ended a run on a GPU, with how to go on from the checkpoint it left. */
export const continuable = ({ code, message, details }: LazuliError, checkpoint: string): LazuliError =>
  new LazuliError(code, message, {
    ...details,
    where: checkpoint,
    hint: 'the checkpoint is kept; add --resume --device cpu to the same command to go on with the CPU',
  });

/** Every event as a line of JSON; for people a table row per epoch and a progress bar. */
function printer(output: Output): (events: readonly RunEvent[]) => void {
  let hasTitle = false;
  let printed = 0;
  return (events) => {
    for (const event of events) {
      const shown = Object.entries(event.metrics);
      if (event.event === 'epoch') {
        const names = ['epoch', 'loss', ...shown.map(([name]) => name), 'samples/s', 'time'];
        const cells = [
          `${event.epoch}/${event.total_epochs}`,
          event.loss.toFixed(4),
          ...shown.map(([name, value]) => showMetric(name, value)),
          Math.round(event.samples_per_second).toLocaleString('en-US'),
          duration(event.seconds),
        ];
        const pad = (texts: readonly string[]): string =>
          texts.map((text, at) => text.padStart(Math.max(names[at]?.length ?? 0, 9))).join('  ');
        if (!hasTitle && !output.isJson) output.line(null, output.paint('bold', pad(names)));
        hasTitle = true;
        output.line(event, pad(cells));
      } else output.line(event, null);
      printed = event.step;
      output.progress(
        'training',
        printed,
        event.total_steps,
        `loss ${Number.isFinite(event.loss) ? event.loss.toFixed(4) : '-'}`,
      );
    }
  };
}
