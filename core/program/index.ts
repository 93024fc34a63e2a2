// From a training step to the instruction list executors run.
//
// A step is any function that calls ops: forward, loss, backward, clipping, optimizer. `compileProgram` runs it once, and
//  1. trace: records every primitive. Tensors that existed before are external buffers, changed in place by the program;
//     what the step allocates is temporary. The step may not look at values.
//  2. simplify: equal work once, copies that change nothing away, dead work away.
//     For a GPU, products of numbers that were rounded to bfloat16 take and give those (narrow-products).
//  3. reorder: relu behind the max pool that reads it; each optimizer step right after its gradient.
//  4. fuse: chains of elementwise ops become one; fills become constants; products apply activations themselves, with gelu's slope
//     for the gradient, or a formula of their result and others; the gradients of cross entropy become one; products update the
//     weights whose gradients they make.
//  5. plan: one arena for all temporaries, by lifetime, in place where an elementwise op allows it.
//  6. check: types, bounds and liveness, before native code trusts the list.
// No pass changes arithmetic, so a program's results equal those of the same step run eagerly, bit for bit.
import type { Device } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { within, type Turned, type Wrap } from '../turns';
import { checkProgram } from './check';
import { fuse } from './fuse';
import type { ProgramSpec } from './instructions';
import { blocksOf, plan, programMemory, type Block, type ProgramMemory } from './plan';
import { fuseActivations } from './fuse-activations';
import { fuseGelu } from './fuse-gelu';
import { fuseFormulas } from './fuse-formulas';
import { fuseCrossEntropy } from './fuse-losses';
import { fuseUpdates } from './fuse-updates';
import { narrowProducts } from './narrow-products';
import { hoistUpdates, poolBeforeRelu } from './reorder';
import { reuse, type KnownProgram } from './reuse';
import { removeDead, simplify } from './simplify';
import { traceProgram, Tracing, type TracedStep, type TraceOptions } from './trace';
import type { TracedProgram } from './traced';

export { checkProgram, programProblems } from './check';
export type { Instruction, ProgramBuffer, ProgramSpec } from './instructions';
export type { ProgramMemory } from './plan';
export { printInstructions, printProgram } from './print';
export type { KnownProgram } from './reuse';
export { traceProgram, type TracedStep, type TraceOptions } from './trace';

export interface CompiledProgram {
  /** What executors run. */
  readonly spec: ProgramSpec;
  /** One per tensor the step returned; each run of the program overwrites them. */
  readonly outputs: readonly Tensor[];
  /** The program before the passes, for comparing listings. */
  readonly traced: TracedProgram;
  readonly memory: ProgramMemory;
  /** Every stretch of the arena, with the instruction that makes it and the last that needs it. */
  readonly blocks: readonly Block[];
  /** Frees the outputs and the constants made while tracing. Parameters and state stay. */
  dispose(): void;
}

/** The passes between tracing and planning. A GPU runs the updates of all parameters at once: they stay together there. */
export const optimize = (traced: TracedProgram, device: Device = 'cpu'): TracedProgram =>
  passesFor(device).reduce((program, pass) => pass(program), traced);

const passesFor = (device: Device): readonly ((program: TracedProgram) => TracedProgram)[] => [
  simplify,
  ...(device === 'gpu' ? [narrowProducts] : []),
  poolBeforeRelu,
  fuse,
  ...(device === 'gpu'
    ? [removeDead]
    : [fuseGelu, fuseActivations, fuseFormulas, fuseCrossEntropy, removeDead, hoistUpdates, fuseUpdates]),
];

/** Traces `step` and turns it into a program. Throws what the step's ops throw. */
export function compileProgram(
  step: () => Tensor | readonly Tensor[] | void,
  options: TraceOptions = {},
): CompiledProgram {
  const traced = traceProgram(step, options);
  const optimized = optimize(traced.program, options.device);
  const spec = plan(optimized);
  checkProgram(spec);
  return compiled(traced, optimized, spec);
}

export interface CompileOptions extends TraceOptions {
  readonly wrap?: Wrap | undefined;
  /** Compiled before, over whatever memory. */
  readonly known?: readonly KnownProgram[] | undefined;
}

/**
 * The same for a step cut into turns: `next` is waited for between them and between the passes, so that nothing else is
 * held up for long; what `wrap` sets is not set meanwhile. A step that one of the `known` programs was traced from is not
 * optimized and planned again. Throws what the step's ops or `next` throw.
 */
export async function compileInTurns(
  step: () => Turned<readonly Tensor[]>,
  next: () => Promise<void>,
  { wrap = (body) => body(), known = [], ...options }: CompileOptions = {},
): Promise<CompiledProgram> {
  const tracing = new Tracing(options);
  const work = within(wrap, step());
  try {
    let turn = tracing.run(() => work.next());
    while (turn.done !== true) {
      await next();
      turn = tracing.run(() => work.next());
    }
    const { value } = turn;
    const traced = wrap(() => tracing.finish(value));
    await next();
    const reused = reuse(known, traced.program);
    if (reused) return { ...reused, ...kept(traced) };
    let optimized = traced.program;
    for (const pass of passesFor(options.device ?? 'cpu')) {
      await next();
      optimized = pass(optimized);
    }
    await next();
    const spec = plan(optimized);
    await next();
    checkProgram(spec);
    await next();
    return compiled(traced, optimized, spec);
  } catch (error) {
    work.return([]);
    tracing.abandon();
    throw error;
  }
}

const compiled = (traced: TracedStep, optimized: TracedProgram, spec: ProgramSpec): CompiledProgram => ({
  spec,
  memory: programMemory(optimized, spec),
  blocks: [...new Set(blocksOf(optimized).values())],
  ...kept(traced),
});

/** What a program has of its own trace. */
const kept = ({
  program,
  outputs,
  owned,
}: TracedStep): Pick<CompiledProgram, 'traced' | 'outputs' | 'dispose'> => ({
  traced: program,
  outputs,
  dispose() {
    for (const storage of owned) storage.dispose();
  },
});
