// What an uninitialized tensor answers: the members PyTorch allows, and its error for every other. Put onto both classes.
import { TorchError } from '../errors';
import { gradientEnabled } from '../ops/dispatch';
import { DTYPES, isFloatingPoint, type DType } from '../tensor/dtype';
import type { Device } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import type { Conversion } from './convert';
import { callableRepr, checkData, pendingOf, pendings, unknownShape, unsharable, unusable } from './pending';
import { tensorMethod } from './python-names';

/** What PyTorch lets one call on an uninitialized tensor, beside what Tensor has. */
export interface AllowedMembers {
  /** `torch.Size([0])`. */
  size(): readonly number[];
  isComplex(): boolean;
  isFloatingPoint(): boolean;
  /** -1 on the CPU, 0 on the GPU. */
  getDevice(): number;
  /** Itself when nothing changes; else a plain Tensor (a buffer: another one, without its attributes). */
  to(target: Conversion): Tensor;
  half(): Tensor;
  float(): Tensor;
  double(): Tensor;
  char(): Tensor;
  short(): Tensor;
  int(): Tensor;
  long(): Tensor;
  cpu(): Tensor;
  /** Only broadcasting against its size of 0 is left of it; a parameter refuses it outside noGrad. */
  copy_(source: Tensor): Tensor;
  bfloat16(): never;
  byte(): never;
  bool(): never;
  /** RuntimeError. */
  shareMemory_(): never;
}

const CONVERSIONS: Readonly<Record<string, DType>> = {
  half: 'float16',
  float: 'float32',
  double: 'float64',
  char: 'int8',
  short: 'int16',
  int: 'int32',
  long: 'int64',
};

type Member = PropertyDescriptor & ThisType<Tensor>;
const refusing = (method: string): Member => ({
  configurable: true,
  value(this: Tensor): never {
    throw unusable(this, tensorMethod(method));
  },
});
const refusingRead = (method: string): Member => ({
  configurable: true,
  get(this: Tensor): never {
    throw unusable(this, tensorMethod(method));
  },
});

const converting = (target: Conversion): Member => ({
  configurable: true,
  value(this: Tensor & AllowedMembers): Tensor {
    return this.to(target);
  },
});

/** Members every uninitialized tensor overrides; what is not here (dtype, grad, gradFn, isLeaf, requiresGrad) works. */
export const MEMBERS: Record<PropertyKey, Member> = {
  shape: {
    configurable: true,
    get(this: Tensor): never {
      throw unknownShape(this);
    },
  },
  rank: { configurable: true, get: () => 1 },
  device: {
    configurable: true,
    get(this: Tensor): Device {
      return pendingOf(this).data.device;
    },
  },
  numel: refusing('numel'),
  isContiguous: refusing('is_contiguous'),
  detach: refusing('detach'),
  bytes: refusing('untyped_storage'),
  [Symbol.iterator]: refusing('dim'),
  shareMemory_: {
    configurable: true,
    value(this: Tensor): never {
      throw unsharable(this);
    },
  },
  setData: {
    configurable: true,
    value(this: Tensor, source: Tensor): void {
      checkData(this, source.dtype);
      pendingOf(this).data = source;
      this.dtype = source.dtype;
    },
  },
  assertUsable: {
    configurable: true,
    value(this: Tensor, functionName: string): never {
      throw unusable(this, callableRepr(functionName));
    },
  },
  [Symbol.toPrimitive]: {
    configurable: true,
    value(this: Tensor, hint: string): string {
      if (hint === 'string') return `<${this.constructor.name}>`;
      throw unusable(this, tensorMethod(hint === 'number' ? '__float__' : 'add'));
    },
  },
  size: { configurable: true, value: () => [0] },
  isComplex: {
    configurable: true,
    value(this: Tensor): boolean {
      return DTYPES[this.dtype].kind === 'complex';
    },
  },
  isFloatingPoint: {
    configurable: true,
    value(this: Tensor): boolean {
      return isFloatingPoint(this.dtype);
    },
  },
  getDevice: {
    configurable: true,
    value(this: Tensor): number {
      return this.device === 'gpu' ? 0 : -1;
    },
  },
  cpu: converting({ device: 'cpu' }),
  ...Object.fromEntries(Object.entries(CONVERSIONS).map(([name, dtype]) => [name, converting({ dtype })])),
  copy_: {
    configurable: true,
    value(this: Tensor, source: Tensor): Tensor {
      if (this.requiresGrad && gradientEnabled())
        throw new TorchError(
          'RuntimeError',
          'a leaf Variable that requires grad is being used in an in-place operation.',
        );
      const last = source.shape.at(-1) ?? 1;
      if (last > 1)
        throw new TorchError(
          'RuntimeError',
          `The size of tensor a (0) must match the size of tensor b (${last}) at non-singleton dimension 0`,
          'shape_mismatch',
        );
      return this;
    },
  },
  bfloat16: refusing('bfloat16'),
  byte: refusing('byte'),
  bool: refusing('bool'),
};

/** Fields of Tensor that an uninitialized one does not have; restored when it materializes. */
export const FIELDS = { storage: 'untyped_storage', strides: 'stride', offset: 'storage_offset' } as const;

/** Makes `tensor` uninitialized: `data` is the empty tensor it holds. */
export function hideFields(tensor: Tensor, data: Tensor): void {
  pendings.set(tensor, { data, owner: pendings.get(tensor)?.owner ?? (() => null) });
  for (const [field, method] of Object.entries(FIELDS))
    Object.defineProperty(tensor, field, refusingRead(method));
}
