// From a training step to the instruction list executors run.
//
// A step is any function that calls ops: forward, loss, backward, clipping, optimizer. `compileProgram` runs it once, and
//  1. trace: records every primitive. Tensors that existed before are external buffers, changed in place by the program;
//     what the step allocates is temporary. The step may not look at values.
//  2. simplify: equal work once, copies that change nothing away, dead work away.
//  3. reorder: relu behind the max pool that reads it; each optimizer step right after its gradient.
//  4. fuse: chains of elementwise ops become one; fills become constants; products apply activations themselves.
//  5. plan: one arena for all temporaries, by lifetime, in place where an elementwise op allows it.
//  6. check: types, bounds and liveness, before native code trusts the list.
// No pass changes arithmetic, so a program's results equal those of the same step run eagerly, bit for bit.
import type { Device } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { checkProgram } from './check';
import { fuse } from './fuse';
import type { ProgramSpec } from './instructions';
import { plan, programMemory, type ProgramMemory } from './plan';
import { fuseActivations } from './fuse-activations';
import { hoistUpdates, poolBeforeRelu } from './reorder';
import { removeDead, simplify } from './simplify';
import { traceProgram, type TraceOptions } from './trace';
import type { TracedProgram } from './traced';

export { checkProgram, programProblems } from './check';
export type { Instruction, ProgramBuffer, ProgramSpec } from './instructions';
export type { ProgramMemory } from './plan';
export { printInstructions, printProgram } from './print';
export { traceProgram, type TracedStep, type TraceOptions } from './trace';

export interface CompiledProgram {
  /** What executors run. */
  readonly spec: ProgramSpec;
  /** One per tensor the step returned; each run of the program overwrites them. */
  readonly outputs: readonly Tensor[];
  /** The program before the passes, for comparing listings. */
  readonly traced: TracedProgram;
  readonly memory: ProgramMemory;
  /** Frees the outputs and the constants made while tracing. Parameters and state stay. */
  dispose(): void;
}

/** The passes between tracing and planning. A GPU runs the updates of all parameters at once: they stay together there. */
export function optimize(traced: TracedProgram, device: Device = 'cpu'): TracedProgram {
  const fused = fuse(poolBeforeRelu(simplify(traced)));
  return device === 'gpu' ? removeDead(fused) : hoistUpdates(removeDead(fuseActivations(fused)));
}

/** Traces `step` and turns it into a program. Throws what the step's ops throw. */
export function compileProgram(
  step: () => Tensor | readonly Tensor[] | void,
  options: TraceOptions = {},
): CompiledProgram {
  const { program: traced, outputs, owned } = traceProgram(step, options);
  const optimized = optimize(traced, options.device);
  const spec = plan(optimized);
  checkProgram(spec);
  return {
    spec,
    outputs,
    traced,
    memory: programMemory(optimized, spec),
    dispose() {
      for (const storage of owned) storage.dispose();
    },
  };
}
