// Fusing gelu into the linear that makes its operand where the gradient wants gelu's slope there: both come of one
// evaluation while the cache holds the operand, which is then kept nowhere. Each element is computed by the same operations.
import { emitSteps, Formula, type Term } from '../ops/expression';
import type { ElementwiseSteps } from '../ops/signatures';
import { functionOf } from './fuse-activations';
import type { Instruction } from './instructions';
import { Rewrite } from './rewrite';
import { doneInside } from './shares';
import { bufferAt, bufferBytes, TracedStorage, type TracedBuffer, type TracedProgram } from './traced';

/** The program with linear_gelu for a linear whose result only gelu and gelu_slope read. */
export function fuseGelu(program: TracedProgram): TracedProgram {
  const rewrite = new Rewrite(program);
  const slopes: TracedBuffer[] = [];
  for (const linear of program.instructions) {
    const [made = -1] = linear.outputs;
    if (linear.op !== 'linear' || !rewrite.isPlain(made)) continue;
    const readers = rewrite.readersOf(made);
    const gelu = readers.find((reader) => reader.inputs[0] === made && functionOf(reader) === 'gelu');
    const [result = -1] = gelu?.outputs ?? [];
    if (!gelu || !rewrite.isPlain(result)) continue;
    const slope = program.buffers.length + slopes.length;
    const others = readers.filter((reader) => reader !== gelu);
    const rewritten = others.map((reader) => withSlope(reader, made, slope));
    if (others.length === 0 || rewritten.includes(null)) continue;
    const buffer = bufferAt(program, made);
    slopes.push({
      ...buffer,
      offset: 0,
      storage: new TracedStorage(buffer.storage.device, bufferBytes(buffer)),
    });
    rewrite.replace(linear, {
      ...linear,
      ...doneInside(linear, gelu),
      op: 'linear_gelu',
      outputs: [result, slope],
    });
    rewrite.replace(gelu, null);
    others.forEach((reader, index) => rewrite.replace(reader, rewritten[index] ?? null));
  }
  return rewrite.finish(slopes);
}

/** An elementwise op that reads `slope` where it computed gelu_slope of `made`; null where it wants `made` otherwise too. */
function withSlope(instruction: Instruction, made: number, slope: number): Instruction | null {
  if (instruction.op !== 'elementwise') return null;
  const formula = new Formula();
  const { steps, constants } = instruction.attributes as {
    readonly steps: ElementwiseSteps;
    readonly constants: readonly number[];
  };
  const operand = formula.input(made);
  const values: Term[] = [
    ...instruction.inputs.map((input) => formula.input(input ?? -1)),
    ...constants.map((value) => formula.constant(value)),
  ];
  for (const [name, ...operands] of steps) {
    const terms = operands.flatMap((index) => values[index] ?? []);
    const isSlope = name === 'gelu_slope' && terms[0] === operand;
    values.push(isSlope ? formula.input(slope) : formula.step(name, ...terms));
  }
  const [output] = values.slice(-1);
  if (!output) return null;
  const written = emitSteps(output);
  if (written.inputs.includes(made) || written.steps.length === 0) return null;
  return {
    ...instruction,
    inputs: written.inputs,
    attributes: { steps: written.steps, constants: written.constants },
  };
}
