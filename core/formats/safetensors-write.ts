// Writes safetensors files in the reference library's order and alignment, streaming.
import { LazuliError } from '../errors';
import { DTYPES } from '../tensor/dtype';
import { encodeText, FieldWriter } from './bytes';
import { entryBytes, writeAllContiguous } from './gather';
import { quote } from './refuse';
import type { ByteSink, StateDictContent, TensorEntry } from './weights';

/** The reference library sorts by this order, last first, then by name. Source: safetensors tensor.rs, enum Dtype. */
const ORDER = [
  'BOOL',
  'F4',
  'U8',
  'I8',
  'F8_E5M2',
  'F8_E4M3',
  'F8_E8M0',
  'F8_E4M3FNUZ',
  'F8_E5M2FNUZ',
  'I16',
  'U16',
  'F16',
  'BF16',
  'I32',
  'U32',
  'F32',
  'C64',
  'F64',
  'I64',
  'U64',
];
const METADATA = '__metadata__';
/** Half a character, which UTF-8 cannot say. */
const LONE_SURROGATE = /\p{Cs}/u;

/**
 * Writes all initialized tensors. Views become dense and shared storages become copies; the returned warnings say
 * so. Throws `not_supported` for a dtype or name the format has no word for. Source: safetensors README "Format".
 */
export async function writeSafetensors(
  sink: ByteSink,
  content: StateDictContent,
  metadata: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const entries = content.entries.filter((entry) => entry.storage !== null);
  for (const entry of content.entries) {
    if (entry.storage === null) warnings.push(`${quote(entry.name)} is uninitialized and was left out`);
  }
  const names = new Set(entries.map((entry) => entry.name));
  if (names.size !== entries.length || names.has(METADATA)) {
    throw new LazuliError(
      'not_supported',
      'safetensors names must differ from each other and from __metadata__',
    );
  }
  const broken = [...names].find((name) => LONE_SURROGATE.test(name));
  if (broken !== undefined)
    throw new LazuliError(
      'not_supported',
      `safetensors cannot hold the name ${quote(broken)}: it is no UTF-8`,
      {
        where: 'name of a tensor',
        expected: 'whole characters',
        hint: 'write a .pt file instead',
      },
    );
  const storages = new Set(entries.map((entry) => entry.storage));
  if (storages.size < entries.length)
    warnings.push('tensors that share memory were written as separate copies');
  const sorted = entries.map((entry) => ({ entry, code: dtypeName(entry) })).sort(compare);
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let at = 0;
  for (const { entry, code } of sorted) {
    const end = at + entryBytes(entry);
    header.push([entry.name, { dtype: code, shape: listedShape(entry), data_offsets: [at, end] }]);
    at = end;
  }
  const text = encodeText(
    `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );
  const padding = (8 - (text.length % 8)) % 8;
  await sink.expect?.(at);
  await sink.write(
    new FieldWriter()
      .uint64(text.length + padding)
      .bytes(text)
      .fill(0x20, padding)
      .take(),
  );
  await writeAllContiguous(
    sink,
    sorted.map(({ entry }) => entry),
  );
  return warnings;
}

/** The format counts four-bit numbers, PyTorch the bytes of two. */
function listedShape({ dtype, shape }: TensorEntry): readonly number[] {
  const sizes = shape ?? [];
  const last = sizes.at(-1);
  if (dtype !== 'float4_e2m1fn_x2') return sizes;
  if (last !== undefined) return [...sizes.slice(0, -1), last * 2];
  throw new LazuliError('not_supported', 'safetensors cannot hold a scalar of two four-bit numbers');
}

function dtypeName(entry: TensorEntry): string {
  const name: string | null = DTYPES[entry.dtype].safetensors;
  if (name !== null) return name;
  throw new LazuliError('not_supported', `safetensors has no dtype for ${entry.dtype}`, {
    where: `tensor '${entry.name}'`,
    expected: `one of ${supportedDTypes().join(', ')}`,
    got: entry.dtype,
    hint: 'Write a .pt file instead.',
  });
}

const supportedDTypes = (): string[] =>
  Object.entries(DTYPES)
    .filter(([, row]) => row.safetensors !== null)
    .map(([name]) => name);

interface Named {
  readonly entry: TensorEntry;
  readonly code: string;
}

function compare(a: Named, b: Named): number {
  const byType = ORDER.indexOf(b.code) - ORDER.indexOf(a.code);
  if (byType !== 0) return byType;
  const left = encodeText(a.entry.name);
  const right = encodeText(b.entry.name);
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
