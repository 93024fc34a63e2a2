// The IDX format of the MNIST family, plain or gzip, streamed into native memory in its own element type: bytes stay bytes.
// Source: yann.lecun.com/exdb/mnist, "THE IDX FILE FORMAT": 0, 0, type, rank, big-endian int32 sizes, big-endian elements.
import { LazuliError } from '#core/errors';
import { refusal } from '#core/formats/refuse';
import { elementSize } from '#core/tensor/dtype';
import { numel } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import { openBytes } from './bytes';
import { allocateTable, type TableDType } from './table';

const TYPES: ReadonlyMap<number, TableDType> = new Map([
  [0x08, 'uint8'],
  [0x09, 'int8'],
  [0x0b, 'int16'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);

/** deflate cannot pack more than this; what a header claims beyond it is a lie. */
const MOST_PACKED = 1032;

const refuse = (file: string, what: string, where: string, expected: string, got: string): LazuliError =>
  refusal(file, what, where, {
    expected,
    got,
    hint: 'is this an IDX file (MNIST family), whole and undamaged?',
  });

/** `[samples, ...sizes]` in the file's element type. Throws `file_refused`; nothing stays allocated then. */
export async function readIdx(file: string, signal?: AbortSignal): Promise<Tensor> {
  const { stream, size, isGzip } = await openBytes(file);
  let head = Buffer.alloc(0);
  let table: { tensor: Tensor; dtype: TableDType; total: number } | null = null;
  let written = 0;
  let carry = Buffer.alloc(0);
  const accept = (chunk: Buffer): void => {
    if (!table) return;
    const width = elementSize(table.dtype);
    const joined = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    const whole = joined.length - (joined.length % width);
    carry = Buffer.from(joined.subarray(whole));
    if (written + joined.length > table.total)
      throw refuse(
        file,
        'there are more bytes than its header says',
        `byte ${written}`,
        `${table.total} bytes of elements`,
        'more',
      );
    const bytes = joined.subarray(0, whole);
    table.tensor.storage.write(written, width === 1 ? bytes : swapped(bytes, width));
    written += whole;
  };
  try {
    for await (const chunk of stream) {
      signal?.throwIfAborted();
      if (table) accept(chunk as Buffer);
      else {
        head = Buffer.concat([head, chunk as Buffer]);
        const parsed = parseHeader(head, file, isGzip ? size * MOST_PACKED : size);
        if (!parsed) continue;
        table = { ...parsed, tensor: allocateTable(parsed.dtype, parsed.shape) };
        accept(head.subarray(parsed.start));
      }
    }
    if (!table)
      throw refuse(
        file,
        'the file ends inside its header',
        `byte ${head.length}`,
        'a header of at least 8 bytes',
        `${head.length} bytes`,
      );
    if (written !== table.total)
      throw refuse(
        file,
        'the file is truncated',
        `byte ${written}`,
        `${table.total} bytes of elements`,
        String(written),
      );
    return table.tensor;
  } catch (error) {
    table?.tensor.storage.dispose();
    stream.destroy();
    if (signal?.aborted === true)
      throw new LazuliError('interrupted', `reading ${file} was stopped`, { where: file });
    throw error;
  }
}

/** null while more bytes are needed. */
function parseHeader(
  head: Buffer,
  file: string,
  most: number,
): { dtype: TableDType; shape: readonly number[]; start: number; total: number } | null {
  if (head.length < 4) return null;
  const dtype = TYPES.get(head[2] ?? 0);
  const rank = head[3] ?? 0;
  if (head[0] !== 0 || head[1] !== 0 || !dtype || rank === 0 || rank > 8)
    throw refuse(
      file,
      'this is not an IDX file',
      'byte 0',
      'the bytes 0, 0, element type, rank',
      [...head.subarray(0, 4)].join(', '),
    );
  const start = 4 + 4 * rank;
  if (head.length < start) return null;
  const shape = Array.from({ length: rank }, (_, axis) => head.readUInt32BE(4 + 4 * axis));
  const total = shape.reduce((product, axis) => product * axis, elementSize(dtype));
  if (!Number.isSafeInteger(total) || total > most)
    throw refuse(
      file,
      `its header claims ${shape.join('×')} elements`,
      'byte 4',
      `at most the file's own ${most} bytes`,
      String(total),
    );
  if (numel(shape) === 0)
    throw refuse(file, 'it holds no samples', 'byte 4', 'at least one sample', shape.join('×'));
  return { dtype, shape, start, total };
}

function swapped(bytes: Buffer, width: number): Uint8Array {
  const copy = Buffer.from(bytes);
  if (width === 2) return copy.swap16();
  return width === 4 ? copy.swap32() : copy.swap64();
}
