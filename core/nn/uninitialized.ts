// Parameters and buffers whose shape is not known yet. Everything but a few members throws PyTorch's error; materialize
// turns the very same object into the class it was waiting to become. Rules: docs/spec/parameters.md.
import { TorchError } from '../errors';
import { canRequireGradient, type DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import type { Device } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { Parameter } from './parameter';
import { tensorMethod } from './python-names';
import { newTensor } from './tensor-memory';

export interface UninitializedOptions {
  readonly requiresGrad?: boolean;
  readonly device?: Device;
  readonly dtype?: DType;
}

/** What an uninitialized tensor holds meanwhile: an empty tensor of its device and dtype, and who to name in errors. */
interface Pending {
  data: Tensor;
  owner: () => string | null;
}
const pendings = new WeakMap<Tensor, Pending>();

function pendingOf(tensor: Tensor): Pending {
  const pending = pendings.get(tensor);
  if (pending === undefined) throw new TorchError('AttributeError', 'the tensor is not uninitialized');
  return pending;
}

/** " (parameter 'weight' of 'fc1')", or nothing while no module with a name owns the tensor. */
function suffix(tensor: Tensor): string {
  const owner = pendings.get(tensor)?.owner() ?? null;
  return owner === null ? '' : ` (${owner})`;
}

const className = (tensor: Tensor): string =>
  tensor instanceof UninitializedParameter ? 'UninitializedParameter' : 'UninitializedBuffer';

/** The ValueError PyTorch raises when `callable` (as Python prints it) is given an uninitialized tensor. */
export function unusable(tensor: Tensor, callable: string): TorchError {
  return new TorchError(
    'ValueError',
    `Attempted to use an uninitialized parameter in ${callable}. This error happens when you are using a \`LazyModule\` or explicitly manipulating \`torch.nn.parameter.${className(tensor)}\` objects. When using LazyModules Call \`forward\` with a dummy batch to initialize the parameters before calling torch functions${suffix(tensor)}`,
    'uninitialized',
  );
}

const SHAPE_TEXT =
  "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before accessing their attributes.";
const SHARE_TEXT =
  "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before calling `module.share_memory()`.";

/** `linear` as Python prints torch's function of that name; a name in angle brackets is already complete. */
function callableRepr(functionName: string): string {
  if (functionName.startsWith('<method ')) return tensorMethod(functionName.slice(8, -1));
  return functionName.startsWith('<') ? functionName : `<built-in method ${functionName} of type object>`;
}

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

/** Members every uninitialized tensor overrides; what is not here (dtype, grad, gradFn, isLeaf, requiresGrad) works. */
const MEMBERS: Record<PropertyKey, Member> = {
  shape: {
    configurable: true,
    get(this: Tensor): never {
      throw new TorchError('RuntimeError', SHAPE_TEXT + suffix(this), 'uninitialized');
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
      throw new TorchError('RuntimeError', SHARE_TEXT + suffix(this), 'uninitialized');
    },
  },
  setData: {
    configurable: true,
    value(this: Tensor, source: Tensor): void {
      if (this.requiresGrad && !canRequireGradient(source.dtype)) throw integerData(source.dtype);
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
};

/** Fields of Tensor that an uninitialized one does not have; restored when it materializes. */
const FIELDS = { storage: 'untyped_storage', strides: 'stride', offset: 'storage_offset' } as const;

const integerData = (dtype: DType): TorchError =>
  new TorchError(
    'RuntimeError',
    'data set to a tensor that requires gradients must be floating point or complex dtype',
    'dtype_mismatch',
    { got: dtype },
  );

function hideFields(tensor: Tensor, data: Tensor): void {
  pendings.set(tensor, { data, owner: pendings.get(tensor)?.owner ?? (() => null) });
  for (const [field, method] of Object.entries(FIELDS))
    Object.defineProperty(tensor, field, refusingRead(method));
}

function materializeInPlace(
  tensor: Tensor,
  prototype: object,
  shape: Shape,
  device?: Device,
  dtype?: DType,
): void {
  const negative = shape.find((size) => size < 0);
  if (negative !== undefined)
    throw new TorchError(
      'RuntimeError',
      `Trying to create tensor with negative dimension ${negative}: [${shape.join(', ')}]`,
    );
  const { data } = pendingOf(tensor);
  const target = device ?? data.device;
  if ((target === 'meta') !== (data.device === 'meta'))
    throw new TorchError(
      'RuntimeError',
      'Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor type.',
    );
  const type = dtype ?? tensor.dtype;
  if (tensor.requiresGrad && !canRequireGradient(type)) throw integerData(type);
  becomeInitialized(tensor, prototype, newTensor([...shape], type, target));
}

/** Makes `tensor` a Parameter or plain Tensor over the memory of `data`, which is of its dtype and device. */
export function materializeWith(tensor: UninitializedTensor, data: Tensor): void {
  const isParameter = tensor instanceof UninitializedParameter;
  becomeInitialized(tensor, isParameter ? Parameter.prototype : Tensor.prototype, data);
}

/** Gives `tensor` the fields of `data` and the class of `prototype`. */
function becomeInitialized(tensor: Tensor, prototype: object, data: Tensor): void {
  for (const field of Object.keys(FIELDS))
    Object.defineProperty(tensor, field, {
      value: undefined,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  Object.setPrototypeOf(tensor, prototype);
  tensor.setData(data);
  // Whoever still calls it gets PyTorch's error and not JavaScript's.
  Object.defineProperty(tensor, 'materialize', {
    configurable: true,
    value(this: Tensor): never {
      throw new TorchError(
        'AttributeError',
        `'${this.constructor.name}' object has no attribute 'materialize'`,
      );
    },
  });
}

/** Brings a materialized tensor back to what it was, identity kept: the undo of materialize. */
export function returnToUninitialized(tensor: Tensor, prototype: object, empty: Tensor): void {
  tensor.setData(empty);
  Reflect.deleteProperty(tensor, 'materialize');
  Object.setPrototypeOf(tensor, prototype);
  hideFields(tensor, empty);
}

/** `shape` as PyTorch accepts it: a list or one number. */
const shapeOf = (shape: Shape | number): Shape => (typeof shape === 'number' ? [shape] : shape);

/** `torch.nn.UninitializedParameter`: a Parameter without a shape. */
export class UninitializedParameter extends Parameter {
  constructor(options: UninitializedOptions = {}) {
    const { requiresGrad = true, device = 'cpu', dtype = 'float32' } = options;
    const empty = newTensor([0], dtype, device);
    super(empty, { requiresGrad });
    hideFields(this, empty);
  }

  override toString(): string {
    return `<${this.constructor.name}>`;
  }
  /** Allocates zero-filled memory of `shape` (device and dtype: its own) and makes this object a Parameter. */
  materialize(shape: Shape | number, device?: Device, dtype?: DType): void {
    materializeInPlace(this, Parameter.prototype, shapeOf(shape), device, dtype);
  }
}

/** `torch.nn.UninitializedBuffer`: a buffer without a shape; not a Parameter. */
export class UninitializedBuffer extends Tensor {
  declare persistent: boolean;
  declare isBuffer: boolean;

  constructor(options: UninitializedOptions & { readonly persistent?: boolean } = {}) {
    const { requiresGrad = false, device = 'cpu', dtype = 'float32', persistent = true } = options;
    const empty = newTensor([0], dtype, device);
    super(empty.storage, { dtype, shape: [0], requiresGrad });
    Object.assign(this, { persistent, isBuffer: true });
    hideFields(this, empty);
  }

  override toString(): string {
    return `<${this.constructor.name}>`;
  }
  /** Allocates zero-filled memory of `shape` and makes this object a plain Tensor; `persistent` and `isBuffer` stay. */
  materialize(shape: Shape | number, device?: Device, dtype?: DType): void {
    materializeInPlace(this, Tensor.prototype, shapeOf(shape), device, dtype);
  }
}

for (const { prototype } of [UninitializedParameter, UninitializedBuffer])
  Object.defineProperties(prototype, MEMBERS);

export type UninitializedTensor = UninitializedParameter | UninitializedBuffer;

/** `torch.nn.parameter.is_lazy`. */
export const isLazy = (value: unknown): value is UninitializedTensor =>
  value instanceof UninitializedParameter || value instanceof UninitializedBuffer;

/** The empty tensor an uninitialized one holds: `u.data`. */
export const pendingData = (tensor: UninitializedTensor): Tensor => pendingOf(tensor).data;

/** Says whom errors about this tensor name, e.g. `parameter 'weight' of 'fc1'`; null adds nothing. */
export function nameOwner(tensor: UninitializedTensor, owner: () => string | null): void {
  pendingOf(tensor).owner = owner;
}
