// `lazuli inspect`: what is in a file; runs nothing that the file holds.
import { inspectFile, type Inspection } from '#engine/inspect';

import { bytes, clean, count, table, type Paint } from '../text';
import type { Verb } from '../verb';

export const inspect: Verb = {
  name: 'inspect',
  summary: 'what is in a file of weights, arrays or a project',
  arguments: [{ name: 'file', help: '.pt .pth .bin .safetensors .npy .npz or .lazuli' }],
  options: [
    { flag: 'values', help: 'show plain values too (epoch, learning rate ...)' },
    { flag: 'hash', help: 'hash every tensor also of a file above 2 GiB, which is otherwise only listed' },
  ],
  example: 'lazuli inspect weights.pt',
  async run({ args, options, output, signal }) {
    const inspection = await inspectFile(args.required(0), {
      signal,
      hashes: options.isSet('hash') ? 'all' : 'small',
    });
    output.result(inspection, () => print(inspection, options.isSet('values'), output.paint));
  },
};

function print(inspection: Inspection, withValues: boolean, paint: Paint): string {
  const { file, format, entries, values, metadata, globals, warnings } = inspection;
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const rows = entries.map((entry) => [
    entry.name,
    entry.kind,
    entry.dtype,
    entry.shape === null ? 'uninitialized' : `[${entry.shape.join(', ')}]`,
    bytes(entry.bytes),
    entry.sha256?.slice(0, 12) ?? '',
  ]);
  const columns = [
    { title: 'name' },
    { title: 'kind' },
    { title: 'dtype' },
    { title: 'shape' },
    { title: 'size', align: 'right' as const },
    { title: 'sha256' },
  ];
  const plain = Object.entries(values);
  return [
    `${clean(file)}: ${format}, ${count(entries.length)} tensors, ${bytes(total)}`,
    ...(rows.length > 0 ? ['', table(columns, rows, paint)] : []),
    ...(withValues || rows.length === 0
      ? plain.map(([name, value]) => `${clean(name)} = ${clean(JSON.stringify(value))}`)
      : plain.length > 0
        ? ['', `and ${count(plain.length)} plain values (--values shows them)`]
        : []),
    ...(withValues
      ? Object.entries(metadata).map(
          ([name, value]) => `metadata ${clean(name)} = ${clean(JSON.stringify(value))}`,
        )
      : []),
    ...(globals.length > 0
      ? [`unknown names, listed and never called: ${globals.map(clean).join(', ')}`]
      : []),
    ...warnings.map((warning) => `${paint('yellow', 'warning:')} ${clean(warning)}`),
  ].join('\n');
}
