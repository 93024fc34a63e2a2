// Fusing: an elementwise op whose result only one other elementwise op of the same shape uses moves into it, and fills that
// elementwise ops read become constants. Each element is computed by the same operations in the same order and dtype.
import { ELEMENTWISE_LIMITS } from '../ops/infer/elementwise';
import { emitSteps, Formula, type Term } from '../ops/expression';
import type { ElementwiseSteps } from '../ops/signatures';
import { broadcastShapes, shapesEqual, type Shape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction } from './instructions';
import { sharedBy } from './shares';
import {
  bufferAt,
  isTemporary,
  mutatedStorages,
  mutates,
  reads,
  rebuild,
  type TracedProgram,
} from './traced';

/** An elementwise instruction with its attributes' types. */
interface Elementwise extends Instruction {
  readonly inputs: readonly number[];
  readonly attributes: { readonly steps: ElementwiseSteps; readonly constants: readonly number[] };
}

const isElementwise = (instruction: Instruction | null | undefined): instruction is Elementwise =>
  instruction?.op === 'elementwise';

/** The program with chains of elementwise ops as single ones, within the limits of one. */
export function fuse(program: TracedProgram): TracedProgram {
  const state = new FuseState(program);
  program.instructions.forEach((_, index) => state.absorbInto(index));
  return rebuild(
    program,
    state.instructions.filter((instruction) => instruction !== null),
  );
}

class FuseState {
  readonly instructions: (Instruction | null)[];
  readonly #producers = new Map<Storage, number>();
  readonly #users = new Map<Storage, Set<number>>();
  readonly #mutated: ReadonlySet<Storage>;

  constructor(readonly program: TracedProgram) {
    this.instructions = [...program.instructions];
    this.#mutated = mutatedStorages(program);
    program.instructions.forEach((instruction, index) => {
      for (const output of instruction.outputs) this.#producers.set(this.#storage(output), index);
      this.#use(instruction, index);
    });
  }

  /** Merges into instruction `index` every producer that may move there, until none is left. */
  absorbInto(index: number): void {
    for (let merged: Elementwise | null = null; ; merged = null) {
      const consumer = this.instructions[index];
      if (!isElementwise(consumer)) return;
      for (const input of consumer.inputs) {
        merged = this.#withFill(consumer, input) ?? this.#withProducer(consumer, index, input);
        if (merged) break;
      }
      if (!merged) return;
      for (const input of consumer.inputs) this.#users.get(this.#storage(input))?.delete(index);
      this.instructions[index] = merged;
      this.#use(merged, index);
    }
  }

  #storage(index: number): Storage {
    return bufferAt(this.program, index).storage;
  }
  #use(instruction: Instruction, index: number): void {
    for (const input of reads(instruction)) {
      const storage = this.#storage(input);
      const users = this.#users.get(storage) ?? new Set();
      this.#users.set(storage, users.add(index));
    }
  }

  /** `consumer` with a filled input as a constant, if the other inputs still give its output's shape. */
  #withFill(consumer: Elementwise, input: number): Elementwise | null {
    const storage = this.#storage(input);
    const producer = this.instructions[this.#producers.get(storage) ?? -1];
    const value = producer?.op === 'fill' ? producer.attributes.value : null;
    if (typeof value !== 'number' || this.#mutated.has(storage) || !isTemporary(storage)) return null;
    const others = consumer.inputs.filter((other) => other !== input);
    const shape = others.reduce<Shape | null>(
      (common, other) => common && broadcastShapes(common, bufferAt(this.program, other).shape),
      [],
    );
    if (others.length === 0 || !shape || !shapesEqual(shape, this.#outputShape(consumer))) return null;
    return this.#checked(merge(consumer, input, (formula) => formula.constant(value)));
  }

  /** `consumer` with the only producer of `input` moved into it; the producer disappears. */
  #withProducer(consumer: Elementwise, index: number, input: number): Elementwise | null {
    const buffer = bufferAt(this.program, input);
    const from = this.#producers.get(buffer.storage) ?? -1;
    const producer = this.instructions[from];
    if (!isElementwise(producer) || producer.outputs[0] !== input) return null;
    if (!isTemporary(buffer.storage) || this.#mutated.has(buffer.storage)) return null;
    if (this.#users.get(buffer.storage)?.size !== 1) return null;
    // A view of the same storage in another shape would need the producer's output after all.
    const isOnlyView = consumer.inputs.every(
      (other) => other === input || this.#storage(other) !== buffer.storage,
    );
    if (!isOnlyView || !shapesEqual(buffer.shape, this.#outputShape(consumer))) return null;
    const sources = new Set(producer.inputs.map((source) => this.#storage(source)));
    for (let between = from + 1; between < index; between++) {
      const other = this.instructions[between];
      if (other && mutates(other).some((changed) => sources.has(this.#storage(changed)))) return null;
    }
    const { steps, constants } = producer.attributes;
    const merged = merge(consumer, input, (formula, termOf) =>
      formula.parse(steps, constants, producer.inputs.map(termOf)),
    );
    if (!merged || !this.#checked(merged)) return null;
    this.instructions[from] = null;
    for (const source of producer.inputs) this.#users.get(this.#storage(source))?.delete(from);
    return { ...merged, ...sharedBy(merged, producer) };
  }

  /** Null when an input that merging made superfluous was the one that gave the output its shape. */
  #checked(merged: Elementwise | null): Elementwise | null {
    const shapes = merged?.inputs.map((input) => bufferAt(this.program, input).shape) ?? [];
    const shape = shapes.reduce<Shape | null>(
      (common, other) => common && broadcastShapes(common, other),
      [],
    );
    return merged && shape && shapesEqual(shape, this.#outputShape(merged)) ? merged : null;
  }

  #outputShape(instruction: Instruction): Shape {
    return bufferAt(this.program, instruction.outputs[0] ?? -1).shape;
  }
}

/** `consumer` with what `make` gives in place of `input`, or null when one op cannot hold it. */
function merge(
  consumer: Elementwise,
  input: number,
  make: (formula: Formula, termOf: (buffer: number) => Term) => Term,
): Elementwise | null {
  const formula = new Formula();
  const termOf = (buffer: number): Term => formula.input(buffer);
  const replacement = make(formula, termOf);
  const { steps, constants } = consumer.attributes;
  const terms = consumer.inputs.map((buffer) => (buffer === input ? replacement : termOf(buffer)));
  const written = emitSteps(formula.parse(steps, constants, terms));
  const fits =
    written.inputs.length >= 1 &&
    written.inputs.length <= ELEMENTWISE_LIMITS.inputs &&
    written.constants.length <= ELEMENTWISE_LIMITS.constants &&
    written.steps.length <= ELEMENTWISE_LIMITS.steps;
  if (!fits) return null;
  const attributes = { steps: written.steps, constants: written.constants };
  return { ...consumer, inputs: written.inputs, attributes };
}
