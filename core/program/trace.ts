// Tracing: runs a step once with every op recorded instead of executed. What the step allocates becomes temporaries of the
// program; tensors that existed before (parameters, state, datasets) become external buffers, changed in place.
import { allocateReal, withTracer, type Tracer } from '../ops/dispatch';
import { contiguous } from '../ops/functional/dense';
import { currentOrigin } from '../tensor/origin';
import type { OpAttributes, OpName } from '../ops/signatures';
import { elementSize } from '../tensor/dtype';
import type { Device, Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import type { Instruction } from './instructions';
import { BufferTable, isTemporary, rebuild, TracedStorage, type TracedProgram } from './traced';

export interface TraceOptions {
  /** Where the program will run. Default cpu. */
  readonly device?: Device;
}

/** A traced step, its results as real tensors that each run overwrites, and the constants it holds. */
export interface TracedStep {
  readonly program: TracedProgram;
  /** One per tensor the step returned. Those it computed are new; those that existed before are themselves. */
  readonly outputs: readonly Tensor[];
  /** Memory made while tracing, outputs included, that must live as long as the program. */
  readonly owned: readonly Storage[];
}

class ProgramTracer implements Tracer {
  readonly table = new BufferTable();
  readonly instructions: Instruction[] = [];
  readonly owned: Storage[] = [];
  constructor(readonly device: Device) {}

  allocate(bytes: number): Storage {
    return new TracedStorage(this.device, bytes);
  }
  own(storage: Storage): void {
    this.owned.push(storage);
  }
  record<N extends OpName>(
    op: N,
    inputs: readonly (Tensor | null)[],
    outputs: readonly Tensor[],
    attributes: OpAttributes[N],
  ): void {
    const origin = currentOrigin();
    this.instructions.push({
      ...(origin ? { shares: [{ ...origin, weight: 1 }] } : {}),
      op,
      inputs: inputs.map((input) => input && this.#indexOf(input)),
      outputs: outputs.map((output) => this.#indexOf(output)),
      attributes: { ...attributes },
    });
  }
  #indexOf({ storage, dtype, shape, offset }: Tensor): number {
    return this.table.indexOf({ storage, dtype, shape, offset: offset * elementSize(dtype) });
  }
}

/** A trace in the making: what runs inside `run` is recorded, everything else goes on as usual. */
export class Tracing {
  readonly #tracer: ProgramTracer;

  constructor({ device = 'cpu' }: TraceOptions = {}) {
    this.#tracer = new ProgramTracer(device);
  }
  run<T>(body: () => T): T {
    return withTracer(this.#tracer, body);
  }
  /** The program and its results, which are written to memory that the caller can read. */
  finish(result: Tensor | readonly Tensor[] | void): TracedStep {
    const tensors = result instanceof Tensor ? [result] : (result ?? []);
    return this.run(() => finishTrace(this.#tracer, tensors.map(contiguous)));
  }
  /** Frees what was made on the way. */
  abandon(): void {
    for (const storage of this.#tracer.owned) storage.dispose();
  }
}

/**
 * Traces `body`. It must do the same whatever the values are: looking at one throws. Gradients it leaves in `.grad` of
 * parameters have no values; the caller clears them.
 */
export function traceProgram(
  body: () => Tensor | readonly Tensor[] | void,
  options: TraceOptions = {},
): TracedStep {
  const tracing = new Tracing(options);
  try {
    return tracing.finish(tracing.run(body));
  } catch (error) {
    tracing.abandon();
    throw error;
  }
}

function finishTrace(tracer: ProgramTracer, results: readonly Tensor[]): TracedStep {
  const real = new Map<Storage, Storage>();
  for (const { storage } of results)
    if (isTemporary(storage) && !real.has(storage))
      real.set(storage, allocateReal(tracer.device, storage.bytes));
  const traced = { buffers: tracer.table.buffers, instructions: tracer.instructions };
  const program = rebuild(traced, traced.instructions, (buffer) => ({
    ...buffer,
    storage: real.get(buffer.storage) ?? buffer.storage,
  }));
  const outputs = results.map(({ storage, dtype, shape, offset }) => {
    return new Tensor(real.get(storage) ?? storage, { dtype, shape, offset });
  });
  return { program, outputs, owned: tracer.owned };
}
