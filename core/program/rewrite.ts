// What passes that replace several instructions by one ask of a program.
import type { Storage } from '../tensor/storage';
import type { Instruction } from './instructions';
import { bufferAt, isTemporary, mutatedStorages, reads, rebuild, type TracedProgram } from './traced';

/** Who reads what, and the replacements found so far. */
export class Rewrite {
  readonly #readers = new Map<Storage, Instruction[]>();
  readonly #mutated: ReadonlySet<Storage>;
  readonly #replaced = new Map<Instruction, Instruction | null>();

  constructor(readonly program: TracedProgram) {
    this.#mutated = mutatedStorages(program);
    for (const instruction of program.instructions)
      for (const storage of new Set(reads(instruction).map((index) => this.storage(index))))
        this.#readers.set(storage, [...(this.#readers.get(storage) ?? []), instruction]);
  }

  storage(index: number): Storage {
    return bufferAt(this.program, index).storage;
  }

  /** Instructions that read the storage of a buffer, in order. */
  readersOf(index: number): readonly Instruction[] {
    return this.#readers.get(this.storage(index)) ?? [];
  }

  /** True for memory of the program alone that only the instruction which makes it writes. */
  isPlain(index: number): boolean {
    return isTemporary(this.storage(index)) && !this.isMutated(index);
  }

  /** True for memory that some instruction changes in place. */
  isMutated(index: number): boolean {
    return this.#mutated.has(this.storage(index));
  }

  isReplaced(instruction: Instruction): boolean {
    return this.#replaced.has(instruction);
  }

  /** Puts another instruction in the place of one, or nothing. */
  replace(instruction: Instruction, by: Instruction | null): void {
    this.#replaced.set(instruction, by);
  }

  /** The program with the replacements; `more` are buffers that they name besides, numbered on from the program's. */
  finish(more: TracedProgram['buffers'] = []): TracedProgram {
    const instructions = this.program.instructions.flatMap((instruction) => {
      const by = this.#replaced.get(instruction);
      return by === null ? [] : [by ?? instruction];
    });
    return rebuild({ buffers: [...this.program.buffers, ...more], instructions }, instructions);
  }
}
