// A set of .safetensors shards and their index, as the Hugging Face libraries write and read them.
import path from 'node:path';

import { LazuliError } from '#core/errors';
import { entryBytes, writeWeights } from '#core/formats/index';
import type { StateDictContent, TensorEntry } from '#core/formats/weights';

import { writeFileAtomically, writeTextAtomically } from './files';

/** The Hugging Face libraries' own default: 5 GB. */
const LARGEST_SHARD = 5e9;
const INDEX = '.safetensors.index.json';

export interface ShardOptions {
  /** Most bytes of tensors in a shard; a larger tensor has a shard of its own. Default 5 GB. */
  readonly shardBytes?: number | undefined;
  readonly textMetadata?: Readonly<Record<string, string>>;
}

/**
 * Writes `name-00001-of-00003.safetensors` ... and, last, `name.safetensors.index.json`, which `to` names, or its
 * `name.safetensors`. Each file is written whole or not at all; a shard of an earlier set is only replaced by one of its name.
 * Source: huggingface_hub, "split_torch_state_dict_into_shards". Throws `usage` for another extension.
 */
export async function writeShards(
  to: string,
  { entries }: StateDictContent,
  { shardBytes = LARGEST_SHARD, textMetadata = {} }: ShardOptions,
): Promise<{ readonly files: readonly string[]; readonly warnings: readonly string[] }> {
  const stem = stemOf(to);
  const shards = split(
    entries.filter(({ shape }) => shape !== null),
    shardBytes,
  );
  const warnings: string[] = [];
  const weightMap: [string, string][] = [];
  const files: string[] = [];
  for (const [index, shard] of shards.entries()) {
    const name = `${path.basename(stem)}-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    const file = path.join(path.dirname(stem), name);
    await writeFileAtomically(file, async (sink) => {
      warnings.push(...(await writeWeights('safetensors', sink, { entries: shard }, { textMetadata })));
    });
    files.push(file);
    for (const entry of shard) weightMap.push([entry.name, name]);
  }
  const total = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  // Not an object: its keys could be `__proto__`, and integers would come first.
  const pairs = weightMap.map(([key, name]) => `    ${JSON.stringify(key)}: ${JSON.stringify(name)}`);
  const text = `{\n  "metadata": {\n    "total_size": ${String(total)}\n  },\n  "weight_map": {\n${pairs.join(',\n')}\n  }\n}\n`;
  await writeTextAtomically(`${stem}${INDEX}`, text);
  return { files: [`${stem}${INDEX}`, ...files], warnings: [...new Set(warnings)] };
}

const number = (value: number): string => String(value).padStart(5, '0');

function stemOf(file: string): string {
  for (const ending of [INDEX, '.safetensors'])
    if (file.toLowerCase().endsWith(ending) && path.basename(file).length > ending.length)
      return file.slice(0, -ending.length);
  throw new LazuliError('usage', `${file}: shards are .safetensors files`, {
    where: file,
    expected: `name.safetensors or name${INDEX}`,
    got: path.basename(file),
  });
}

/** In order, each shard as full as it goes; always one shard. */
function split(entries: readonly TensorEntry[], largest: number): readonly (readonly TensorEntry[])[] {
  const shards: TensorEntry[][] = [[]];
  let used = 0;
  for (const entry of entries) {
    const bytes = entryBytes(entry);
    if (used > 0 && used + bytes > largest) {
      shards.push([]);
      used = 0;
    }
    shards.at(-1)?.push(entry);
    used += bytes;
  }
  return shards;
}
