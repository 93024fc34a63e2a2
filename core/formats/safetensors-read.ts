// Reads safetensors files and their sharded index, stricter than the reference library where that is lax.
import { DTYPES, elementSize, isDType, type DType } from '../tensor/dtype';
import { contiguousStrides } from '../tensor/shape';
import { decodeText, rangeOf, readUint64, viewOf } from './bytes';
import { printable, quote, refusal, type RefusalDetails } from './refuse';
import { JsonProblem, parseHeaderJson, type HeaderValue } from './strict-json';
import type { ByteSource, TensorEntry, WeightFile } from './weights';

const LARGEST_HEADER = 100_000_000;
const LARGEST_INDEX = 64 * 1024 * 1024;
const MOST_SHARDS = 10_000;
const HIGHEST_RANK = 64;
const METADATA = '__metadata__';

const DTYPE_BY_NAME: ReadonlyMap<string, DType> = new Map(
  Object.keys(DTYPES)
    .filter(isDType)
    .flatMap((dtype) => {
      const name = DTYPES[dtype].safetensors;
      return name === null ? [] : [[name, dtype] as const];
    }),
);

/** True when eight bytes that are not text are followed by `{`, or a plausible header length by whitespace. */
export function looksLikeSafetensors(start: Uint8Array): boolean {
  if (start.length < 9) return false;
  const character = String.fromCharCode(start[8] ?? 0);
  if (character === '{') return start.subarray(0, 8).some((byte) => byte < 0x09 || byte >= 0x7f);
  const length = readUint64(viewOf(start), 0);
  return length !== null && length <= LARGEST_HEADER && /^\s$/.test(character);
}

/** Lists a safetensors file. Throws `file_refused`. Source: safetensors README "Format", RELIABILITY lines 34 and 35. */
export async function readSafetensors(source: ByteSource): Promise<WeightFile> {
  const { header, dataStart } = await readHeader(source);
  const entries: { readonly entry: TensorEntry; readonly begin: number; readonly end: number }[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of header) {
    if (name === METADATA) metadata = parseMetadata(source, value);
    else entries.push(parseTensor(source, name, value, dataStart));
  }
  checkTiling(source, entries, dataStart);
  return {
    format: 'safetensors',
    entries: entries.map(({ entry }) => entry),
    values: {},
    metadata,
    globals: [],
    warnings: [],
  };
}

async function readHeader(
  source: ByteSource,
): Promise<{ header: ReadonlyMap<string, HeaderValue>; dataStart: number }> {
  if (source.size < 8) {
    throw refusal(source.name, 'the file is too short for a safetensors header', 'byte 0', {
      expected: 'at least 8 bytes',
      got: `${String(source.size)} bytes`,
    });
  }
  const length = readUint64(viewOf(await source.read(0, 8)), 0);
  if (length === null || length > LARGEST_HEADER || length < 2 || length > source.size - 8) {
    throw refusal(source.name, 'the safetensors header length is impossible', 'byte 0', {
      expected: `2 to ${String(Math.min(LARGEST_HEADER, source.size - 8))} bytes`,
      got: length === null ? 'more than 2^53' : `${String(length)} bytes`,
      hint: 'The file is damaged, cut short, or not a safetensors file.',
    });
  }
  const bytes = await source.read(8, length);
  if (bytes[0] !== 0x7b) {
    throw refusal(source.name, "the safetensors header does not start with '{'", 'byte 8', {
      expected: "'{'",
      got: `byte 0x${(bytes[0] ?? 0).toString(16)}`,
    });
  }
  const text = decodeText(bytes);
  if (text === null) throw refusal(source.name, 'the safetensors header is not valid UTF-8', 'byte 8');
  const header = parseJson(source, text, 'safetensors header', 8);
  if (!isMap(header)) throw refusal(source.name, 'the safetensors header is not an object', 'byte 8');
  return { header, dataStart: 8 + length };
}

function parseJson(source: ByteSource, text: string, what: string, start: number): HeaderValue {
  try {
    return parseHeaderJson(text);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    const line = `character ${String(error.index)} of the header, from byte ${String(start)}`;
    throw refusal(source.name, `the ${what} ${printable(error.message)}`, line);
  }
}

const isMap = (value: HeaderValue | undefined): value is ReadonlyMap<string, HeaderValue> =>
  value instanceof Map;
const isList = (value: HeaderValue | undefined): value is readonly HeaderValue[] => Array.isArray(value);
const isCount = (value: HeaderValue): value is number => typeof value === 'number' && value >= 0;

function parseMetadata(source: ByteSource, value: HeaderValue): Readonly<Record<string, string>> {
  const pairs: [string, string][] = [];
  const refuse = (): Error =>
    refusal(source.name, 'the safetensors metadata is not text by text', "header key '__metadata__'", {
      expected: 'an object of texts',
    });
  // The reference library has an option there.
  if (value === null) return {};
  if (!isMap(value)) throw refuse();
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw refuse();
    pairs.push([key, text]);
  }
  return Object.fromEntries(pairs);
}

function parseTensor(
  source: ByteSource,
  name: string,
  value: HeaderValue,
  dataStart: number,
): { entry: TensorEntry; begin: number; end: number } {
  const where = `tensor ${quote(name)}`;
  const refuse = (what: string, details: RefusalDetails = {}): Error =>
    refusal(source.name, what, where, details);
  if (!isMap(value)) throw refuse('a tensor is not described by an object');
  const unknown = [...value.keys()].find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (unknown !== undefined) {
    throw refuse(`a tensor has the unknown field ${quote(unknown)}`, {
      expected: 'dtype, shape and data_offsets',
    });
  }
  const dtypeName = value.get('dtype');
  const dtype = typeof dtypeName === 'string' ? DTYPE_BY_NAME.get(dtypeName) : undefined;
  if (dtype === undefined) {
    throw refuse('a tensor has a dtype Lazuli does not know', {
      expected: `one of ${[...DTYPE_BY_NAME.keys()].join(', ')}`,
      got: typeof dtypeName === 'string' ? quote(dtypeName) : 'no text',
    });
  }
  const listed = value.get('shape');
  if (!isList(listed) || !listed.every(isCount) || listed.length > HIGHEST_RANK) {
    throw refuse('a tensor has an impossible shape', {
      expected: `a list of at most ${String(HIGHEST_RANK)} integers of 0 or more`,
    });
  }
  const shape = dtype === 'float4_e2m1fn_x2' ? halvedShape(listed) : listed;
  if (shape === null) {
    throw refuse('a tensor of four-bit numbers ends in half a byte', {
      expected: 'an even last size',
      got: `(${listed.join(', ')})`,
    });
  }
  const offsets = value.get('data_offsets');
  const [begin, end] = isList(offsets) && offsets.length === 2 && offsets.every(isCount) ? offsets : [];
  if (begin === undefined || end === undefined || begin > end || end > source.size - dataStart) {
    throw refuse('a tensor has impossible offsets', {
      expected: `two integers from 0 to ${String(source.size - dataStart)}, in order`,
      got: showOffsets(offsets),
    });
  }
  const bytes = shape.reduce((product, size) => product * size, elementSize(dtype));
  if (!Number.isSafeInteger(bytes) || bytes !== end - begin) {
    throw refuse("a tensor's shape and offsets disagree", {
      expected: `${String(bytes)} bytes for shape (${shape.join(', ')}) of ${dtype}`,
      got: `${String(end - begin)} bytes`,
    });
  }
  const entry: TensorEntry = {
    name,
    kind: 'tensor',
    dtype,
    shape,
    stride: contiguousStrides(shape),
    offset: 0,
    storage: rangeOf(source, dataStart + begin, bytes),
    storageKey: '',
    requiresGrad: false,
  };
  return { entry, begin, end };
}

/** The format counts four-bit numbers, PyTorch the bytes of two. */
function halvedShape(shape: readonly number[]): readonly number[] | null {
  const last = shape.at(-1);
  return last === undefined || last % 2 !== 0 ? null : [...shape.slice(0, -1), last / 2];
}

function showOffsets(offsets: HeaderValue | undefined): string {
  if (!isList(offsets)) return 'no list';
  const shown = offsets
    .slice(0, 4)
    .map((offset) => (typeof offset === 'number' ? String(offset) : 'another value'));
  return `[${shown.join(', ')}]`;
}

/** The tensors' ranges must cover the data exactly: no hole, no overlap, nothing after the last. */
function checkTiling(
  source: ByteSource,
  tensors: readonly { readonly entry: TensorEntry; readonly begin: number; readonly end: number }[],
  dataStart: number,
): void {
  let at = 0;
  for (const { entry, begin, end } of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      throw refusal(
        source.name,
        begin < at ? 'two tensors overlap' : 'there is a hole before a tensor',
        `tensor ${quote(entry.name)}`,
        {
          expected: `data offset ${String(at)}`,
          got: String(begin),
        },
      );
    }
    at = end;
  }
  if (dataStart + at !== source.size) {
    throw refusal(source.name, 'the file goes on after its last tensor', `byte ${String(dataStart + at)}`, {
      expected: `${String(dataStart + at)} bytes`,
      got: `${String(source.size)} bytes`,
    });
  }
}

/**
 * Lists a sharded checkpoint from its `*.safetensors.index.json`. `openSibling` opens a shard by its name, which is
 * checked to be a plain file name. Throws `file_refused`. Source: huggingface_hub sharded checkpoints.
 */
export async function readSafetensorsIndex(
  source: ByteSource,
  openSibling: (name: string) => Promise<ByteSource>,
): Promise<WeightFile> {
  const weightMap = await readWeightMap(source);
  const shards = new Map<string, Map<string, TensorEntry>>();
  const names = [...new Set(weightMap.values())];
  if (names.length > MOST_SHARDS) {
    throw refusal(source.name, 'the index names too many shards', "key 'weight_map'", {
      expected: `at most ${String(MOST_SHARDS)}`,
      got: String(names.length),
    });
  }
  const warnings: string[] = [];
  for (const name of names) {
    const shard = await readSafetensors(await openSibling(name));
    shards.set(name, new Map(shard.entries.map((entry) => [entry.name, entry])));
    const unlisted = shard.entries.find((entry) => weightMap.get(entry.name) !== name);
    if (unlisted !== undefined)
      warnings.push(`${quote(name)} has ${quote(unlisted.name)}, which the index does not list there`);
  }
  const entries = [...weightMap].map(([key, name]) => {
    const entry = shards.get(name)?.get(key);
    if (entry === undefined) {
      throw refusal(source.name, `the tensor ${quote(key)} is not in its shard`, `shard ${quote(name)}`);
    }
    return entry;
  });
  return { format: 'safetensors', entries, values: {}, metadata: {}, globals: [], warnings };
}

async function readWeightMap(source: ByteSource): Promise<Map<string, string>> {
  if (source.size > LARGEST_INDEX) {
    throw refusal(source.name, 'the index is too large', 'byte 0', {
      expected: `at most ${String(LARGEST_INDEX)} bytes`,
      got: `${String(source.size)} bytes`,
    });
  }
  const text = decodeText(await source.read(0, source.size));
  if (text === null) throw refusal(source.name, 'the index is not valid UTF-8', 'byte 0');
  const index = parseJson(source, text, 'index', 0);
  const map = isMap(index) ? index.get('weight_map') : undefined;
  if (!isMap(map)) {
    throw refusal(source.name, "this JSON text is not a safetensors index: it has no 'weight_map'", 'byte 0');
  }
  const result = new Map<string, string>();
  for (const [key, name] of map) {
    const isPlainName =
      typeof name === 'string' && /^[^/\\:\p{Cc}]+\.safetensors$/u.test(name) && !name.startsWith('.');
    if (!isPlainName) {
      throw refusal(
        source.name,
        'the index names a shard that is not a plain file name',
        `tensor ${quote(key)}`,
        {
          expected: 'a .safetensors file beside the index',
          got: typeof name === 'string' ? quote(name) : 'no text',
        },
      );
    }
    result.set(key, name);
  }
  return result;
}
