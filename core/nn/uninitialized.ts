// Parameters and buffers whose shape is not known yet: materialize turns the very same object into the class it was waiting to
// become. What they answer until then is uninitialized-members. Rules: docs/spec/parameters.md.
import { TorchError } from '../errors';
import { getDefaultDType } from '../tensor/default-dtype';
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import type { Device } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import type { Conversion } from './convert';
import { Parameter } from './parameter';
import { checkData, pendingOf } from './pending';
import { shortTypeName } from './python-names';
import { newTensor } from './tensor-memory';
import { FIELDS, hideFields, MEMBERS, type AllowedMembers } from './uninitialized-members';

export interface UninitializedOptions {
  readonly requiresGrad?: boolean;
  readonly device?: Device;
  readonly dtype?: DType;
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
  checkData(tensor, type);
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

/** `shape` as PyTorch accepts it: a list or one number. TypeError for anything else. */
function shapeOf(shape: unknown): Shape {
  const given: unknown = typeof shape === 'number' && Number.isInteger(shape) ? [shape] : shape;
  if (!Array.isArray(given)) throw noSize(`not ${shortTypeName(given)}`);
  const wrong = given.findIndex((size) => !Number.isInteger(size));
  if (wrong === 0) throw noSize(`but found element of type ${shortTypeName(given[wrong])} at pos 0`);
  if (wrong > 0)
    throw new TorchError(
      'TypeError',
      `empty(): argument 'size' failed to unpack the object at pos ${wrong + 1} with error "type must be tuple of ints,but got ${shortTypeName(given[wrong])}"`,
    );
  return given as Shape;
}
const noSize = (what: string): TorchError =>
  new TorchError('TypeError', `empty(): argument 'size' (position 1) must be tuple of ints, ${what}`);

/** An empty tensor of the converted kind, or null when nothing changes. */
function convertedData(tensor: UninitializedTensor, { dtype, device }: Conversion): Tensor | null {
  const { data } = pendingOf(tensor);
  const [type, place] = [dtype ?? data.dtype, device ?? data.device];
  return type === data.dtype && place === data.device ? null : newTensor([0], type, place);
}

/** What `MEMBERS` puts onto both classes. */
type Installed = Omit<AllowedMembers, 'data' | 'T' | 'to'>;
/** The class as the compiler is to see it below: its statics, and a constructor whose objects have them. */
type WithInstalled<C extends new (...given: never[]) => object> = Omit<C, 'prototype'> &
  (new (...given: ConstructorParameters<C>) => InstanceType<C> & Installed);

/** `torch.nn.UninitializedParameter`: a Parameter without a shape. */
export class UninitializedParameter
  extends (Parameter as WithInstalled<typeof Parameter>)
  implements AllowedMembers
{
  constructor(options: UninitializedOptions = {}) {
    const { requiresGrad = true, device = 'cpu', dtype = getDefaultDType() } = options;
    const empty = newTensor([0], dtype, device);
    super(empty, { requiresGrad });
    hideFields(this, empty);
  }

  override toString(): string {
    return `<${this.constructor.name}>`;
  }
  override get data(): Tensor {
    return pendingOf(this).data.data;
  }
  override set data(source: Tensor) {
    this.setData(source);
  }
  get T(): Tensor {
    return this.data;
  }
  /** Itself when nothing changes, else a plain empty Tensor, as PyTorch has it. */
  to(target: Conversion): Tensor {
    return convertedData(this, target) ?? this;
  }
  /** Allocates zero-filled memory of `shape` (device and dtype: its own) and makes this object a Parameter. */
  materialize(shape: Shape | number, device?: Device, dtype?: DType): void {
    materializeInPlace(this, Parameter.prototype, shapeOf(shape), device, dtype);
  }
}

/** `torch.nn.UninitializedBuffer`: a buffer without a shape; not a Parameter. */
export class UninitializedBuffer extends (Tensor as WithInstalled<typeof Tensor>) implements AllowedMembers {
  declare persistent: boolean;
  declare isBuffer: boolean;

  constructor(options: UninitializedOptions & { readonly persistent?: boolean } = {}) {
    const { requiresGrad = false, device = 'cpu', dtype = getDefaultDType(), persistent = true } = options;
    const empty = newTensor([0], dtype, device);
    super(empty.storage, { dtype, shape: [0], requiresGrad });
    Object.assign(this, { persistent, isBuffer: true });
    hideFields(this, empty);
  }

  override toString(): string {
    return `<${this.constructor.name}>`;
  }
  override get data(): Tensor {
    return bare(this, pendingOf(this).data);
  }
  override set data(source: Tensor) {
    this.setData(source);
  }
  get T(): Tensor {
    return this.data;
  }
  /** Itself when nothing changes, else another uninitialized buffer that has lost `persistent` and `isBuffer`. */
  to(target: Conversion): Tensor {
    const data = convertedData(this, target);
    return data === null ? this : bare(this, data);
  }
  /** Allocates zero-filled memory of `shape` and makes this object a plain Tensor; `persistent` and `isBuffer` stay. */
  materialize(shape: Shape | number, device?: Device, dtype?: DType): void {
    materializeInPlace(this, Tensor.prototype, shapeOf(shape), device, dtype);
  }
}

/** Another uninitialized buffer that has lost `persistent` and `isBuffer`. */
function bare({ requiresGrad }: UninitializedBuffer, { dtype, device }: Tensor): UninitializedBuffer {
  const made = new UninitializedBuffer({ dtype, device, requiresGrad });
  Reflect.deleteProperty(made, 'persistent');
  Reflect.deleteProperty(made, 'isBuffer');
  return made;
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
