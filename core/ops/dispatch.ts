// Calling a primitive: infer, allocate, run on the inputs' backend (or record it while tracing), remember for gradients.
import { LazuliError, TorchError } from '../errors';
import { elementSize, isFloatingPoint, type DType } from '../tensor/dtype';
import { MetaStorage } from '../tensor/meta-storage';
import { numel, type Shape } from '../tensor/shape';
import type { Backend, Device, Storage } from '../tensor/storage';
import { Tensor, type GradientNode } from '../tensor/tensor';
import { INFER } from './infer';
import { currentOrigin } from '../tensor/origin';
import { track } from './scope';
import type { OpAttributes, OpName } from './signatures';
import { isReadFromHost, SIGNATURES } from './signatures';

/** An op's node in the gradient graph: what core/ops/gradient's rule for `op` is given. */
export class OpNode<N extends OpName = OpName> implements GradientNode {
  constructor(
    readonly op: N,
    readonly inputs: readonly (Tensor | null)[],
    readonly outputs: readonly Tensor[],
    readonly attributes: OpAttributes[N],
    readonly origin = currentOrigin(),
  ) {}
  get name(): string {
    return this.op;
  }
}

/** A view's node: its gradient is a function of the output's gradient alone. */
export class ViewNode implements GradientNode {
  constructor(
    readonly name: string,
    readonly inputs: readonly Tensor[],
    readonly outputs: readonly Tensor[],
    readonly gradient: (gradOutput: Tensor) => Tensor,
    readonly origin = currentOrigin(),
  ) {}
}

/** Collects instructions instead of running them; see core/program/trace. */
export interface Tracer {
  /** Where what is recorded will run: constants made while tracing lie there too. */
  readonly device: Device;
  allocate(bytes: number): Storage;
  /** Takes over real memory allocated while tracing: a constant that must live as long as the program. */
  own(storage: Storage): void;
  record<N extends OpName>(
    op: N,
    inputs: readonly (Tensor | null)[],
    outputs: readonly Tensor[],
    attributes: OpAttributes[N],
  ): void;
}

const backends = new Map<Device, Backend>();
let tracer: Tracer | null = null;
let isGradientEnabled = true;

/** Makes a backend the one that runs ops on its device; returns a function that takes it back. */
export function useBackend(backend: Backend): () => void {
  const previous = backends.get(backend.device);
  backends.set(backend.device, backend);
  return () => {
    if (previous) backends.set(backend.device, previous);
    else backends.delete(backend.device);
  };
}

/** The backend of a device, or null when none was opened. */
export const backendOf = (device: Device): Backend | null => backends.get(device) ?? null;

/** Runs `body` with every op recorded by `active` instead of executed. */
export function withTracer<T>(active: Tracer, body: () => T): T {
  const previous = tracer;
  tracer = active;
  try {
    return body();
  } finally {
    tracer = previous;
  }
}

/** Runs `body` without recording gradients: `torch.no_grad()`. */
export const noGrad = <T>(body: () => T): T => withGradient(false, body);
export const enableGrad = <T>(body: () => T): T => withGradient(true, body);
export const gradientEnabled = (): boolean => isGradientEnabled;

function withGradient<T>(enabled: boolean, body: () => T): T {
  const previous = isGradientEnabled;
  isGradientEnabled = enabled;
  try {
    return body();
  } finally {
    isGradientEnabled = previous;
  }
}

/** Zero-filled (or, while tracing and on meta, imaginary) memory for a new tensor. */
export function allocate(device: Device, dtype: DType, shape: Shape): Storage {
  const bytes = numel(shape) * elementSize(dtype);
  return tracer && device !== 'meta' ? tracer.allocate(bytes) : allocateReal(device, bytes);
}

/** Memory that exists even while tracing: for values given by a caller, and for what a program keeps between steps. */
export function allocateReal(device: Device, bytes: number): Storage {
  if (device === 'meta') return new MetaStorage(bytes);
  const storage = openBackend(tracer?.device ?? device).allocate(bytes);
  if (!tracer) return track(storage);
  tracer.own(storage);
  return storage;
}

function openBackend(device: Device): Backend {
  const backend = backends.get(device);
  if (!backend)
    throw new LazuliError('not_supported', `no backend for device '${device}' is open`, {
      expected: 'an open backend',
      got: device,
      hint: 'open one with openCpuBackend() and useBackend()',
    });
  return backend;
}

/** True inside `withTracer`: values of new tensors do not exist yet. */
export const isTracing = (): boolean => tracer !== null;

/**
 * Runs primitive `op`. Inputs must be dense (core/ops/functional makes them so). If any input is on meta the result is, and
 * nothing runs. Throws `shape_mismatch`, `dtype_mismatch` or `parameter_invalid` from the op's inference.
 */
export function apply<N extends OpName>(
  op: N,
  inputs: readonly (Tensor | null)[],
  attributes: OpAttributes[N],
  device?: Device,
): Tensor[] {
  for (const input of inputs) input?.assertUsable(op);
  const signature = SIGNATURES[op];
  const changed = (signature.mutates ?? []).map((index) => inputs[index] ?? null);
  if (isGradientEnabled) for (const tensor of changed) refuseLeaf(tensor);
  const on = deviceOf(
    tracer ? inputs.filter((input, at) => input?.device !== 'cpu' || !isReadFromHost(op, at)) : inputs,
    device,
  );
  const outputs = INFER[op](inputs, attributes).map(
    ({ dtype, shape }) => new Tensor(allocate(on, dtype, shape), { dtype, shape }),
  );
  if (on !== 'meta') {
    if (tracer) tracer.record(op, inputs, outputs, attributes);
    else openBackend(on).execute(op, inputs, outputs, { ...attributes });
  }
  for (const tensor of changed) tensor?.noteChange();
  if (isGradientEnabled && !signature.mutates?.includes(0) && inputs.some((input) => input?.requiresGrad)) {
    const node = new OpNode(op, inputs, outputs, attributes);
    for (const output of outputs) if (isFloatingPoint(output.dtype)) output.gradFn = node;
  }
  return outputs;
}

/** Changing a leaf that requires gradients is PyTorch's RuntimeError outside `noGrad`. */
export function refuseLeaf(tensor: Tensor | null): void {
  if (tensor?.requiresGrad === true && tensor.isLeaf)
    throw new TorchError(
      'RuntimeError',
      'a leaf Variable that requires grad is being used in an in-place operation.',
    );
}

function deviceOf(inputs: readonly (Tensor | null)[], device: Device | undefined): Device {
  const found = new Set<Device>();
  for (const input of inputs) if (input) found.add(input.device);
  if (found.has('meta')) return 'meta';
  const [first = device ?? 'cpu', second] = found;
  if (second !== undefined)
    throw new LazuliError(
      'graph_invalid',
      `Expected all tensors to be on the same device, but found at least two devices, ${first} and ${second}!`,
    );
  return first;
}
