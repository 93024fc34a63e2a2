// `lazuli probe`: layers or losses on given values, their outputs and gradients.
import { errorToData, LazuliError } from '#core/errors';
import { probeItems, type ProbeItem } from '#engine/probe';

import { wholeError } from '../output';
import type { Verb } from '../verb';

export const probe: Verb = {
  name: 'probe',
  summary: 'run one layer or loss on given values',
  arguments: [
    {
      name: 'case',
      help: 'a JSON file: layer, params, inputs, weights, grad_outputs ...; several, or JSON lines (.jsonl), give one result per line',
      isVariadic: true,
    },
  ],
  options: [],
  example: 'lazuli probe case.json --json',
  async run({ args, output }) {
    args.required(0);
    const items = (await Promise.all(args.values.map(probeItems))).flat();
    const [only] = items;
    if (only && items.length === 1) {
      const result = only.run();
      output.result(result, () => JSON.stringify(result, null, 1));
      return;
    }
    let refused = 0;
    for (const item of items) {
      const line = attempt(item);
      if ('error' in line) refused++;
      output.line(line, JSON.stringify(line));
    }
    if (refused > 0)
      throw new LazuliError('usage', `${refused} of ${items.length} cases were refused: see their lines`, {
        where: args.values.join(', '),
      });
  },
};

/** A case's result, or its error as data, so that one refusal does not hide the others. */
function attempt(item: ProbeItem) {
  try {
    return { where: item.where, ...item.run() };
  } catch (error) {
    return { where: item.where, error: wholeError(errorToData(error)) };
  }
}
