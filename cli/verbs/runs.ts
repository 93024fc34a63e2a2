// `lazuli runs`: the recorded runs of a project: list, show, compare, export, restore, delete, star; room made by deleting weights.
import path from 'node:path';

import { compareSettings, RUN_LIMITS, runsToFree, type RecordedRun } from '#core/session/runs';
import { LazuliError } from '#core/errors';
import {
  checkWritable,
  historyBeside,
  ModelSession,
  pointsCsv,
  readProjectFile,
  runsCsv,
  saveProject,
  weightsOfRun,
  withHistory,
  withRuns,
  writeTextAtomically,
  type HistoryPlace,
} from '#engine/index';

import type { Output } from '../output';
import { bytes, clean, duration, table } from '../text';
import { showMetric } from '../training';
import type { Verb, VerbCall } from '../verb';

const ACTIONS = [
  'list', 'show', 'compare', 'export', 'restore', 'delete', 'star', 'unstar', 'free',
] as const; // prettier-ignore

export const runs: Verb = {
  name: 'runs',
  summary: 'the recorded runs of a project',
  arguments: [
    { name: 'project', help: 'the project file' },
    { name: 'action', help: `${ACTIONS.join(', ')} (default: list)`, isOptional: true },
    { name: 'run', help: 'numbers of runs; export: all without one', isOptional: true, isVariadic: true },
  ],
  options: [
    {
      flag: 'out',
      value: 'file',
      help: 'export: the CSV file (default: stdout); restore: the project to write',
    },
    {
      flag: 'keep',
      value: 'n',
      help: 'free: delete the files of all but the newest n runs and those that are starred',
    },
    { flag: 'curves', help: 'export: a row per step and epoch instead of one per run' },
  ],
  example: 'lazuli runs digits.lazuli compare 1 2',
  async run(call) {
    const place = historyBeside(call.args.required(0));
    const named = call.args.optional(1) ?? 'list';
    const action = ACTIONS.find((known) => known === named);
    if (!action)
      throw new LazuliError('usage', `runs: there is no '${named}'`, {
        where: 'action',
        expected: ACTIONS.join(', '),
        got: named,
      });
    const ids = call.args.values.slice(2).map(runNumber);
    // A project that is not there has no runs either, and says so.
    await readProjectFile(call.args.required(0));
    await DO[action](place, ids, call);
  },
};

function runNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new LazuliError('usage', `'${text}' is not the number of a run`, {
    where: 'run',
    expected: 'a number that lazuli runs lists',
    got: text,
  });
}

const named = (ids: readonly number[]): string => ids.map((id) => `run ${id}`).join(', ');

async function star(
  place: HistoryPlace,
  ids: readonly number[],
  { output }: VerbCall,
  isStarred: boolean,
): Promise<void> {
  await withRuns(place, (history) => some(ids).forEach((id) => history.star(id, isStarred)));
  const [keep, their] = ids.length === 1 ? ['keeps', 'its'] : ['keep', 'their'];
  output.result({ [isStarred ? 'starred' : 'unstarred']: ids }, () =>
    isStarred ? `${named(ids)} ${keep} ${their} weights` : `${named(ids)} may lose ${their} weights for room`,
  );
}

type Action = (place: HistoryPlace, ids: readonly number[], call: VerbCall) => Promise<void>;

const DO: Readonly<Record<(typeof ACTIONS)[number], Action>> = {
  async list(place, _ids, { output }) {
    const list = (await withHistory(place, (history) => history.list())) ?? [];
    output.result({ file: place.database, runs: list }, () =>
      list.length === 0 ? 'no run of this project was recorded yet' : listText(list, output),
    );
  },

  async show(place, ids, { output }) {
    const id = only(ids, 'show');
    const [run, points, project] = await withRuns(place, (history) => [
      history.run(id),
      history.points(id),
      history.project(id),
    ]);
    output.result({ ...run, project, points }, () => {
      const epochs = points.filter(({ event }) => event === 'epoch');
      const names = [...new Set(epochs.flatMap(({ metrics }) => Object.keys(metrics)))];
      const rows = epochs.map(({ epoch, loss, metrics }) => [
        String(epoch),
        number(loss),
        ...names.map((name) => metric(name, metrics[name])),
      ]);
      return [
        listText([run], output),
        ...Object.entries({ weights: run.weights, checkpoint: run.checkpoint, error: run.error }).flatMap(
          ([name, value]) => (value === null ? [] : [`${name} ${clean(value)}`]),
        ),
        '',
        table(
          ['epoch', 'loss', ...names].map((title) => ({ title, align: 'right' as const })),
          rows,
          output.paint,
        ),
      ].join('\n');
    });
  },

  async compare(place, ids, { output }) {
    if (ids.length < 2 || ids.length > RUN_LIMITS.compared)
      throw new LazuliError('usage', `compare takes 2 to ${RUN_LIMITS.compared} runs`, {
        where: 'run',
        expected: 'as in lazuli runs PROJECT compare 1 2',
        got: `${ids.length} runs`,
      });
    const [list, projects] = await withRuns(place, (history) => [
      ids.map((id) => history.run(id)),
      ids.map((id) => history.project(id)),
    ]);
    const settings = compareSettings(projects);
    output.result({ runs: list, settings }, () => {
      const different = settings.filter(({ differs }) => differs);
      const rows = different.map(({ name, values }) => [name, ...values.map((value) => value ?? '-')]);
      return [
        listText(list, output),
        '',
        different.length === 0
          ? 'the runs have the same settings'
          : table([{ title: 'differs' }, ...ids.map((id) => ({ title: `run ${id}` }))], rows, output.paint),
      ].join('\n');
    });
  },

  async export(place, ids, { output, options }) {
    const out = options.text('out');
    if (out !== null) await checkWritable(out);
    const text = await withRuns(place, (history) => {
      const list = ids.length === 0 ? history.list() : ids.map((id) => history.run(id));
      return options.isSet('curves')
        ? pointsCsv(list.map(({ id }) => ({ run: id, points: history.points(id) })))
        : runsCsv(list);
    });
    if (out === null) return output.result({ csv: text }, () => text);
    await writeTextAtomically(out, text);
    output.result({ out }, () => `${clean(out)} written`);
  },

  async restore(place, ids, { output, options, args }) {
    const id = only(ids, 'restore');
    const out = options.text('out');
    if (out === null)
      throw new LazuliError('usage', 'restore writes a project: where to?', {
        where: '--out',
        expected: '--out FILE.lazuli',
      });
    await checkWritable(out);
    const [run, project] = await withRuns(place, (history) => [history.run(id), history.project(id)]);
    const folder = path.dirname(path.resolve(args.required(0)));
    const restored = { ...project, weights: null };
    const kept = await weightsOfRun(run);
    const session = await ModelSession.open(restored, { folder });
    try {
      await session.adopt(restored, kept);
      const saved = await saveProject(session, path.resolve(out), folder);
      const { weights } = saved.project;
      output.result({ out, weights }, () =>
        [
          `${clean(out)} written`,
          kept === null ? 'the run left no weights' : `${clean(weights ?? '')} beside it`,
        ].join('\n'),
      );
    } finally {
      await session.dispose();
    }
  },

  async delete(place, ids, { output }) {
    await withRuns(place, (history) => history.delete(some(ids)));
    output.result({ deleted: ids }, () => `deleted ${named(ids)}`);
  },

  star: (place, ids, call) => star(place, ids, call, true),
  unstar: (place, ids, call) => star(place, ids, call, false),

  async free(place, ids, { output, options }) {
    const keep = options.integer('keep', 1);
    const [freed, bytesFree] = await withRuns(place, (history) => {
      const chosen = keep === null ? some(ids) : runsToFree(history.list(), { runs: keep, bytes: null });
      return [chosen, history.deleteFiles(chosen)];
    });
    output.result({ freed, bytes: bytesFree }, () =>
      freed.length === 0
        ? 'nothing to delete'
        : `the weights of ${named(freed)} are deleted: ${bytes(bytesFree)} are free`,
    );
  },
};

function some(ids: readonly number[]): readonly number[] {
  if (ids.length > 0) return ids;
  throw new LazuliError('usage', 'which runs?', {
    where: 'run',
    expected: 'numbers that lazuli runs lists',
  });
}

function only(ids: readonly number[], action: string): number {
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw new LazuliError('usage', `${action} takes one run`, {
    where: 'run',
    expected: `as in lazuli runs PROJECT ${action} 1`,
    got: `${ids.length} runs`,
  });
}

const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : value.toPrecision(5);
const metric = (name: string, value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : showMetric(name, value);

function listText(list: readonly RecordedRun[], { paint }: Output): string {
  const names = [...new Set(list.flatMap(({ metrics }) => Object.keys(metrics)))];
  const right = { align: 'right' as const };
  const columns = [
    { title: 'run', ...right },
    { title: 'started' },
    { title: 'state' },
    { title: 'epochs', ...right },
    { title: 'optimizer' },
    ...['lr', 'batch', 'seed', 'time', 'loss', ...names].map((title) => ({ title, ...right })),
    { title: 'best' },
  ];
  const rows = list.map((run) => [
    `${run.starred ? '★ ' : ''}${run.id}`,
    run.started.replace('T', ' ').slice(0, 19),
    run.state,
    `${run.epochs}/${run.total_epochs}`,
    run.optimizer,
    run.lr === null ? '-' : String(run.lr),
    String(run.batch_size),
    String(run.seed),
    duration(run.seconds),
    number(run.loss),
    ...names.map((name) => metric(name, run.metrics[name])),
    run.best === null ? '-' : `${run.best.monitor} ${number(run.best.value)} in epoch ${run.best.epoch}`,
  ]);
  return table(columns, rows, paint);
}
