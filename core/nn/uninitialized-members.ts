// What an uninitialized tensor answers: the members PyTorch allows, and its error for every other. Put onto both classes.
import { TorchError } from '../errors';
import { gradientEnabled, refuseLeaf } from '../ops/dispatch';
import { DTYPES, isFloatingPoint, type DType } from '../tensor/dtype';
import { shapesEqual, type Shape } from '../tensor/shape';
import { checkSameDevice, type Tensor } from '../tensor/tensor';
import type { Conversion } from './convert';
import {
  callableRepr,
  checkData,
  pendingOf,
  pendings,
  unknownShape,
  unsharable,
  unusable,
  type Pending,
} from './pending';
import { tensorMethod } from './python-names';
import { camelCase, REFUSED_METHODS } from './tensor-methods';

/** What PyTorch lets one call on an uninitialized tensor, beside what Tensor has. */
export interface AllowedMembers {
  /** `torch.Size([0])`, or that of one axis. */
  size(): readonly number[];
  size(axis: number): number;
  /** The empty tensor it holds; a buffer's is another uninitialized one, without its attributes. */
  data: Tensor;
  /** Of its empty tensor: a plain Tensor, a buffer's as `data`; `real` of what is not complex is the tensor itself. */
  readonly T: Tensor;
  readonly real: Tensor;
  readonly name: null;
  readonly isMeta: boolean;
  readonly isCpu: boolean;
  readonly isCuda: boolean;
  readonly isSparse: false;
  readonly isQuantized: false;
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
  cuda(): Tensor;
  /** Only broadcasting against its size of 0 is left of it; a parameter refuses it outside noGrad. */
  copy_(source: Tensor | number): Tensor;
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
const refusing = (callable: string): Member => ({
  configurable: true,
  writable: true,
  value(this: Tensor): never {
    throw unusable(this, callable);
  },
});
const refusingGet = (callable: string): Member => ({
  configurable: true,
  get(this: Tensor): never {
    throw unusable(this, callable);
  },
});
const getting = (read: (pending: Pending) => unknown): Member => ({
  configurable: true,
  get(this: Tensor): unknown {
    return read(pendingOf(this));
  },
});
const matrixOnly = (message: (rank: number) => string): Member => ({
  configurable: true,
  get(this: Tensor): never {
    throw new TorchError('RuntimeError', message(this.rank));
  },
});

const converting = (target: Conversion): Member => ({
  configurable: true,
  value(this: Tensor & AllowedMembers): Tensor {
    return this.to(target);
  },
});

const noAxis = (axis: number, rank: number): TorchError =>
  new TorchError(
    'IndexError',
    `Dimension out of range (expected to be in range of [${-rank}, ${rank - 1}], but got ${axis})`,
  );

/** The size of what may itself be uninitialized. */
const sizesOf = (tensor: Tensor): Shape => (pendings.get(tensor)?.data ?? tensor).shape;

/** PyTorch's errors where `source` cannot be broadcast into `target`. */
function checkBroadcast(target: Shape, source: Shape): void {
  const rank = Math.max(target.length, source.length);
  const at = (shape: Shape, axis: number): number => shape[axis - rank + shape.length] ?? 1;
  const sizes: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [a, b] = [at(target, axis), at(source, axis)];
    if (a !== b && a !== 1 && b !== 1)
      throw new TorchError(
        'RuntimeError',
        `The size of tensor a (${a}) must match the size of tensor b (${b}) at non-singleton dimension ${axis}`,
        'shape_mismatch',
      );
    sizes.push(a === 1 ? b : a);
  }
  if (!shapesEqual(sizes, target))
    throw new TorchError(
      'RuntimeError',
      `output with shape [${target.join(', ')}] doesn't match the broadcast shape [${sizes.join(', ')}]`,
      'shape_mismatch',
    );
}

/** Members every uninitialized tensor overrides; what is not here (dtype, grad, gradFn, isLeaf, requiresGrad) works. */
export const MEMBERS: Record<PropertyKey, Member> = {
  shape: {
    configurable: true,
    get(this: Tensor): never {
      throw unknownShape(this);
    },
  },
  rank: getting(({ data }) => data.rank),
  nbytes: getting(({ data }) => data.nbytes),
  real: {
    configurable: true,
    get(this: Tensor): Tensor {
      return this;
    },
  },
  name: getting(() => null),
  isMeta: getting(({ data }) => data.device === 'meta'),
  isCpu: getting(({ data }) => data.device === 'cpu'),
  isCuda: getting(({ data }) => data.device === 'gpu'),
  isSparse: getting(() => false),
  isQuantized: getting(() => false),
  imag: matrixOnly(() => 'imag is not implemented for tensors with non-complex dtypes.'),
  mT: matrixOnly(
    (rank) => `tensor.mT is only supported on matrices or batches of matrices. Got ${rank}-D tensor.`,
  ),
  mH: matrixOnly(
    (rank) => `tensor.mH is only supported on matrices or batches of matrices. Got ${rank}-D tensor.`,
  ),
  H: matrixOnly((rank) => `tensor.H is only supported on matrices (2-D tensors). Got ${rank}-D tensor.`),
  device: getting(({ data }) => data.device),
  ...Object.fromEntries(
    [...REFUSED_METHODS].map(([name, callable]) => [camelCase(name), refusing(callable)] as const),
  ),
  bytes: refusing(tensorMethod('untyped_storage')),
  [Symbol.iterator]: refusing(tensorMethod('dim')),
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
      checkSameDevice(this, source);
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
  size: {
    configurable: true,
    value(this: Tensor, axis?: number): readonly number[] | number {
      const { shape } = pendingOf(this).data;
      if (axis === undefined) return shape;
      const size = shape.at(axis);
      if (size === undefined) throw noAxis(axis, shape.length);
      return size;
    },
  },
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
  cuda: converting({ device: 'gpu' }),
  ...Object.fromEntries(Object.entries(CONVERSIONS).map(([name, dtype]) => [name, converting({ dtype })])),
  copy_: {
    configurable: true,
    value(this: Tensor, source: Tensor | number): Tensor {
      if (gradientEnabled()) refuseLeaf(this);
      if (typeof source === 'object') checkBroadcast(pendingOf(this).data.shape, sizesOf(source));
      return this;
    },
  },
  length: refusingGet('<function Tensor.__len__>'),
};

/** Fields of Tensor that an uninitialized one does not have; restored when it materializes. */
export const FIELDS = { storage: 'untyped_storage', strides: 'stride', offset: 'storage_offset' } as const;

/** Makes `tensor` uninitialized: `data` is the empty tensor it holds. */
export function hideFields(tensor: Tensor, data: Tensor): void {
  pendings.set(tensor, { data, owner: pendings.get(tensor)?.owner ?? (() => null) });
  for (const [field, method] of Object.entries(FIELDS))
    Object.defineProperty(tensor, field, { ...refusingGet(tensorMethod(method)), enumerable: false });
}
