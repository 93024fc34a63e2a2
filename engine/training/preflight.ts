// The training step of a project before any of its memory is taken: its program, traced and optimized, and the bytes that
// a run will hold. Nothing is initialized; parameters are imagined.
import type { Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { newTensor } from '#core/nn/index';
import { noGrad } from '#core/ops/index';
import { useBackend } from '#core/ops/dispatch';
import { printProgram, type CompiledProgram } from '#core/program/index';
import type { Shape } from '#core/tensor/shape';
import type { Storage } from '#core/tensor/storage';
import { parseParams } from '#core/layers/index';
import { findLoss } from '#core/losses/index';
import { CLIPPING } from '#core/training/options';

import type { Dataset } from '../datasets/dataset';
import { Model, type SampleShapes } from '../model/model';
import { Cursor, endsOf, Normalizer } from './batches';
import { objectiveOf } from './objective';
import { Optimizer } from './optimizer';
import { compileTraining, StepLog, trainedParameters } from './programs';

/** Bytes of a run, before the scratch of its kernels and its data. */
export interface TrainingMemory {
  readonly parameters: number;
  readonly buffers: number;
  readonly optimizer_state: number;
  /** Gradients and activations share the program's arena. */
  readonly arena: number;
  /** Of the arena, what the gradients of parameters would take if all lived at once. */
  readonly gradients: number;
  /** An arena cannot be smaller without computing things twice. */
  readonly least_arena: number;
  readonly total: number;
}

export interface Preflight {
  readonly batch: number;
  /** The program's listing as traced. */
  readonly before: string;
  /** And as it will run, with each result's place in the arena. */
  readonly after: string;
  readonly instructions: { readonly before: number; readonly after: number };
  readonly memory: TrainingMemory;
}

/** Memory that is only counted. */
class ImaginedStorage implements Storage {
  readonly device = 'cpu';
  isDisposed = false;
  constructor(readonly bytes: number) {}
  read(_offset: number, length: number): Uint8Array {
    return new Uint8Array(length);
  }
  write(): void {}
  copy(): ImaginedStorage {
    return new ImaginedStorage(this.bytes);
  }
  assign(): void {}
  dispose(): void {
    this.isDisposed = true;
  }
}

/** Runs `body` with CPU tensors that are only counted. */
function imagined<T>(body: () => T): T {
  const restore = useBackend({
    device: 'cpu',
    allocate: (bytes) => new ImaginedStorage(bytes),
    execute: () => undefined,
  });
  try {
    return body();
  } finally {
    restore();
  }
}

/**
 * Traces one training step of `project` on a batch of these shapes. Throws what feeding that sample or starting that run
 * would throw: the first problem of the graph, loss or optimizer.
 */
export function preflight(project: Project, shapes: SampleShapes): Preflight {
  return imagined(() => {
    const model = new Model(project);
    try {
      model.feed(shapes, project.training.seed);
      return trace(project, model, shapes);
    } finally {
      model.dispose();
    }
  });
}

function trace({ training, dtype, data }: Project, model: Model, shapes: SampleShapes): Preflight {
  const { module } = model;
  const ends = endsOf(module, dtype);
  const shape = shapes[ends.input];
  if (!shape) throw new LazuliError('usage', `a shape for the input '${ends.input}' is missing`);
  const [batch = 1, ...sample] = shape;
  const loss = findLoss(training.loss.type);
  const isClass = (data?.targetKind ?? (loss?.targets[0] === 'class' ? 'class' : 'number')) === 'class';
  const input = newTensor(shape, ends.dtype, 'meta');
  const output = noGrad(() => module.forward({ [ends.input]: input }))[ends.output];
  const result: Shape = output?.shape ?? [batch];
  const targets = isClass ? newTensor([batch, ...result.slice(2)], 'int64') : newTensor(result, dtype);
  const dataset: Dataset = {
    source: {
      file: 'sample',
      format: 'npy',
      targetKind: isClass ? 'class' : 'number',
      normalization: { kind: 'none' },
    },
    samples: batch,
    inputShape: sample,
    inputs: newTensor(shape, ends.dtype),
    targets: { tensor: targets, classes: [] },
    columns: [],
    notes: [],
    dispose: () => undefined,
  };
  const parameters = trainedParameters(module);
  const optimizer = new Optimizer(training, parameters);
  const compiled = compileTraining(
    {
      module,
      dtype,
      feed: { dataset, ends, normalizer: new Normalizer(null, dtype) },
      cursor: new Cursor(batch),
      objective: objectiveOf(training, dataset),
      optimizer,
      log: new StepLog(1, training.metrics.length + 1),
      random: newTensor([2], 'int64'),
      clipping: training.clipping ? parseParams(CLIPPING, training.clipping) : null,
      precision: training.precision,
    },
    batch,
    'cpu',
  ).compiled;
  return report(batch, compiled, model, optimizer);
}

function report(batch: number, compiled: CompiledProgram, model: Model, optimizer: Optimizer): Preflight {
  const { traced, spec, memory } = compiled;
  const { module } = model;
  const named = [...module.namedParameters(), ...module.namedBuffers()];
  const names = new Map(named.map(([key, { storage }]) => [storage, key] as const));
  for (const [key, state] of optimizer.states)
    for (const [name, { storage }] of Object.entries(state)) names.set(storage, `${key}.${name}`);
  const bytesOf = (storages: Iterable<Storage>): number =>
    [...new Set(storages)].reduce((sum, { bytes }) => sum + bytes, 0);
  const parameters = bytesOf([...module.namedParameters()].map(([, { storage }]) => storage));
  const buffers = bytesOf([...module.namedBuffers()].map(([, { storage }]) => storage));
  const state = bytesOf(
    [...optimizer.states.values()].flatMap((each) => Object.values(each).map(({ storage }) => storage)),
  );
  const gradients = [...trainedParameters(module).values()].reduce(
    (sum, { storage }) => sum + storage.bytes,
    0,
  );
  return {
    batch,
    before: printProgram(traced, { names }),
    after: printProgram(spec, { names }),
    instructions: { before: traced.instructions.length, after: spec.instructions.length },
    memory: {
      parameters,
      buffers,
      optimizer_state: state,
      arena: spec.arenaBytes,
      gradients,
      least_arena: memory.leastArenaBytes,
      total: parameters + buffers + state + spec.arenaBytes,
    },
  };
}
