// A program as text, one instruction a line, for people: `%7 float32 64×10 = linear(%1, fc1.weight, fc1.bias)`.
import { isProductFormula, PRODUCT_INPUTS, type AttributeValue } from '../ops/signatures';
import { formatShape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction, ProgramSpec } from './instructions';
import { isTemporary, type TracedProgram } from './traced';

export interface PrintOptions {
  /** Names of external storages; others are `@0`, `@1`, ... */
  readonly names?: ReadonlyMap<Storage, string>;
}

type Place = { readonly dtype: string; readonly shape: readonly number[]; readonly name: string };

/** Lists a traced or a planned program; a planned one also says where each result lies. */
export function printProgram(
  program: TracedProgram | ProgramSpec,
  { names = new Map() }: PrintOptions = {},
): string {
  const arena = 'arenaBytes' in program ? program : null;
  const lines = printInstructions(program, { names }).map((line, index) => {
    const [output] = program.instructions[index]?.outputs ?? [];
    const buffer = output === undefined ? undefined : arena?.buffers[output];
    return line + (buffer?.kind === 'arena' ? `  ; at ${buffer.offset}` : '');
  });
  const summary = `${program.instructions.length} instructions, ${program.buffers.length} buffers`;
  return [`; ${summary}${arena ? `, arena of ${arena.arenaBytes} bytes` : ''}`, ...lines].join('\n');
}

/** One line for each instruction. */
export function printInstructions(
  program: TracedProgram | ProgramSpec,
  { names = new Map() }: PrintOptions = {},
): string[] {
  const externals = new Map<Storage, string>();
  const nameOf = (storage: Storage): string => {
    const name = names.get(storage) ?? externals.get(storage) ?? `@${externals.size}`;
    externals.set(storage, name);
    return name;
  };
  const places = program.buffers.map((buffer, index): Place => {
    const { dtype, shape } = buffer;
    if ('kind' in buffer && buffer.kind === 'arena') return { dtype, shape, name: `%${index}` };
    const part = buffer.offset === 0 ? '' : `+${buffer.offset}`;
    return {
      dtype,
      shape,
      name: isTemporary(buffer.storage) ? `%${index}` : `${nameOf(buffer.storage)}${part}`,
    };
  });
  return program.instructions.map((instruction) => printInstruction(instruction, places));
}

function printInstruction(
  { op, inputs, outputs, attributes }: Instruction,
  places: readonly Place[],
): string {
  const at = (index: number): Place => places[index] ?? { dtype: '?', shape: [], name: `?${index}` };
  const results = outputs.map(
    (index) => `${at(index).name} ${at(index).dtype} ${formatShape(at(index).shape)}`,
  );
  const operands = inputs.map((index) => (index === null ? '-' : at(index).name));
  // Of a formula: how many inputs stand before it, and its values.
  const own = op === 'elementwise' ? 0 : isProductFormula(op) ? PRODUCT_INPUTS[op] : operands.length;
  const values = [...(isProductFormula(op) ? ['result'] : []), ...operands.slice(own)];
  const settings = Object.entries(attributes)
    .filter(([name]) => !['shape', 'dtype', 'steps', 'constants'].includes(name))
    .map(([name, value]) => `${name}=${printValue(value)}`);
  if ('steps' in attributes) settings.unshift(printSteps(attributes, values));
  const call = op === 'elementwise' ? '' : `(${operands.slice(0, own).join(', ')})`;
  return `${results.length > 0 ? `${results.join(', ')} = ` : ''}${op}${call}${settings.length > 0 ? ` ${settings.join(' ')}` : ''}`;
}

/** A fused op as a formula: `add(mul(%1, %2), 1)`; a value used twice is written out twice. */
function printSteps(attributes: Instruction['attributes'], operands: readonly string[]): string {
  const constants = attributes.constants as readonly number[];
  const values = [...operands, ...constants.map(String)];
  for (const [name, ...used] of attributes.steps as readonly (readonly [string, ...number[]])[])
    values.push(`${name}(${used.map((index) => values[index] ?? '?').join(', ')})`);
  const text = values.at(-1) ?? '';
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

const printValue = (value: AttributeValue): string =>
  Array.isArray(value) ? `[${value.join(',')}]` : String(value);
