// Fusing an optimizer's step into the product of few rows that makes its gradient: each part of the weight is updated by the thread
// that summed its gradient, which then lies in that thread's first cache and never in memory as a whole. Each element is computed by
// the same operations.
import type { FusedOp, OpName } from '../ops/signatures';
import { Rewrite } from './rewrite';
import { sharedBy } from './shares';
import { bufferAt, type TracedProgram } from './traced';

/** Of a batch, at most. Products of more rows are quicker by tiles that are written out, and take so long that the update hardly counts. */
const MOST_ROWS = 12;

const FUSED: Readonly<Partial<Record<OpName, FusedOp>>> = {
  sgd_step: 'outer_sgd_step',
  adam_step: 'outer_adam_step',
  rmsprop_step: 'outer_rmsprop_step',
};

/** The program with outer_*_step where a step alone reads the product aᵀ·b; it stands where the step did. */
export function fuseUpdates(program: TracedProgram): TracedProgram {
  const rewrite = new Rewrite(program);
  for (const product of program.instructions) {
    const [made = -1] = product.outputs;
    if (product.op !== 'matmul' || !rewrite.isPlain(made)) continue;
    const [step, ...others] = rewrite.readersOf(made);
    const op = step && FUSED[step.op];
    if (!op || others.length > 0 || step.inputs[1] !== made) continue;
    const [a = null, b = null] = product.inputs;
    if (a === null || b === null || rewrite.isMutated(a) || rewrite.isMutated(b)) continue;
    const { transpose_a, transpose_b, ...changes } = product.attributes;
    const isPlain = Object.values(changes).every((value) => value === null || value === undefined);
    const [rows = 0, ...columns] = bufferAt(program, a).shape;
    if (transpose_a !== true || transpose_b === true || !isPlain) continue;
    if (rows > MOST_ROWS || columns.length !== 1) continue;
    const [parameter = null, , ...states] = step.inputs;
    rewrite.replace(product, null);
    rewrite.replace(step, { ...step, ...sharedBy(product, step), op, inputs: [a, b, parameter, ...states] });
  }
  return rewrite.finish();
}
