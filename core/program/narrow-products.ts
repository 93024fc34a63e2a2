// Products of 16-bit floats, for devices that multiply those: where every operand was only widened to float32, the product
// takes it as it was; where the result is only rounded to the same dtype, it gives that. Copies that only move widened
// numbers move the narrow ones, and attention reads its queries, keys and values so, with the gradient of its result, and gives what is
// only rounded. The sums are float32 as before, so each value is what it was but for their order.
import type { OpName } from '../ops/signatures';
import type { DType } from '../tensor/dtype';
import { elementSize } from '../tensor/dtype';
import { numel } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction } from './instructions';
import { sharedBy } from './shares';
import { removeDead } from './simplify';
import {
  bufferAt,
  bufferBytes,
  isTemporary,
  mutatedStorages,
  reads,
  rebuild,
  TracedStorage,
  type TracedBuffer,
  type TracedProgram,
} from './traced';

const PRODUCTS: ReadonlySet<OpName> = new Set<OpName>([
  'matmul', 'linear', 'convolution', 'convolution_input_gradient', 'convolution_weight_gradient',
]); // prettier-ignore
/** Inputs that attention widens as it reads them, by their places: the queries, whose dtype counts, and others that may have it too. */
const READ_NARROW: Partial<Record<OpName, readonly [number, ...number[]]>> = {
  self_attention: [0],
  self_attention_gradient: [1, 0],
};
const NARROW: ReadonlySet<DType> = new Set<DType>(['float16', 'bfloat16']);

/** The program with products of 16-bit floats wherever the operands are such numbers. */
export function narrowProducts(program: TracedProgram): TracedProgram {
  if (!program.buffers.some(({ dtype }) => NARROW.has(dtype))) return program;
  const state = new Narrowing(program);
  program.instructions.forEach((instruction) => state.take(instruction));
  const { buffers, instructions, replacements } = state;
  const replaced = ({ storage, ...rest }: TracedBuffer): TracedBuffer => ({
    ...rest,
    storage: replacements.get(storage) ?? storage,
  });
  return removeDead(rebuild({ buffers, instructions }, instructions, replaced));
}

class Narrowing {
  readonly buffers: TracedBuffer[];
  readonly instructions: Instruction[] = [];
  /** Storages of roundings that are gone, by what holds the same numbers. */
  readonly replacements = new Map<Storage, Storage>();
  /** Of a float32 storage that was only widened: the narrow tensor its first byte comes from. */
  readonly #sources = new Map<Storage, TracedBuffer>();
  readonly #readers = new Map<Storage, Instruction[]>();
  readonly #mutated: ReadonlySet<Storage>;
  readonly #dropped = new Set<Instruction>();

  constructor(readonly program: TracedProgram) {
    this.buffers = [...program.buffers];
    this.#mutated = mutatedStorages(program);
    for (const instruction of program.instructions)
      for (const storage of new Set(reads(instruction).map((index) => this.#at(index).storage)))
        this.#readers.set(storage, [...(this.#readers.get(storage) ?? []), instruction]);
  }

  take(instruction: Instruction): void {
    if (this.#dropped.has(instruction)) return;
    if (instruction.op === 'cast') {
      if (this.#isRoundedAgain(instruction)) return;
      this.#noteWidening(instruction);
    }
    const changed = PRODUCTS.has(instruction.op)
      ? this.#narrowed(instruction)
      : instruction.op === 'strided_copy'
        ? this.#moved(instruction)
        : this.#attention(instruction);
    this.instructions.push(...(changed ?? [instruction]));
  }

  #at(index: number): TracedBuffer {
    return bufferAt(this.program, index);
  }
  #isFixed(storage: Storage): boolean {
    return isTemporary(storage) && !this.#mutated.has(storage);
  }
  #created(like: Omit<TracedBuffer, 'storage' | 'offset'>, device: Storage['device']): number {
    const buffer = { ...like, offset: 0, storage: new TracedStorage(device, 0) };
    const storage = new TracedStorage(device, bufferBytes(buffer));
    return this.buffers.push({ ...buffer, storage }) - 1;
  }

  #noteWidening({ inputs, outputs }: Instruction): void {
    const [from = -1] = inputs;
    const [to = -1] = outputs;
    if (from === null) return;
    const [narrow, wide] = [this.#at(from), this.#at(to)];
    const isWidening =
      NARROW.has(narrow.dtype) && wide.dtype === 'float32' && narrow.offset === 0 && wide.offset === 0;
    if (isWidening && this.#isFixed(narrow.storage) && this.#isFixed(wide.storage))
      this.#sources.set(wide.storage, narrow);
  }

  /** Whether a cast only rounds what was widened from the same dtype: its result is then what it came from. */
  #isRoundedAgain({ inputs, outputs }: Instruction): boolean {
    const [input = -1] = inputs;
    const [output = -1] = outputs;
    const narrow = input === null ? null : this.#narrow(input);
    const target = this.#at(output);
    if (!narrow || narrow.offset !== 0 || narrow.dtype !== target.dtype || target.offset !== 0) return false;
    if (!this.#isFixed(target.storage)) return false;
    this.replacements.set(target.storage, this.replacements.get(narrow.storage) ?? narrow.storage);
    return true;
  }

  /** The narrow tensor that holds this one's numbers, or null. */
  #narrow(index: number): TracedBuffer | null {
    const wide = this.#at(index);
    const source = this.#sources.get(wide.storage);
    if (!source || wide.dtype !== 'float32') return null;
    const scale = elementSize(source.dtype) / elementSize('float32');
    return {
      ...wide,
      dtype: source.dtype,
      storage: source.storage,
      offset: source.offset + wide.offset * scale,
    };
  }
  #narrowIndex(index: number): number | null {
    const narrow = this.#narrow(index);
    return narrow && this.buffers.push(narrow) - 1;
  }

  /** A copy of widened numbers as a copy of the narrow ones that is then widened. */
  #moved(copy: Instruction): Instruction[] | null {
    const [input = -1] = copy.inputs;
    const [output = -1] = copy.outputs;
    const target = this.#at(output);
    const from = input === null ? null : this.#narrowIndex(input);
    const source = input === null ? null : this.#narrow(input);
    // Strides reach beyond the tensor they are given with.
    if (from === null || !source || target.offset !== 0 || !this.#isFixed(target.storage)) return null;
    const to = this.#created({ dtype: source.dtype, shape: target.shape }, target.storage.device);
    this.#sources.set(target.storage, bufferAt({ ...this.program, buffers: this.buffers }, to));
    return [
      { ...copy, inputs: [from], outputs: [to] },
      {
        ...sharedBy(copy, {}),
        op: 'cast',
        inputs: [to],
        outputs: [output],
        attributes: { dtype: 'float32' },
      },
    ];
  }

  #attention(instruction: Instruction): Instruction[] | null {
    const [queries = -1, ...others] = READ_NARROW[instruction.op] ?? [];
    const input = instruction.inputs[queries] ?? null;
    const dtype = input === null ? undefined : this.#narrow(input)?.dtype;
    if (!dtype) return null;
    const given = instruction.inputs.map((index, at) => {
      if (index === null || !(at === queries || others.includes(at))) return index;
      return this.#narrow(index)?.dtype === dtype ? this.#narrowIndex(index) : index;
    });
    return this.#giving(dtype, { ...instruction, inputs: given });
  }

  #narrowed(product: Instruction): Instruction[] | null {
    const inputs = product.inputs.map((index) => (index === null ? null : this.#narrow(index)));
    const dtype = inputs[0]?.dtype;
    const isNarrow = inputs.every((narrow, at) => product.inputs[at] === null || narrow?.dtype === dtype);
    if (!dtype || !isNarrow || product.outputs.length > 1) return null;
    const given = inputs.map((narrow) => narrow && this.buffers.push(narrow) - 1);
    return this.#giving(dtype, { ...product, inputs: given });
  }

  /** An op whose first result is of `dtype` where that is only rounded to it, else float32. */
  #giving(dtype: DType, op: Instruction): Instruction[] {
    const [output = -1, ...more] = op.outputs;
    const target = this.#at(output);
    const roundings = this.#roundings(target, dtype);
    if (!roundings) return [{ ...op, attributes: { ...op.attributes, result: 'float32' } }];
    const to = this.#created({ dtype, shape: target.shape }, target.storage.device);
    const { storage } = bufferAt({ ...this.program, buffers: this.buffers }, to);
    for (const rounding of roundings) {
      this.#dropped.add(rounding);
      this.replacements.set(this.#at(rounding.outputs[0] ?? -1).storage, storage);
    }
    return [{ ...op, outputs: [to, ...more], attributes: { ...op.attributes, result: dtype } }];
  }

  /** The casts to `dtype` that alone read a result, each of all of it; null where something else looks at it. */
  #roundings(target: TracedBuffer, dtype: DType): readonly Instruction[] | null {
    const readers = this.#readers.get(target.storage) ?? [];
    const isRounding = ({ op, inputs, outputs }: Instruction): boolean => {
      const [input = -1] = inputs;
      const [output = -1] = outputs;
      if (op !== 'cast' || input === null) return false;
      const [from, to] = [this.#at(input), this.#at(output)];
      const isWhole = from.offset === 0 && numel(from.shape) === numel(target.shape) && to.offset === 0;
      return isWhole && to.dtype === dtype && this.#isFixed(to.storage);
    };
    const isPlain = this.#isFixed(target.storage) && target.offset === 0;
    return isPlain && readers.length > 0 && readers.every(isRounding) ? readers : null;
  }
}
