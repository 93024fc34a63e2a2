// Tensor: a typed, strided view of a storage. It knows no op; the functional API over tensors is core/ops.
import { LazuliError, TorchError } from '../errors';
import type { Origin } from './origin';
import { canRequireGradient, elementSize, type DType } from './dtype';
import { contiguousStrides, numel, type Shape } from './shape';
import type { Device, Storage } from './storage';

/** What autograd knows about how a tensor was made; core/ops/dispatch makes them, core/ops/backward reads them. */
export interface GradientNode {
  /** The op's or view's name, for messages and for `gradFn`. */
  readonly name: string;
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs: readonly Tensor[];
  /** On whose behalf it was computed, where that is known: core/ops/origin. */
  readonly origin?: Origin | null;
}

/** How a tensor lies in its storage. Strides and offset count elements. */
export interface TensorLayout {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly requiresGrad?: boolean;
}

/** Shared by all tensors that view the same elements. */
interface ChangeCounter {
  count: number;
}

/** An n-dimensional array. Views share `storage` by identity. Created by core/ops/create and by ops, seldom by hand. */
export class Tensor {
  storage: Storage;
  dtype: DType;
  /** Elements from the storage's start. */
  offset: number;
  strides: readonly number[];
  /** The accumulated gradient of a leaf, or null. */
  grad: Tensor | null = null;
  /** How it was computed; null for a leaf. */
  gradFn: GradientNode | null = null;
  protected sizes: Shape;
  #requiresGrad = false;
  #changes: ChangeCounter = { count: 0 };

  constructor(storage: Storage, layout: TensorLayout) {
    this.storage = storage;
    this.dtype = layout.dtype;
    this.sizes = layout.shape;
    this.strides = layout.strides ?? contiguousStrides(layout.shape);
    this.offset = layout.offset ?? 0;
    if (layout.requiresGrad !== true) return;
    if (!canRequireGradient(this.dtype)) throw noGradients('Only', this.dtype);
    this.requiresGrad = true;
  }

  get shape(): Shape {
    return this.sizes;
  }
  get rank(): number {
    return this.sizes.length;
  }
  get device(): Device {
    return this.storage.device;
  }
  get isLeaf(): boolean {
    return this.gradFn === null;
  }
  get requiresGrad(): boolean {
    return this.#requiresGrad || this.gradFn !== null;
  }
  /** Throws PyTorch's error when the dtype cannot have gradients. */
  set requiresGrad(value: boolean) {
    if (value && !canRequireGradient(this.dtype)) throw noGradients('only', this.dtype);
    this.#requiresGrad = value;
  }

  /** Elements; 1 for a scalar. */
  numel(): number {
    return numel(this.shape);
  }

  /** True when the elements lie dense and row-major (sizes of 0 and 1 put no demand on their stride). */
  isContiguous(): boolean {
    if (this.shape.includes(0)) return true;
    let step = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      const size = this.shape[axis] ?? 1;
      if (size !== 1 && this.strides[axis] !== step) return false;
      step *= size;
    }
    return true;
  }

  /** A view of the same storage cut off from the gradient graph. */
  detach(): Tensor {
    return this.data.countWith(this);
  }

  /** `p.data`: a view of the same storage, without gradients, that counts its changes alone. */
  get data(): Tensor {
    const { storage, dtype, shape, strides, offset } = this;
    return new Tensor(storage, { dtype, shape, strides, offset });
  }
  /** RuntimeError for a tensor of another device. */
  set data(source: Tensor) {
    checkSameDevice(this, source);
    this.setData(source);
  }

  /** PyTorch's `_version`: changes in place so far, of this tensor and all that count together with it. */
  get version(): number {
    return this.#changes.count;
  }
  /** Counts one change in place. */
  noteChange(): void {
    this.#changes.count += 1;
  }
  /** From now on counts changes together with `source`, as views and a detached tensor do; returns this tensor. */
  countWith(source: Tensor): this {
    this.#changes = source.#changes;
    return this;
  }

  /** Bytes of one element, and of all. */
  get itemsize(): number {
    return elementSize(this.dtype);
  }
  get nbytes(): number {
    return this.numel() * this.itemsize;
  }
  get layout(): 'torch.strided' {
    return 'torch.strided';
  }

  /** `p.data = source`: takes over storage, layout and dtype; identity, class, requiresGrad and grad stay. */
  setData(source: Tensor): void {
    if (this.#requiresGrad && !canRequireGradient(source.dtype))
      throw new TorchError(
        'RuntimeError',
        'data set to a tensor that requires gradients must be floating point or complex dtype',
        'dtype_mismatch',
        { got: source.dtype },
      );
    this.storage = source.storage;
    this.dtype = source.dtype;
    this.sizes = source.shape;
    this.strides = source.strides;
    this.offset = source.offset;
  }

  /** Throws when no op may use this tensor; `functionName` is the function the message names. See nn/uninitialized. */
  assertUsable(_functionName: string): void {}

  /** As PyTorch prints it. */
  toString(): string {
    return printer(this);
  }

  /** The dense little-endian bytes of a contiguous tensor, copied. Throws for a strided view: call `contiguous` first. */
  bytes(): Uint8Array {
    if (!this.isContiguous())
      throw new LazuliError('internal', `bytes() of a strided view of shape [${this.shape.join(', ')}]`);
    const size = elementSize(this.dtype);
    return this.storage.read(this.offset * size, this.numel() * size);
  }
}

/** RuntimeError where `source` may not become `tensor`'s data. */
export function checkSameDevice(tensor: { readonly device: Device }, source: Tensor): void {
  if (source.device !== tensor.device)
    throw new TorchError(
      'RuntimeError',
      'Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor type.',
      'dtype_mismatch',
    );
}

/** What prints tensors: values are read above this folder, in core/nn/tensor-repr, which registers itself here. */
let printer = (tensor: Tensor): string => `<${tensor.constructor.name}>`;
export function printTensorsBy(print: (tensor: Tensor) => string): void {
  printer = print;
}

/** PyTorch begins the sentence in lower case where the flag is set on an existing tensor. */
const noGradients = (only: 'Only' | 'only', dtype: DType): TorchError =>
  new TorchError(
    'RuntimeError',
    `${only} Tensors of floating point and complex dtype can require gradients`,
    'dtype_mismatch',
    { got: dtype },
  );
