// Writes .npy arrays exactly as NumPy does, and .npz archives of them.
import { LazuliError } from '../errors';
import { DTYPES, elementSize, type DType } from '../tensor/dtype';
import { numel } from '../tensor/shape';
import { concatenate, encodeText, FieldWriter } from './bytes';
import { contiguousBytes, writeContiguous } from './gather';
import { convertFloats } from './half';
import { quote } from './refuse';
import type { ByteSink, StateDictContent, TensorEntry } from './weights';
import { ZipWriter } from './zip/write';

const ALIGNMENT = 64;
/** NumPy leaves room so that the growing axis can reach 21 digits in place. Source: numpy.lib.format. */
const GROWTH_DIGITS = 21;

/** One array, C order, format 1.0. Returns what could not be kept. Throws `not_supported` for dtypes without a NumPy type. */
export async function writeNumpy(sink: ByteSink, entry: TensorEntry): Promise<readonly string[]> {
  const array = arrayOf(entry);
  await array.write(sink);
  return array.warnings;
}

/** All initialized tensors as `name.npy`, stored. Returns what could not be kept. */
export async function writeNumpyArchive(
  sink: ByteSink,
  content: StateDictContent,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const writer = new ZipWriter(sink, '', { zip64End: 'needed' });
  const names = new Set<string>();
  for (const entry of content.entries) {
    if (entry.storage === null) {
      warnings.push(`${quote(entry.name)} is uninitialized and was left out`);
      continue;
    }
    const name = `${entry.name === '' ? 'arr_0' : entry.name}.npy`;
    if (names.has(name)) throw new LazuliError('not_supported', `two arrays would be called '${name}'`);
    names.add(name);
    const array = arrayOf(entry);
    warnings.push(...array.warnings);
    await writer.writeRecord(name, array.bytes, array.write);
  }
  await writer.finish();
  return warnings;
}

interface NumpyArray {
  /** Header included. */
  readonly bytes: number;
  readonly write: (sink: ByteSink) => Promise<void>;
  readonly warnings: readonly string[];
}

function arrayOf(entry: TensorEntry): NumpyArray {
  const isWidened = entry.dtype === 'bfloat16';
  const dtype: DType = isWidened ? 'float32' : entry.dtype;
  const code: string | null = DTYPES[dtype].numpy;
  if (code === null || entry.shape === null) {
    throw new LazuliError(
      'not_supported',
      `NumPy has no type for ${entry.shape === null ? 'an uninitialized tensor' : dtype}`,
      {
        where: `tensor '${entry.name}'`,
        got: entry.dtype,
        hint: 'Write a .pt or .safetensors file instead.',
      },
    );
  }
  const header = arrayHeader(code, elementSize(dtype), entry.shape);
  return {
    bytes: header.length + numel(entry.shape) * elementSize(dtype),
    write: async (sink) => {
      await sink.write(header);
      await (isWidened ? writeWidened(sink, entry) : writeContiguous(sink, entry));
    },
    warnings: isWidened
      ? [`${quote(entry.name)} was bfloat16, which NumPy lacks: it was written as float32`]
      : [],
  };
}

async function writeWidened(sink: ByteSink, entry: TensorEntry): Promise<void> {
  for await (const chunk of contiguousBytes(entry))
    await sink.write(convertFloats(chunk, 'bfloat16', 'float32'));
}

function arrayHeader(code: string, bytes: number, shape: readonly number[]): Uint8Array {
  const order = bytes === 1 ? '|' : '<';
  const [first] = shape;
  const tuple = shape.length === 1 ? `(${String(first)},)` : `(${shape.join(', ')})`;
  const growth = first === undefined ? 0 : GROWTH_DIGITS - String(first).length;
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }${' '.repeat(growth)}`;
  const length = text.length + 1;
  const padding = ALIGNMENT - ((10 + length) % ALIGNMENT);
  const fields = new FieldWriter().bytes(Uint8Array.of(0x93)).text('NUMPY').uint8(1).uint8(0);
  return concatenate([fields.uint16(length + padding).take(), encodeText(`${text}${' '.repeat(padding)}\n`)]);
}
