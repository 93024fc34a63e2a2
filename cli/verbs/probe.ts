// `lazuli probe`: one layer or loss on given values, its outputs and gradients.
import { probeFile } from '#engine/probe';

import type { Verb } from '../verb';

export const probe: Verb = {
  name: 'probe',
  summary: 'run one layer or loss on given values',
  arguments: [{ name: 'case', help: 'a JSON file: layer, params, inputs, weights, grad_outputs ...' }],
  options: [],
  example: 'lazuli probe case.json --json',
  async run({ args, output }) {
    const result = await probeFile(args.required(0));
    output.result(result, () => JSON.stringify(result, null, 1));
  },
};
