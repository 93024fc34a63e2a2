// Checks a planned program before an executor trusts it: indices, arities, types, bounds, and that no instruction reads
// memory that was not written or writes over what it still reads.
import { LazuliError } from '../errors';
import { INFER } from '../ops/infer';
import { SIGNATURES, type OpAttributes } from '../ops/signatures';
import { elementSize } from '../tensor/dtype';
import { numel, shapesEqual } from '../tensor/shape';
import type { Instruction, ProgramBuffer, ProgramSpec } from './instructions';
import { ALIGNMENT } from './plan';

const bytesOf = ({ dtype, shape }: ProgramBuffer): number => numel(shape) * elementSize(dtype);

/** What is wrong with a program, each with the instruction's number; empty when nothing is. */
export function programProblems(spec: ProgramSpec): string[] {
  const problems: string[] = [];
  spec.buffers.forEach((buffer, index) => {
    const room = buffer.kind === 'arena' ? spec.arenaBytes : buffer.storage.bytes;
    if (buffer.offset < 0 || buffer.offset + bytesOf(buffer) > room)
      problems.push(
        `buffer ${index}: bytes ${buffer.offset} to ${buffer.offset + bytesOf(buffer)} of ${room}`,
      );
    if (buffer.offset % elementSize(buffer.dtype) !== 0)
      problems.push(`buffer ${index}: offset ${buffer.offset} is not aligned for ${buffer.dtype}`);
  });
  if (spec.arenaBytes % ALIGNMENT !== 0) problems.push(`arena of ${spec.arenaBytes} bytes is not aligned`);
  const memory = new Memory();
  spec.instructions.forEach((instruction, number) => {
    const found = instructionProblems(spec, instruction, memory);
    problems.push(...found.map((problem) => `instruction ${number}, ${instruction.op}: ${problem}`));
  });
  return problems;
}

/** Throws `internal` with all problems: a program comes from our own tracer. */
export function checkProgram(spec: ProgramSpec): void {
  const problems = programProblems(spec);
  if (problems.length > 0) throw new LazuliError('internal', `malformed program: ${problems.join('; ')}`);
}

function instructionProblems(spec: ProgramSpec, instruction: Instruction, memory: Memory): string[] {
  const { op, inputs, outputs, attributes } = instruction;
  const signature = SIGNATURES[op];
  const [least, most] = signature.inputs;
  if (inputs.length < least || inputs.length > most)
    return [`${inputs.length} inputs, takes ${least} to ${most}`];
  if (outputs.length !== signature.outputs) return [`${outputs.length} outputs, gives ${signature.outputs}`];
  const sources = inputs.map((index) => (index === null ? null : spec.buffers[index]));
  const targets = outputs.flatMap((index) => spec.buffers[index] ?? []);
  if (sources.includes(undefined) || targets.length !== outputs.length)
    return ['a buffer index is out of range'];
  const given = sources.map((source) => source ?? null);
  const infer = INFER[op] as (
    types: typeof given,
    attributes: OpAttributes[typeof op],
  ) => ReturnType<(typeof INFER)['fill']>;
  const problems = typeProblems(infer(given, attributes), targets);
  for (const source of given)
    if (source && !memory.holds(source)) problems.push('reads arena memory that holds no value');
  for (const target of targets) {
    if (given.some((source) => source && overlaps(source, target) && !isInPlace(op, source, target)))
      problems.push('writes over an input');
    memory.write(target);
  }
  return problems;
}

function typeProblems(
  expected: ReturnType<(typeof INFER)['fill']>,
  targets: readonly ProgramBuffer[],
): string[] {
  return expected.flatMap(({ dtype, shape }, index) => {
    const target = targets[index];
    const isSame = target?.dtype === dtype && shapesEqual(target.shape, shape);
    return isSame ? [] : [`output ${index} should be ${dtype} [${shape.join(', ')}]`];
  });
}

function overlaps(a: ProgramBuffer, b: ProgramBuffer): boolean {
  const isSameMemory =
    a.kind === 'arena' ? b.kind === 'arena' : b.kind === 'external' && a.storage === b.storage;
  return isSameMemory && a.offset < b.offset + bytesOf(b) && b.offset < a.offset + bytesOf(a);
}

const isInPlace = (op: string, a: ProgramBuffer, b: ProgramBuffer): boolean =>
  op === 'elementwise' && a.offset === b.offset && a.dtype === b.dtype && shapesEqual(a.shape, b.shape);

/** Which stretches of the arena hold one value each. */
class Memory {
  #written: { readonly start: number; readonly end: number }[] = [];

  write(buffer: ProgramBuffer): void {
    if (buffer.kind !== 'arena') return;
    const start = buffer.offset;
    const end = start + bytesOf(buffer);
    if (start === end) return;
    this.#written = this.#written.filter((other) => other.end <= start || end <= other.start);
    this.#written.push({ start, end });
  }
  /** True when one value covers the whole buffer. */
  holds(buffer: ProgramBuffer): boolean {
    const end = buffer.offset + bytesOf(buffer);
    if (buffer.kind !== 'arena' || end === buffer.offset) return true;
    return this.#written.some((stretch) => stretch.start <= buffer.offset && end <= stretch.end);
  }
}
