// `lazuli diff`: what differs between two projects or two weight files.
import { diffFiles, type Change } from '#engine/diff';

import { clean, table } from '../text';
import type { Verb } from '../verb';

export const diff: Verb = {
  name: 'diff',
  summary: 'what differs between two projects or two weight files',
  arguments: [
    { name: 'a', help: 'the file before' },
    { name: 'b', help: 'the file after' },
  ],
  options: [],
  example: 'lazuli diff before.pt after.pt',
  async run({ args, output }) {
    const difference = await diffFiles(args.required(0), args.required(1));
    const { added, removed, changed } = difference;
    output.result(difference, () => {
      if (added.length + removed.length + changed.length === 0) return 'no difference';
      const show = (value: unknown): string => JSON.stringify(value) ?? '';
      const rows = changed.map(({ where, before, after, norm }: Change) => [
        where,
        show(before),
        show(after),
        norm === null ? '' : norm.toPrecision(6),
      ]);
      const columns = [{ title: 'changed' }, { title: 'before' }, { title: 'after' }, { title: 'norm' }];
      return [
        ...removed.map((where) => output.paint('red', `- ${clean(where)}`)),
        ...added.map((where) => output.paint('green', `+ ${clean(where)}`)),
        ...(rows.length > 0 ? [table(columns, rows, output.paint)] : []),
      ].join('\n');
    });
  },
};
