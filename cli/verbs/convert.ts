// `lazuli convert`: weights from one format to another, by extension.
import { convertWeights } from '#engine/convert';

import { SAVE_OPTION, saveOptions } from '../model';
import { clean, count } from '../text';
import type { Verb } from '../verb';

export const convert: Verb = {
  name: 'convert',
  summary: 'from one weight format to another, by extension',
  arguments: [
    { name: 'in', help: 'the file to read' },
    { name: 'out', help: 'the file to write: .pt .pth .bin .safetensors .npz or .npy' },
  ],
  options: [SAVE_OPTION],
  example: 'lazuli convert weights.pt weights.safetensors',
  async run({ args, options, output }) {
    const [from, to] = [args.required(0), args.required(1)];
    const { entries, warnings } = await convertWeights(from, to, saveOptions(options));
    for (const warning of warnings) output.note(`warning: ${warning}`);
    output.result(
      { in: from, out: to, entries, warnings },
      () => `${clean(to)}: ${count(entries)} tensors written`,
    );
  },
};
