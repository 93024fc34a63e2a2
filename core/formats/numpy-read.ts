// Reads .npy arrays and .npz archives: a fixed header grammar, nothing evaluated, object arrays refused.
import { DTYPES, elementSize, isDType, type DType } from '../tensor/dtype';
import { contiguousStrides } from '../tensor/shape';
import { partOf, viewOf, wholeOf } from './bytes';
import { quote, refusal } from './refuse';
import { swapped } from './torch/transforms';
import type { ByteSource, StorageSource, TensorEntry, WeightFile } from './weights';
import { readZip, type ZipArchive } from './zip/read';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const LONGEST_HEADER = 10_000;
const HIGHEST_RANK = 64;

const DTYPE_BY_CODE: ReadonlyMap<string, DType> = new Map(
  Object.keys(DTYPES)
    .filter(isDType)
    .flatMap((dtype) => {
      const code = DTYPES[dtype].numpy;
      return code === null ? [] : [[code, dtype] as const];
    }),
);

/** What numpy type letters mean that have no tensor dtype. */
const OTHER_TYPES: ReadonlyMap<string, string> = new Map([
  ['O', 'Python objects, which would have to run code'],
  ['U', 'texts'],
  ['S', 'byte strings'],
  ['a', 'byte strings'],
  ['V', 'raw records'],
  ['M', 'dates'],
  ['m', 'durations'],
]);

/** True when the bytes start with NumPy's magic. */
export const isNumpyArray = (start: Uint8Array): boolean =>
  MAGIC.every((byte, index) => start[index] === byte);

/** Lists a .npy file as one tensor with the name ''. Throws `file_refused`. Source: numpy.lib.format. */
export async function readNumpy(source: ByteSource): Promise<WeightFile> {
  const entry = await readArray(source.name, '', wholeOf(source), '');
  return { format: 'npy', entries: [entry], values: {}, metadata: {}, globals: [], warnings: [] };
}

/** Lists an .npz archive, names without `.npy`. Throws `file_refused`. Source: numpy.savez. */
export async function readNumpyArchive(source: ByteSource, opened?: ZipArchive): Promise<WeightFile> {
  const archive = opened ?? (await readZip(source));
  const entries: TensorEntry[] = [];
  for (const { name } of archive.entries) {
    if (!name.endsWith('.npy')) {
      throw refusal(
        source.name,
        `the archive has ${quote(name)}, which is not an array`,
        'zip central directory',
        {
          expected: 'only .npy entries',
        },
      );
    }
    const short = name.slice(0, -'.npy'.length);
    entries.push(await readArray(source.name, short, archive.open(name), `entry ${quote(name)}, `));
  }
  return { format: 'npz', entries, values: {}, metadata: {}, globals: [], warnings: [] };
}

async function readArray(
  file: string,
  name: string,
  bytes: StorageSource,
  place: string,
): Promise<TensorEntry> {
  const prefix = await bytes.read(0, Math.min(12, bytes.bytes));
  const [major = 0, minor = 0] = prefix.subarray(6, 8);
  if (!isNumpyArray(prefix) || prefix.length < 10) {
    throw refusal(file, 'the array does not start with the NumPy magic', `${place}byte 0`);
  }
  if (minor !== 0 || major < 1 || major > 3) {
    throw refusal(file, 'the array has an unknown format version', `${place}byte 6`, {
      expected: '1.0, 2.0 or 3.0',
      got: `${String(major)}.${String(minor)}`,
    });
  }
  const start = major === 1 ? 10 : 12;
  const length =
    prefix.length < start
      ? -1
      : major === 1
        ? viewOf(prefix).getUint16(8, true)
        : viewOf(prefix).getUint32(8, true);
  if (length < 0 || length > LONGEST_HEADER || length > bytes.bytes - start) {
    throw refusal(file, 'the array has an impossible header length', `${place}byte 8`, {
      expected: `at most ${String(Math.max(0, Math.min(LONGEST_HEADER, bytes.bytes - start)))} bytes`,
      got: length < 0 ? 'the end of the file' : `${String(length)} bytes`,
    });
  }
  const raw = await bytes.read(start, length);
  const header = new HeaderParser(
    file,
    Array.from(raw, (byte) => String.fromCharCode(byte)).join(''),
    `${place}byte ${String(start)}`,
    major < 3,
  );
  return arrayEntry(file, name, header.parse(), bytes, start + length, place);
}

interface ArrayHeader {
  readonly descr: string;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
}

function arrayEntry(
  file: string,
  name: string,
  header: ArrayHeader,
  content: StorageSource,
  start: number,
  place: string,
): TensorEntry {
  const where = `${place}byte ${String(start)}`;
  const { shape } = header;
  const { dtype, isBigEndian } = parseDescr(file, header.descr, where);
  const bytes = shape.reduce((product, size) => product * size, elementSize(dtype));
  if (!Number.isSafeInteger(bytes) || bytes !== content.bytes - start) {
    throw refusal(file, "the array's data has the wrong size", where, {
      expected: `${String(bytes)} bytes for shape (${shape.join(', ')}) of ${dtype}`,
      got: `${String(content.bytes - start)} bytes`,
    });
  }
  const plain = partOf(content, start, bytes, file);
  const stride = header.isFortran
    ? contiguousStrides([...shape].reverse()).reverse()
    : contiguousStrides(shape);
  return {
    name,
    kind: 'tensor',
    dtype,
    shape,
    stride,
    offset: 0,
    storage: isBigEndian ? swapped(plain, dtype) : plain,
    storageKey: '',
    requiresGrad: false,
  };
}

function parseDescr(file: string, descr: string, where: string): { dtype: DType; isBigEndian: boolean } {
  // NumPy takes its names of dtypes for a descr too.
  if (isDType(descr) && DTYPES[descr].numpy !== null) return { dtype: descr, isBigEndian: false };
  const match = /^([<>|=]?)([A-Za-z])(\d{0,4}(?:\[\w{1,8}\])?)$/.exec(descr);
  const [, order = '', letter = '', size = ''] = match ?? [];
  const dtype = DTYPE_BY_CODE.get(letter + size);
  if (dtype !== undefined && (order !== '|' || elementSize(dtype) === 1))
    return { dtype, isBigEndian: order === '>' };
  const isLong = ['f12', 'f16', 'c24', 'c32'].includes(letter + size);
  const other = descr.includes(',')
    ? 'records with fields'
    : isLong
      ? 'long doubles'
      : OTHER_TYPES.get(letter);
  throw refusal(
    file,
    other === undefined ? 'the array has an unknown type' : `the array holds ${other}`,
    where,
    {
      expected: `one of ${[...DTYPE_BY_CODE.keys()].join(', ')}`,
      got: quote(descr),
      hint: other === undefined ? 'Save it again as a number type.' : 'Only arrays of numbers can be opened.',
    },
  );
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order, padded with spaces. */
class HeaderParser {
  readonly #file: string;
  readonly #text: string;
  readonly #where: string;
  /** Of a version before 3. */
  readonly #isOld: boolean;
  #at = 0;

  constructor(file: string, text: string, where: string, isOld: boolean) {
    this.#file = file;
    this.#text = text;
    this.#where = where;
    this.#isOld = isOld;
  }

  parse(): ArrayHeader {
    let descr: string | undefined;
    let isFortran: boolean | undefined;
    let shape: number[] | undefined;
    this.#expect(/\s*\{\s*/y, "'{'");
    while (this.#accept(/\}\s*/y) === null) {
      const key = this.#expect(/'([a-z_]{1,20})'\s*:\s*/y, 'a key in quotes')[1];
      if (key === 'descr' && descr === undefined) descr = this.#descr();
      else if (key === 'fortran_order' && isFortran === undefined)
        isFortran = this.#expect(/True|False/y, 'True or False')[0] === 'True';
      else if (key === 'shape' && shape === undefined) shape = this.#shape();
      else throw this.#refuse(`has the key ${quote(key ?? '')} twice or without meaning`);
      if (this.#accept(/\s*,\s*/y) === null) {
        this.#expect(/\s*\}\s*/y, "',' or '}'");
        break;
      }
    }
    if (this.#at !== this.#text.length) throw this.#refuse('goes on after its end');
    if (descr === undefined || isFortran === undefined || shape === undefined) {
      throw this.#refuse('lacks descr, fortran_order or shape');
    }
    return { descr, isFortran, shape };
  }

  #descr(): string {
    if (this.#accept(/\[/y) !== null)
      throw this.#refuse('describes records with fields, which are not tensors');
    return this.#expect(/'([^'\\\n]{0,64})'/y, 'a type in quotes')[1] ?? '';
  }

  #shape(): number[] {
    this.#expect(/\(\s*/y, "'('");
    const sizes: number[] = [];
    let needsComma = false;
    while (this.#accept(/\s*\)/y) === null) {
      if (needsComma) throw this.#refuse('has a malformed shape');
      // Python 2 wrote long integers with an L; versions from 3 on are none of its.
      const size = Number(
        this.#expect(this.#isOld ? /(0|[1-9]\d{0,18})L?/y : /(0|[1-9]\d{0,18})/y, 'a size')[1],
      );
      if (!Number.isSafeInteger(size)) throw this.#refuse('has a size above 2^53');
      sizes.push(size);
      if (sizes.length > HIGHEST_RANK) throw this.#refuse(`has more than ${String(HIGHEST_RANK)} sizes`);
      needsComma = this.#accept(/\s*,\s*/y) === null;
      if (needsComma && sizes.length === 1 && this.#text[this.#at] === ')') {
        throw this.#refuse("has a shape that is not a tuple: '(n)' instead of '(n,)'");
      }
    }
    return sizes;
  }

  #accept(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #expect(pattern: RegExp, expected: string): RegExpExecArray {
    const match = this.#accept(pattern);
    if (match === null) throw this.#refuse(`is malformed at character ${String(this.#at)}`, expected);
    return match;
  }

  #refuse(problem: string, expected?: string): Error {
    const details =
      expected === undefined ? {} : { expected, got: quote(this.#text.slice(this.#at, this.#at + 20)) };
    return refusal(this.#file, `the array header ${problem}`, this.#where, details);
  }
}
