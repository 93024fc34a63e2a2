// Moving instructions to where they cost less. Every value stays the same, bit for bit: what moves commutes with what it
// passes.
import { termsOf, Formula, type Term } from '../ops/expression';
import type { ElementwiseSteps } from '../ops/signatures';
import { shapesEqual } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction } from './instructions';
import {
  bufferAt,
  bufferBytes,
  isTemporary,
  mutatedStorages,
  mutates,
  reads,
  rebuild,
  TracedStorage,
  type TracedBuffer,
  type TracedProgram,
} from './traced';

/**
 * Moves each instruction that only changes tensors in place, an optimizer's step above all, to right after what it waits
 * for: its gradient is then still in the cache, and its memory is free again at once.
 */
export function hoistUpdates(program: TracedProgram): TracedProgram {
  const result: Instruction[] = [];
  const uses = new Uses(program);
  for (const instruction of program.instructions) {
    if (isStep(instruction)) {
      const waitedFor = uses.conflicting(instruction);
      result.splice(result.findLastIndex((earlier) => waitedFor.has(earlier)) + 1, 0, instruction);
    } else result.push(instruction);
    uses.add(instruction);
  }
  return rebuild(program, result);
}

/** Which instructions so far read or change a storage, and which of them change it. */
class Uses {
  readonly #touching = new Map<Storage, Instruction[]>();
  readonly #writing = new Map<Storage, Instruction[]>();

  constructor(readonly program: TracedProgram) {}

  add(instruction: Instruction): void {
    for (const storage of this.#touched(instruction)) append(this.#touching, storage, instruction);
    for (const storage of this.#written(instruction)) append(this.#writing, storage, instruction);
  }
  /** Those that change what `instruction` reads or changes, or read what it changes: it does not commute with them. */
  conflicting(instruction: Instruction): ReadonlySet<Instruction> {
    const found = new Set<Instruction>();
    const collect = (uses: ReadonlyMap<Storage, readonly Instruction[]>, storages: ReadonlySet<Storage>) => {
      for (const storage of storages) for (const other of uses.get(storage) ?? []) found.add(other);
    };
    collect(this.#touching, this.#written(instruction));
    collect(this.#writing, this.#touched(instruction));
    return found;
  }

  #touched(instruction: Instruction): ReadonlySet<Storage> {
    return this.#storages([...reads(instruction), ...instruction.outputs]);
  }
  #written(instruction: Instruction): ReadonlySet<Storage> {
    return this.#storages([...mutates(instruction), ...instruction.outputs]);
  }
  #storages(indices: readonly number[]): ReadonlySet<Storage> {
    return new Set(indices.map((index) => bufferAt(this.program, index).storage));
  }
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Optimizer steps, as opposed to counters and logs, which belong to the end of a step. */
const isStep = ({ op }: Instruction): boolean => op.endsWith('_step');

/**
 * The largest of what relu leaves is what relu leaves of the largest, and both hand their gradient to the same element: so
 * relu moves behind a max pool that is its only reader, where there is less to do and nothing large to keep.
 */
export function poolBeforeRelu(program: TracedProgram): TracedProgram {
  const mutated = mutatedStorages(program);
  const users = new Map<Storage, Instruction[]>();
  const producers = new Map<Storage, Instruction>();
  for (const instruction of program.instructions) {
    for (const index of new Set(reads(instruction))) {
      const { storage } = bufferAt(program, index);
      append(users, storage, instruction);
    }
    for (const index of instruction.outputs) producers.set(bufferAt(program, index).storage, instruction);
  }
  const buffers: TracedBuffer[] = [...program.buffers];
  const created = (like: TracedBuffer): number =>
    buffers.push({ ...like, offset: 0, storage: new TracedStorage(like.storage.device, bufferBytes(like)) }) -
    1;
  const removed = new Set<Instruction>();
  const replaced = new Map<Instruction, readonly Instruction[]>();
  for (const pool of program.instructions) {
    const found = pool.op === 'max_pool' ? activated(pool) : null;
    if (!found) continue;
    const { relu, source, gradients } = found;
    const [input = -1] = reads(pool);
    const [pooled = -1, places = -1] = pool.outputs;
    const largest = created(bufferAt(program, pooled));
    removed.add(relu);
    replaced.set(pool, [
      { ...pool, inputs: [source], outputs: [largest, places] },
      { ...relu, inputs: [largest], outputs: [pooled] },
    ]);
    for (const { scatter, mask } of gradients) {
      const [gradient = -1] = reads(scatter);
      const masked = created(bufferAt(program, pooled));
      removed.add(mask);
      replaced.set(scatter, [
        {
          ...mask,
          inputs: mask.inputs.map((each) => (each === input ? pooled : gradient)),
          outputs: [masked],
        },
        { ...scatter, inputs: [masked, places], outputs: mask.outputs },
      ]);
    }
  }
  const instructions = program.instructions.flatMap((instruction) =>
    removed.has(instruction) ? [] : (replaced.get(instruction) ?? [instruction]),
  );
  return rebuild({ buffers, instructions }, instructions);

  /** The relu before a pool and the masks of its gradient, when nothing else looks at what lies between. */
  function activated(pool: Instruction) {
    const [input = -1] = reads(pool);
    const [pooled = -1, places = -1] = pool.outputs;
    const between = bufferAt(program, input);
    const relu = producers.get(between.storage);
    const [source = -1] = relu ? reads(relu) : [];
    if (!relu || relu.outputs[0] !== input || !isRelu(relu) || !isTemporary(between.storage)) return null;
    const kept = [between.storage, bufferAt(program, source).storage];
    if (kept.some((storage) => mutated.has(storage))) return null;
    const scatters = users.get(bufferAt(program, places).storage) ?? [];
    const gradients = scatters.flatMap((scatter) => {
      const [scattered = -1] = scatter.outputs;
      const readers = users.get(bufferAt(program, scattered).storage) ?? [];
      const [mask] = readers;
      const [gradient = -1] = reads(scatter);
      const fits =
        scatter.op === 'max_pool_gradient' &&
        readers.length === 1 &&
        mask !== undefined &&
        isReluMask(mask, input, scattered) &&
        shapesEqual(bufferAt(program, gradient).shape, bufferAt(program, pooled).shape);
      return fits ? [{ scatter, mask }] : [];
    });
    const expected = new Set([pool, ...gradients.map(({ mask }) => mask)]);
    const isAlone = (users.get(between.storage) ?? []).every((user) => expected.has(user));
    return isAlone && gradients.length === scatters.length ? { relu, source, gradients } : null;
  }
}

const outputTerm = ({ inputs, attributes }: Instruction): Term | undefined =>
  termsOf(
    new Formula(),
    attributes['steps'] as ElementwiseSteps,
    attributes['constants'] as readonly number[],
    inputs.length,
  ).at(-1);

const isZero = (term: Term | undefined): boolean => term?.kind === 'constant' && term.value === 0;
const isInput = (term: Term | undefined, index: number): boolean =>
  term?.kind === 'input' && term.index === index;

function isRelu(instruction: Instruction): boolean {
  if (instruction.op !== 'elementwise' || instruction.inputs.length !== 1) return false;
  const term = outputTerm(instruction);
  return term?.kind === 'step' && term.name === 'relu' && isInput(term.operands[0], 0);
}

/** where(value ≤ 0, 0, gradient) of exactly these two buffers. */
function isReluMask(instruction: Instruction, value: number, gradient: number): boolean {
  const { op, inputs } = instruction;
  const [from, passes] = [inputs.indexOf(value), inputs.indexOf(gradient)];
  if (op !== 'elementwise' || inputs.length !== 2 || from < 0 || passes < 0) return false;
  const term = outputTerm(instruction);
  if (term?.kind !== 'step' || term.name !== 'where') return false;
  const [condition, otherwise, passed] = term.operands;
  return (
    condition?.kind === 'step' &&
    condition.name === 'le' &&
    isInput(condition.operands[0], from) &&
    isZero(condition.operands[1]) &&
    isZero(otherwise) &&
    isInput(passed, passes)
  );
}
