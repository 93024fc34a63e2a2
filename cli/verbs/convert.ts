// `lazuli convert`: weights from one format to another, by extension.
import { LazuliError } from '#core/errors';
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
  options: [
    SAVE_OPTION,
    {
      flag: 'shard-size',
      value: 'size',
      help: 'split into .safetensors files of at most this size (5GB, 500MB ...) with an index',
    },
  ],
  example: 'lazuli convert weights.pt weights.safetensors',
  async run({ args, options, output }) {
    const [from, to] = [args.required(0), args.required(1)];
    const size = options.text('shard-size');
    const sharding = size === null ? {} : { shardBytes: parseSize(size) };
    const { entries, warnings, files } = await convertWeights(from, to, {
      ...saveOptions(options),
      ...sharding,
    });
    for (const warning of warnings) output.note(`warning: ${warning}`);
    output.result(
      { in: from, out: to, entries, warnings, files },
      () =>
        `${clean(to)}: ${count(entries)} tensors written${files.length > 1 ? ` to ${count(files.length)} files` : ''}`,
    );
  },
};

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

/** `5GB`, `500 MiB`, `1000`: bytes. */
function parseSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) *([kmg]i?)?b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * (UNITS[unit.toLowerCase()] ?? 0));
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new LazuliError('usage', `--shard-size ${text} is no size`, {
    where: '--shard-size',
    expected: 'a size such as 5GB, 500MB or 100000',
    got: text,
  });
}
