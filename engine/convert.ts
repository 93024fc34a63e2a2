// From one weight format to another, by extension; and which extension means which format.
import path from 'node:path';

import { LazuliError } from '#core/errors';
import { writeWeights, type WriteFormat } from '#core/formats/index';
import type { PlainValue, StateDictContent } from '#core/formats/weights';

import { writeFileAtomically } from './files';
import { withWeights } from './inspect';

const FORMATS: Readonly<Record<string, WriteFormat>> = {
  '.pt': 'torch',
  '.pth': 'torch',
  '.bin': 'torch',
  '.safetensors': 'safetensors',
  '.npz': 'npz',
  '.npy': 'npy',
};

/** The format a file to be written has by its extension. Throws `usage` for an unknown one. */
export function formatOfWeights(file: string): WriteFormat {
  const format = FORMATS[path.extname(file).toLowerCase()];
  if (format) return format;
  throw new LazuliError('usage', `${file}: no weight format has this extension`, {
    where: file,
    expected: Object.keys(FORMATS).join(', '),
    got: path.extname(file) || 'no extension',
  });
}

/** The archive's folder inside a torch file: the file's name, as torch.save does. */
export const archiveName = (file: string): string => path.basename(file, path.extname(file)) || 'archive';

/** Writes a state dict atomically in the format of the file's extension; returns what could not be kept. */
export async function writeWeightsFile(file: string, content: StateDictContent): Promise<readonly string[]> {
  const format = formatOfWeights(file);
  let warnings: readonly string[] = [];
  await writeFileAtomically(file, async (sink) => {
    warnings = await writeWeights(format, sink, content, { directory: archiveName(file) });
  });
  return warnings;
}

/** Copies every tensor of `from` into `to`; plain values beside them are only named in the warnings. */
export async function convertWeights(
  from: string,
  to: string,
): Promise<{ readonly entries: number; readonly warnings: readonly string[] }> {
  formatOfWeights(to);
  return withWeights(from, async (weights) => {
    const written = await writeWeightsFile(to, {
      entries: weights.entries,
      ...(weights.format === 'torch' ? { metadata: versionsOf(weights.metadata) } : {}),
    });
    const lost = Object.keys(weights.values);
    const dropped =
      lost.length > 0
        ? [
            `values beside the tensors are not kept: ${lost.slice(0, 10).join(', ')}${lost.length > 10 ? ' ...' : ''}`,
          ]
        : [];
    return { entries: weights.entries.length, warnings: [...weights.warnings, ...written, ...dropped] };
  });
}

/** `_metadata` as the writers take it, from the texts the readers list it as. */
function versionsOf(
  metadata: Readonly<Record<string, PlainValue>>,
): Record<string, { readonly version: number }> {
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([prefix, value]) => {
      const version = Number(value);
      return Number.isInteger(version) ? [[prefix, { version }] as const] : [];
    }),
  );
}
