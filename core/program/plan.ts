// Memory planning: how long each temporary lives, which may take over another's place, and where each lies in one arena.
import { elementSize } from '../tensor/dtype';
import { shapesEqual } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction, ProgramBuffer, ProgramSpec } from './instructions';
import { bufferAt, bufferBytes, isTemporary, reads, type TracedBuffer, type TracedProgram } from './traced';

/** Arena offsets are multiples of this: a cache line, and the widest vector register. */
export const ALIGNMENT = 64;

/** One stretch of arena memory and the instructions, first and last included, during which it is taken. */
export interface Block {
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/** Gives every temporary storage its place and makes the program executors run. */
export function plan(program: TracedProgram): ProgramSpec {
  const blocks = blocksOf(program);
  const { offsets, bytes } = place([...new Set(blocks.values())]);
  const buffers = program.buffers.map(({ storage, offset, dtype, shape }): ProgramBuffer => {
    const block = blocks.get(storage);
    if (!block) return { kind: 'external', storage, offset, dtype, shape };
    return { kind: 'arena', offset: (offsets.get(block) ?? 0) + offset, dtype, shape };
  });
  return { buffers, instructions: program.instructions, arenaBytes: bytes };
}

/** Where the memory of a program goes. */
export interface ProgramMemory {
  /** Of every storage that outlives the program: parameters, optimizer state, data. */
  readonly externalBytes: number;
  readonly arenaBytes: number;
  /** What lives at once at the fullest moment: an arena cannot be smaller without computing things twice. */
  readonly leastArenaBytes: number;
}

/** What a program holds in memory besides the scratch of its kernels, and the least it could. */
export function programMemory(program: TracedProgram, { arenaBytes }: ProgramSpec): ProgramMemory {
  const changes = new Array<number>(program.instructions.length + 1).fill(0);
  for (const { bytes, first, last } of new Set(blocksOf(program).values())) {
    changes[first] = (changes[first] ?? 0) + bytes;
    changes[last + 1] = (changes[last + 1] ?? 0) - bytes;
  }
  let alive = 0;
  let leastArenaBytes = 0;
  for (const change of changes) {
    alive += change;
    leastArenaBytes = Math.max(leastArenaBytes, alive);
  }
  const external = new Set(
    program.buffers.map(({ storage }) => storage).filter((each) => !isTemporary(each)),
  );
  const externalBytes = [...external].reduce((sum, { bytes }) => sum + bytes, 0);
  return { externalBytes, arenaBytes, leastArenaBytes };
}

/** The block of every temporary storage. An elementwise op may write where an input of its shape ends its life. */
export function blocksOf(program: TracedProgram): Map<Storage, Block> {
  const lastUse = new Map<Storage, number>();
  program.instructions.forEach((instruction, index) => {
    for (const buffer of [...reads(instruction), ...instruction.outputs])
      lastUse.set(bufferAt(program, buffer).storage, index);
  });
  const blocks = new Map<Storage, Block>();
  program.instructions.forEach((instruction, index) => {
    for (const output of instruction.outputs) {
      const { storage } = bufferAt(program, output);
      if (!isTemporary(storage) || blocks.has(storage)) continue;
      const last = lastUse.get(storage) ?? index;
      const reused = reusable(program, instruction, index, blocks);
      if (reused) reused.last = last;
      blocks.set(storage, reused ?? { bytes: storage.bytes, first: index, last });
    }
  });
  return blocks;
}

/** The block of an input that the elementwise `instruction` may overwrite element by element. */
function reusable(
  program: TracedProgram,
  instruction: Instruction,
  index: number,
  blocks: ReadonlyMap<Storage, Block>,
): Block | null {
  const [output] = instruction.outputs;
  if (instruction.op !== 'elementwise' || output === undefined) return null;
  const target = bufferAt(program, output);
  const inputs = reads(instruction);
  for (const input of inputs) {
    const source = bufferAt(program, input);
    const block = blocks.get(source.storage);
    const isAlone = inputs.every(
      (other) => other === input || blocks.get(bufferAt(program, other).storage) !== block,
    );
    if (block?.last === index && isAlone && covers(source, target, block)) return block;
  }
  return null;
}

/** True when `source` is all of its block and lies element for element under `target`. */
const covers = (source: TracedBuffer, target: TracedBuffer, block: Block): boolean =>
  source.offset === 0 &&
  bufferBytes(source) === block.bytes &&
  target.storage.bytes === block.bytes &&
  elementSize(source.dtype) === elementSize(target.dtype) &&
  shapesEqual(source.shape, target.shape);

export interface Placement {
  readonly offsets: Map<Block, number>;
  readonly bytes: number;
}

/** Comparisons of blocks that all tries of `place` together may cost: planning must not hold up others for long. */
const MOST_WORK = 1_000_000;
const MOST_TRIES = 1000;
/** Blocks below this part of the arena come last: their order decides nothing. */
const SMALL_PART = 1 / 256;

/**
 * Offsets without overlap of blocks alive at the same time. Which block comes first decides how much is wasted: the largest
 * first, then, while more is taken than lives at once, orders in which one of the large blocks comes elsewhere.
 * Deterministic.
 */
export function place(blocks: readonly Block[]): Placement {
  const least = mostAlive(blocks);
  const sorted = blocks.toSorted((a, b) => b.bytes - a.bytes || a.first - b.first);
  let best = placeInOrder(sorted);
  let large = sorted.filter(({ bytes }) => bytes > least * SMALL_PART);
  const small = sorted.slice(large.length);
  let bytes = placeInOrder(large).bytes;
  const tries = Math.min(MOST_TRIES, Math.floor(MOST_WORK / Math.max(large.length, 1) ** 2));
  const next = numbersBelow();
  for (let i = 0; i < tries && best.bytes > least; i++) {
    const order = [...large];
    order.splice(next(large.length), 0, ...order.splice(next(large.length), 1));
    const placed = placeInOrder(order);
    if (placed.bytes > bytes) continue;
    large = order;
    if (placed.bytes === bytes) continue;
    bytes = placed.bytes;
    const whole = placeInOrder([...large, ...small]);
    if (whole.bytes < best.bytes) best = whole;
  }
  return best;
}

/** Numbers that look irregular and are always the same. */
function numbersBelow(): (most: number) => number {
  let state = 1;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** The most bytes, each block rounded up to its place, that live at once. */
function mostAlive(blocks: readonly Block[]): number {
  const changes = blocks.flatMap(({ bytes, first, last }) => [
    { at: first, bytes: aligned(bytes) },
    { at: last + 1, bytes: -aligned(bytes) },
  ]);
  let alive = 0;
  let most = 0;
  for (const { bytes } of changes.toSorted((a, b) => a.at - b.at || a.bytes - b.bytes))
    most = Math.max(most, (alive += bytes));
  return most;
}

/** Each block, in this order, at the lowest place that is free during its whole life. */
function placeInOrder(order: readonly Block[]): Placement {
  const offsets = new Map<Block, number>();
  const placed: { readonly block: Block; readonly start: number }[] = [];
  let bytes = 0;
  for (const block of order) {
    let start = 0;
    // `placed` is sorted by start, so the first gap that is wide enough is the lowest.
    for (const other of placed) {
      const isApart = other.block.last < block.first || block.last < other.block.first;
      if (isApart || other.start + other.block.bytes <= start) continue;
      if (start + block.bytes <= other.start) break;
      start = aligned(other.start + other.block.bytes);
    }
    offsets.set(block, start);
    const index = placed.findIndex((other) => other.start > start);
    placed.splice(index < 0 ? placed.length : index, 0, { block, start });
    bytes = Math.max(bytes, aligned(start + block.bytes));
  }
  return { offsets, bytes };
}

const aligned = (offset: number): number => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
