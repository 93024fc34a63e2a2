// Compiling a step that was compiled before over other memory, such as one that was only counted: where both traces say the
// same, so do the passes, which look at no values. The planned program is then taken over with its storages exchanged.
import type { AttributeValue } from '../ops/signatures';
import { shapesEqual } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { CompiledProgram } from './index';
import type { Instruction, ProgramBuffer } from './instructions';
import { isTemporary, type TracedProgram } from './traced';

/** What is left of a compiled program when its memory is gone. */
export type KnownProgram = Pick<CompiledProgram, 'traced' | 'spec' | 'memory' | 'blocks'>;

/** The first of the known programs that was traced from the same step, over the storages of `traced`; null where none was. */
export function reuse(known: readonly KnownProgram[], traced: TracedProgram): KnownProgram | null {
  for (const { traced: earlier, spec, memory, blocks } of known) {
    const storages = storagesBetween(earlier, traced);
    const buffers = storages && exchanged(spec.buffers, storages);
    if (buffers) return { traced, spec: { ...spec, buffers }, memory, blocks };
  }
  return null;
}

/** null where one of the storages is not known. */
function exchanged(
  buffers: readonly ProgramBuffer[],
  storages: ReadonlyMap<Storage, Storage>,
): readonly ProgramBuffer[] | null {
  const result: ProgramBuffer[] = [];
  for (const buffer of buffers) {
    const storage = buffer.kind === 'external' ? storages.get(buffer.storage) : null;
    if (storage === undefined) return null;
    result.push(buffer.kind === 'external' && storage ? { ...buffer, storage } : buffer);
  }
  return result;
}

/** The storage of `to` for each of `from`, one to one; null where the programs differ in anything else. */
function storagesBetween(from: TracedProgram, to: TracedProgram): ReadonlyMap<Storage, Storage> | null {
  const isAsLong = from.buffers.length === to.buffers.length;
  if (!isAsLong || from.instructions.length !== to.instructions.length) return null;
  const there = new Map<Storage, Storage>();
  const back = new Map<Storage, Storage>();
  for (const [at, a] of from.buffers.entries()) {
    const b = to.buffers[at];
    if (b?.dtype !== a.dtype || a.offset !== b.offset || !shapesEqual(a.shape, b.shape)) return null;
    if (!isAlike(a.storage, b.storage)) return null;
    if ((there.get(a.storage) ?? b.storage) !== b.storage) return null;
    if ((back.get(b.storage) ?? a.storage) !== a.storage) return null;
    there.set(a.storage, b.storage);
    back.set(b.storage, a.storage);
  }
  return from.instructions.every((each, at) => isSame(each, to.instructions[at])) ? there : null;
}

const isAlike = (a: Storage, b: Storage): boolean =>
  a.bytes === b.bytes && a.device === b.device && isTemporary(a) === isTemporary(b);

function isSame(a: Instruction, b: Instruction | undefined): boolean {
  if (a.op !== b?.op || !isEqual(a.inputs, b.inputs) || !isEqual(a.outputs, b.outputs)) return false;
  const names = Object.keys(a.attributes);
  if (names.length !== Object.keys(b.attributes).length) return false;
  if (!names.every((name) => name in b.attributes && isEqual(a.attributes[name], b.attributes[name])))
    return false;
  const [ofA, ofB] = [a.shares ?? [], b.shares ?? []];
  return (
    ofA.length === ofB.length &&
    ofA.every(({ phase, node, weight }, at) => {
      const other = ofB[at];
      return other?.phase === phase && other.node === node && other.weight === weight;
    })
  );
}

type Value = AttributeValue | undefined | readonly (number | null)[];

/** Numbers are the same when they are the same bits: 0 and -0 are not. */
function isEqual(a: Value, b: Value): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  const others = b as readonly Value[];
  return a.length === others.length && a.every((item: Value, at) => isEqual(item, others[at]));
}
