// Fusing activations into what makes their operand: a product or convolution applies the function to its results while the
// cache holds them. Each element is computed by the same operations in the same order.
import type { ElementwiseSteps, OpName } from '../ops/signatures';
import { shapesEqual } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction } from './instructions';
import { doneInside } from './shares';
import { bufferAt, isTemporary, mutatedStorages, reads, rebuild, type TracedProgram } from './traced';

/** Ops whose attribute `activation` names a scalar function of one argument that is applied to the result. */
const TAKES_ACTIVATION: readonly OpName[] = ['linear', 'matmul', 'convolution'];

/** The program with an activation that alone reads a product moved into the product. */
export function fuseActivations(program: TracedProgram): TracedProgram {
  const mutated = mutatedStorages(program);
  const readers = new Map<Storage, Instruction[]>();
  for (const instruction of program.instructions)
    for (const storage of new Set(reads(instruction).map((index) => bufferAt(program, index).storage)))
      readers.set(storage, [...(readers.get(storage) ?? []), instruction]);
  const replaced = new Map<Instruction, Instruction>();
  const removed = new Set<Instruction>();
  for (const instruction of program.instructions) {
    const [output = -1] = instruction.outputs;
    if (
      !TAKES_ACTIVATION.includes(instruction.op) ||
      typeof instruction.attributes['activation'] === 'string'
    )
      continue;
    const made = bufferAt(program, output);
    const [reader, ...others] = readers.get(made.storage) ?? [];
    const activation = reader ? functionOf(reader) : null;
    const [result = -1] = reader?.outputs ?? [];
    if (!reader || others.length > 0 || activation === null || !isTemporary(made.storage)) continue;
    const target = bufferAt(program, result);
    const isLate = !isTemporary(target.storage) || mutated.has(target.storage) || mutated.has(made.storage);
    if (isLate || !shapesEqual(bufferAt(program, reads(reader)[0] ?? -1).shape, target.shape)) continue;
    if (!shapesEqual(made.shape, target.shape)) continue;
    const attributes = { ...instruction.attributes, activation };
    replaced.set(instruction, {
      ...instruction,
      ...doneInside(instruction, reader),
      outputs: [result],
      attributes,
    });
    removed.add(reader);
  }
  const instructions = program.instructions.flatMap((instruction) =>
    removed.has(instruction) ? [] : [replaced.get(instruction) ?? instruction],
  );
  return rebuild(program, instructions);
}

/** The one scalar function an elementwise op applies to its one input, or null. */
export function functionOf({ op, inputs, attributes }: Instruction): string | null {
  if (op !== 'elementwise' || inputs.length !== 1) return null;
  const [first, ...more] = attributes['steps'] as ElementwiseSteps;
  return first && more.length === 0 && first.length === 2 ? first[0] : null;
}
