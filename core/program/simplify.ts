// Removing what a program need not do: equal computations are done once, copies that change nothing are views, and
// instructions that nobody can see the effect of are dropped. Values stay bit for bit the same.
import type { AttributeValue } from '../ops/signatures';
import { contiguousStrides, numel } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction } from './instructions';
import {
  bufferAt,
  isTemporary,
  mutatedStorages,
  mutates,
  reads,
  rebuild,
  type TracedBuffer,
  type TracedProgram,
} from './traced';

export const simplify = (program: TracedProgram): TracedProgram =>
  removeDead(shareCommon(dropIdentities(program)));

/** Without instructions whose results reach neither an external storage nor another live instruction. */
export function removeDead(program: TracedProgram): TracedProgram {
  const needed = new Set<Storage>();
  const isNeeded = (index: number): boolean => {
    const { storage } = bufferAt(program, index);
    return !isTemporary(storage) || needed.has(storage);
  };
  const kept: Instruction[] = [];
  for (const instruction of program.instructions.toReversed()) {
    if (![...instruction.outputs, ...mutates(instruction)].some(isNeeded)) continue;
    for (const index of reads(instruction)) needed.add(bufferAt(program, index).storage);
    kept.push(instruction);
  }
  return rebuild(program, kept.reverse());
}

/** What takes a removed storage's place. */
type Replacement = { readonly storage: Storage; readonly offset: number };

/** Follows replacements of replacements. */
function replacer(replacements: ReadonlyMap<Storage, Replacement>): (buffer: TracedBuffer) => TracedBuffer {
  return (buffer) => {
    let { storage, offset } = buffer;
    for (let next = replacements.get(storage); next; next = replacements.get(storage)) {
      storage = next.storage;
      offset += next.offset;
    }
    return { ...buffer, storage, offset };
  };
}

/** Casts to the same dtype and copies that move nothing, of storages that never change, become views. */
export function dropIdentities(program: TracedProgram): TracedProgram {
  const mutated = mutatedStorages(program);
  const replacements = new Map<Storage, Replacement>();
  const kept = program.instructions.filter((instruction) => {
    const [input] = instruction.inputs;
    const [output] = instruction.outputs;
    if (input === null || input === undefined || output === undefined) return true;
    const from = bufferAt(program, input);
    const to = bufferAt(program, output);
    const isPossible = isTemporary(to.storage) && !mutated.has(to.storage) && !mutated.has(from.storage);
    if (!isPossible || !isIdentity(instruction, from, to)) return true;
    replacements.set(to.storage, { storage: from.storage, offset: from.offset });
    return false;
  });
  return rebuild(program, kept, replacer(replacements));
}

function isIdentity({ op, attributes }: Instruction, from: TracedBuffer, to: TracedBuffer): boolean {
  if (op === 'cast') return from.dtype === to.dtype;
  if (op !== 'strided_copy' || numel(from.shape) !== numel(to.shape) || attributes.offset !== 0) return false;
  const dense = contiguousStrides(to.shape);
  const { strides } = attributes;
  return (
    Array.isArray(strides) && dense.every((stride, axis) => to.shape[axis] === 1 || strides[axis] === stride)
  );
}

/** Does equal work on equal inputs once; above all, fills. */
export function shareCommon(program: TracedProgram): TracedProgram {
  const mutated = mutatedStorages(program);
  const versions = new Map<Storage, number>();
  const replacements = new Map<Storage, Replacement>();
  const replace = replacer(replacements);
  const ids = new Map<Storage, number>();
  const describe = (buffer: TracedBuffer): string => {
    const { storage, offset, dtype, shape } = replace(buffer);
    if (!ids.has(storage)) ids.set(storage, ids.size);
    return `${ids.get(storage) ?? 0}@${versions.get(storage) ?? 0}+${offset}:${dtype}[${shape.join()}]`;
  };
  const known = new Map<string, Instruction>();
  const kept = program.instructions.filter((instruction) => {
    const { op, inputs, outputs, attributes } = instruction;
    for (const index of mutates(instruction)) {
      const { storage } = bufferAt(program, index);
      versions.set(storage, (versions.get(storage) ?? 0) + 1);
    }
    const targets = outputs.map((index) => bufferAt(program, index));
    const isPure = outputs.length > 0 && mutates(instruction).length === 0;
    if (!isPure || targets.some(({ storage }) => !isTemporary(storage) || mutated.has(storage))) return true;
    const sources = inputs.map((index) => (index === null ? '-' : describe(bufferAt(program, index))));
    const key = `${op} ${sources.join(' ')} ${attributeKey(attributes)}`;
    const earlier = known.get(key);
    if (!earlier) {
      known.set(key, instruction);
      return true;
    }
    targets.forEach(({ storage }, position) => {
      const source = earlier.outputs[position];
      if (source !== undefined)
        replacements.set(storage, { storage: bufferAt(program, source).storage, offset: 0 });
    });
    return false;
  });
  return rebuild(program, kept, replace);
}

/** Attributes as text in which different numbers differ: JSON makes one of NaN and infinity, and of 0 and -0. */
function attributeKey(value: AttributeValue | Instruction['attributes']): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return `[${value.map((item: AttributeValue) => attributeKey(item)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => `${name}=${attributeKey(item as AttributeValue)}`)
    .join();
}
