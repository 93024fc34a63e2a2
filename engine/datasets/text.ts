// Plain text as samples: windows of characters, and for each the same window one character on, which a model learns to foresee.
import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { refusal } from '#core/formats/refuse';
import { numel } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import { Turns } from '../turns';
import { openText } from './bytes';
import { allocateTable, bytesOf } from './table';
import type { Targets } from './targets';

/** Characters of a sample where the project does not say. */
export const WINDOW = 64;
/** Different characters a text may have. */
const MOST_CHARACTERS = 20_000;
/** Windows written at once. */
const ROWS = 4096;

export interface TextContent {
  /** Numbers of characters `[samples, length]`: uint8, or int32 beyond 256 of them. */
  readonly inputs: Tensor;
  /** The same one character on; its classes are the characters, in the order of their code points. */
  readonly targets: Targets;
  readonly notes: readonly string[];
}

type TextSource = Pick<DataSource, 'inputShape' | 'stride' | 'classes'>;

interface TextOptions {
  /** Characters fixed by the text the model was trained on. */
  readonly classes: readonly string[] | null;
  /** Remembers a tensor that is freed when reading fails later. */
  readonly own: (tensor: Tensor) => Tensor;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `data_invalid` for a text too short or with characters that `classes` lacks, or what opening the file throws. */
export async function readTextWindows(
  file: string,
  { inputShape, stride: wanted }: TextSource,
  { classes, own, signal }: TextOptions,
): Promise<TextContent> {
  const turns = new Turns();
  const { points, found, hasReturns } = await readPoints(file, turns, signal);
  const length = numel(inputShape ?? [WINDOW]);
  const stride = wanted ?? length;
  const samples = Math.max(Math.floor((points.length - 1 - length) / stride) + 1, 0);
  if (samples === 0)
    throw new LazuliError('data_invalid', `${file}: the text is shorter than one sample`, {
      where: file,
      expected: `at least ${length + 1} characters: ${length} of a sample and the one that follows`,
      got: `${points.length}`,
      hint: 'choose a longer text or a shorter sample',
    });
  const names = classes ?? namesOf(found, file);
  const numbers = await numbersOf(points, names, file, turns);
  const dtype = numbers instanceof Uint8Array ? 'uint8' : 'int32';
  const [inputs, targets] = [0, 1].map(() => own(allocateTable(dtype, [samples, length])));
  if (!inputs || !targets) throw new LazuliError('internal', 'two tables were allocated');
  for (let from = 0; from < samples; from += ROWS) {
    const rows = Math.min(ROWS, samples - from);
    for (const [ahead, table] of [inputs, targets].entries()) {
      const block = dtype === 'uint8' ? new Uint8Array(rows * length) : new Int32Array(rows * length);
      for (let row = 0; row < rows; row++) {
        const start = (from + row) * stride + ahead;
        block.set(numbers.subarray(start, start + length), row * length);
      }
      table.storage.write(from * length * block.BYTES_PER_ELEMENT, bytesOf(block));
      await turns.next();
    }
    signal?.throwIfAborted();
  }
  return {
    inputs,
    targets: { tensor: targets, kind: 'class', classes: names },
    notes: hasReturns ? ['Line ends of carriage return and line feed are read as one line feed.'] : [],
  };
}

interface Points {
  readonly points: Uint32Array;
  /** Those there are, each once. */
  readonly found: ReadonlySet<number>;
  readonly hasReturns: boolean;
}

/** The code points of a text, without a byte order mark and without carriage returns. */
async function readPoints(file: string, turns: Turns, signal?: AbortSignal): Promise<Points> {
  const stream = await openText(file);
  const found = new Set<number>();
  let points = new Uint32Array(1 << 16);
  let count = 0;
  let hasReturns = false;
  for await (const piece of stream) {
    signal?.throwIfAborted();
    const text = piece as string;
    if (count + text.length > points.length) {
      const more = new Uint32Array(2 * (count + text.length));
      more.set(points.subarray(0, count));
      points = more;
    }
    for (const character of text) {
      const point = character.codePointAt(0) ?? 0;
      if (point === 0x0d) hasReturns = true;
      else if (count > 0 || point !== 0xfeff) {
        points[count++] = point;
        found.add(point);
      }
    }
    await turns.next();
  }
  return { points: points.subarray(0, count), found, hasReturns };
}

function namesOf(found: ReadonlySet<number>, file: string): readonly string[] {
  if (found.size > MOST_CHARACTERS)
    throw refusal(file, `it has ${found.size} different characters`, 'the text', {
      expected: `at most ${MOST_CHARACTERS}`,
      got: String(found.size),
      hint: 'is this a text?',
    });
  return [...found].toSorted((a, b) => a - b).map((point) => String.fromCodePoint(point));
}

/** Characters numbered between two looks at the clock. */
const PIECE = 1 << 14;

async function numbersOf(
  points: Uint32Array,
  names: readonly string[],
  file: string,
  turns: Turns,
): Promise<Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
  const numbers = names.length <= 256 ? new Uint8Array(points.length) : new Int32Array(points.length);
  const known = new Map(names.map((name, at) => [name.codePointAt(0), at]));
  let line = 1;
  for (const [at, point] of points.entries()) {
    const number = known.get(point);
    if (number === undefined)
      throw unknownCharacter(String.fromCodePoint(point), names, `${file}, line ${line}`);
    if (point === 0x0a) line++;
    numbers[at] = number;
    if (at % PIECE === 0) await turns.next();
  }
  return numbers;
}

/** A character that the model has no number for. */
export const unknownCharacter = (character: string, names: readonly string[], where: string): LazuliError =>
  new LazuliError(
    'data_invalid',
    `${where}: the model does not know the character ${JSON.stringify(character)}`,
    {
      where,
      expected: `one of ${names.length} characters: ${JSON.stringify(names.join('').slice(0, 120))}`,
      got: JSON.stringify(character),
      hint: 'it knows the characters of the text it was trained on',
    },
  );

/** The characters of a row of numbers. */
export const textOf = (numbers: readonly number[], names: readonly string[]): string =>
  numbers.map((number) => names[number] ?? '\u{FFFD}').join('');
