// Turns the recorded rebuild calls of a torch pickle into tensors, every size, stride and offset checked.
import { canRequireGradient, DTYPES, elementSize, isDType, type DType } from '../../tensor/dtype';
import { globalRole } from '../pickle/globals';
import {
  describeValue,
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleText,
  PickleTuple,
  type PickleValue,
} from '../pickle/values';
import { refusal, type RefusalDetails } from '../refuse';
import type { EntryKind, TensorEntry } from '../weights';
import { COMPOSITES } from './composites';
import { unwrapSize } from './plain';
import { describeScheme, isScheme, packedBytes } from './quantized';
import { parseCount, type StorageTable } from './storages';
import { resolved } from './transforms';

/** A tensor without its name. */
export type TorchTensor = Omit<TensorEntry, 'name'> & {
  /** What could not be represented exactly, for the file's warnings. */
  readonly note?: string;
};

const HIGHEST_RANK = 64;
/** A parameter with attributes of a tensor with attributes is three calls deep. */
const DEEPEST = 4;
/** torch has two: conj and neg. */
const MOST_BITS = 16;
/** A small storage may be viewed as a larger tensor (expanded dimensions), but not without bound. */
const FREE_BYTES = 256 * 1024 * 1024;
const LARGEST_VIEW_RATIO = 64;

/** The dtype a global such as `torch.float8_e5m2` names, or null. */
export function parseDType(value: PickleValue | undefined): DType | null {
  if (!(value instanceof PickleGlobal) || value.module !== 'torch') return null;
  return isDType(value.name) ? value.name : null;
}

interface Bounds {
  /** Elements of the storage. */
  readonly available: number;
  readonly dtype: DType;
  readonly where: string;
  /** False for quantized tensors. */
  readonly isPlain: boolean;
}

interface DenseOptions {
  readonly where: string;
  readonly metadata?: PickleValue;
  readonly dtypeArgument?: PickleValue;
  readonly perByte?: number;
}

/** Rebuilds tensors; the same recorded call gives the same tensor each time. */
export class TensorBuilder {
  readonly #file: string;
  readonly #size: number;
  readonly #storages: StorageTable;
  readonly #built = new Map<PickleObject, TorchTensor | null>();
  readonly #kinds = new Map<PickleDict, EntryKind | null>();
  readonly #resolved = new Map<string, TensorEntry['storage']>();

  /** `size` is the whole file's, which bounds what its views may claim. */
  constructor(file: string, size: number, storages: StorageTable) {
    this.#file = file;
    this.#size = size;
    this.#storages = storages;
  }

  /** The tensor a value is, or null when it is something else. Throws `file_refused` for a tensor that lies. */
  build(value: PickleValue, where: string, depth = 0): TorchTensor | null {
    if (!(value instanceof PickleObject) || !(value.callable instanceof PickleGlobal)) return null;
    const known = this.#built.get(value);
    if (known !== undefined) return known;
    const tensor = this.#call(value.callable.path, value.args.items, where, depth);
    this.#built.set(value, tensor);
    return tensor;
  }

  #call(path: string, args: readonly PickleValue[], where: string, depth: number): TorchTensor | null {
    if (depth > DEEPEST) throw this.#refuse('a tensor is wrapped in parameters far too often', where);
    switch (path) {
      case 'torch._utils._rebuild_tensor':
        return this.#dense(args.slice(0, 4), { where });
      case 'torch._utils._rebuild_tensor_v2':
        return this.#dense(args, { where, metadata: args[6] ?? null });
      case 'torch._utils._rebuild_tensor_v3':
        return this.#dense(args, { where, metadata: args[7] ?? null, dtypeArgument: args[6] ?? null });
      case 'torch._utils._rebuild_qtensor':
        return this.#quantized(args, where);
      case 'torch._utils._rebuild_parameter':
      case 'torch._utils._rebuild_parameter_with_state':
      case 'torch.nn.parameter.Parameter':
        return this.#parameter(args, where, depth);
      case 'torch._utils._rebuild_device_tensor_from_cpu_tensor':
        return this.#fromDevice(args, where, depth);
      case 'torch._tensor._rebuild_from_type_v2':
        return this.#typed(args, where, depth);
      case 'torch.nn.parameter.UninitializedParameter':
        return this.#uninitialized('uninitialized_parameter', args[0] ?? true, where);
      case 'torch.nn.parameter.UninitializedBuffer':
        return this.#uninitialized('uninitialized_buffer', args[0] ?? false, where);
      default:
        return null;
    }
  }

  /** `perByte` numbers share a byte: of such a tensor only shape, stride and offset mean something. */
  #dense(
    args: readonly PickleValue[],
    { where, metadata = null, dtypeArgument, perByte }: DenseOptions,
  ): TorchTensor {
    const [reference = null, offset = null, size = null, stride = null, requiresGrad = false] = args;
    if (!(reference instanceof PicklePersistent)) {
      throw this.#refuse('a tensor is rebuilt without a storage', where, { got: describeValue(reference) });
    }
    const storage = this.#storages.resolve(reference.id, where);
    // An untyped storage without a dtype beside it is one of bytes to torch.
    const dtype = dtypeArgument === undefined ? (storage.dtype ?? 'uint8') : parseDType(dtypeArgument);
    if (dtype === null) {
      throw this.#refuse('a tensor has a dtype Lazuli does not know', where, {
        expected: `one of ${Object.keys(DTYPES).join(', ')}`,
        got: describeValue(dtypeArgument ?? null),
      });
    }
    const shape = this.#sizes(size, 'size', where);
    const steps = this.#sizes(stride, 'stride', where);
    const start = parseCount(offset);
    if (start === null) {
      throw this.#refuse('a tensor has an impossible offset', where, {
        expected: '0 or more',
        got: printCount(offset),
      });
    }
    this.#checkGradient(requiresGrad, dtype, where);
    const available =
      storage.dtype === null
        ? Math.floor(storage.count / elementSize(dtype))
        : this.#elements(storage.count, storage.dtype, dtype) * (perByte ?? 1);
    this.#checkBounds(
      { shape, stride: steps, offset: start },
      { available, dtype, where, isPlain: perByte === undefined },
    );
    const bits = this.#bits(metadata, where);
    let source: TensorEntry['storage'] = storage.source;
    if (bits !== null && storage.source.bytes > 0) {
      const key = `${storage.key} ${dtype} ${String(bits.conj)} ${String(bits.neg)}`;
      source = this.#resolved.get(key) ?? resolved(storage.source, dtype, bits);
      this.#resolved.set(key, source);
    }
    return {
      kind: 'tensor',
      dtype,
      shape,
      stride: steps,
      offset: start + storage.offset,
      storage: source,
      storageKey: storage.key,
      requiresGrad,
      ...(storage.location === 'cpu' ? {} : { location: storage.location }),
      ...(storage.quantized === null
        ? {}
        : { note: `${storage.quantized} values, listed as their ${dtype} integers` }),
    };
  }

  /** Elements of `dtype` in a storage of `count` elements of `stored`. */
  #elements(count: number, stored: DType, dtype: DType): number {
    return Math.floor((count * elementSize(stored)) / elementSize(dtype));
  }

  #quantized(args: readonly PickleValue[], where: string): TorchTensor {
    const [reference = null, offset = null, size = null, stride = null, scheme = null] = args;
    if (args.length !== 7 || !(scheme instanceof PickleTuple)) {
      throw this.#refuse('a quantized tensor is rebuilt from the wrong arguments', where);
    }
    const storage =
      reference instanceof PicklePersistent ? this.#storages.resolve(reference.id, where) : null;
    const numbers = this.#dense([reference, offset, size, stride, args[5] ?? false], {
      where,
      perByte: storage?.perByte ?? 1,
    });
    const isQuantized = storage !== null && storage.quantized !== null;
    if (!isQuantized || !isScheme(scheme.items, numbers.shape ?? [], (part) => this.#lengthOf(part, where))) {
      throw this.#refuse('a quantized tensor has a scheme that does not fit it', where, {
        expected:
          'per_tensor_affine with scale and zero point, or per_channel_affine with one of each per index of its axis',
        got: `(${scheme.items.map(describeValue).join(', ')})`,
      });
    }
    const tensor = storage.perByte === 1 ? numbers : packedBytes(numbers, storage);
    return { ...tensor, note: `${tensor.note ?? 'quantized values'}${describeScheme(scheme)}` };
  }

  /** The length of an axis of scales or zero points: a list's, or a tensor's of one axis. */
  #lengthOf(part: PickleValue, where: string): number | null {
    if (part instanceof PickleList) return part.items.length;
    const [length = null, ...others] = this.build(part, where)?.shape ?? [];
    return others.length === 0 ? length : null;
  }

  /** A tensor without bytes: what is said about it must be possible nevertheless. */
  checkEmpty([dtype, size = null, stride = null]: readonly PickleValue[], where: string): void {
    const [shape, steps] = [this.#sizes(size, 'size', where), this.#sizes(stride, 'stride', where)];
    const last = shape.reduce((sum, length, axis) => sum + Math.max(length - 1, 0) * (steps[axis] ?? 0), 0);
    const count = shape.reduce((product, length) => product * length, 1);
    const isPossible =
      shape.length === steps.length && Number.isSafeInteger(last * 16) && Number.isSafeInteger(count * 16);
    if (parseDType(dtype) === null || !isPossible)
      throw this.#refuse('a tensor without bytes has an impossible dtype, size or stride', where, {
        got: describeValue(dtype ?? null),
      });
  }

  /** Null for a parameter of something that is no single tensor: its parts are listed. */
  #parameter(args: readonly PickleValue[], where: string, depth: number): TorchTensor | null {
    const [data = null, requiresGrad = true] = args;
    const tensor = this.build(data, where, depth + 1);
    if (tensor === null) return null;
    if (tensor.shape === null)
      throw this.#refuse('a parameter is rebuilt from an uninitialized one', where, {
        expected: 'a tensor with a size',
        got: describeValue(data),
      });
    this.#checkGradient(requiresGrad, tensor.dtype, where);
    return { ...tensor, kind: 'parameter', requiresGrad };
  }

  /** `(tensor on the CPU, dtype, device, requires_grad)` of a device without storages (XLA, MTIA): listed as it is stored. */
  #fromDevice(args: readonly PickleValue[], where: string, depth: number): TorchTensor | null {
    const [data = null, dtype, , requiresGrad = null] = args;
    const tensor = this.build(data, where, depth + 1);
    if (tensor === null) return null;
    this.#checkGradient(requiresGrad, tensor.dtype, where);
    const wanted = parseDType(dtype);
    const isOther = wanted !== null && wanted !== tensor.dtype;
    return {
      ...tensor,
      requiresGrad,
      ...(isOther ? { note: `${wanted} values, stored as ${tensor.dtype}` } : {}),
    };
  }

  #checkGradient(requiresGrad: PickleValue, dtype: DType, where: string): asserts requiresGrad is boolean {
    if (typeof requiresGrad !== 'boolean')
      throw this.#refuse('requires_grad is not a bool', where, { got: describeValue(requiresGrad) });
    if (requiresGrad && !canRequireGradient(dtype))
      throw this.#refuse('a tensor that is no floating point or complex one requires a gradient', where, {
        expected: 'requires_grad: False',
        got: dtype,
      });
  }

  #typed(args: readonly PickleValue[], where: string, depth: number): TorchTensor | null {
    const [callable = null, , inner = null, state = null] = args;
    // A class of somebody else's: its parts are listed, it is not built.
    if (callable instanceof PickleGlobal && globalRole(callable) === 'unknown') return null;
    const isRebuild = callable instanceof PickleGlobal && inner instanceof PickleTuple;
    if (isRebuild && COMPOSITES.has(callable.path)) return null;
    const tensor = isRebuild ? this.#call(callable.path, inner.items, where, depth + 1) : null;
    if (tensor === null) {
      throw this.#refuse('a tensor subclass is rebuilt in an unknown way', where, {
        got: describeValue(callable),
      });
    }
    const kind = state instanceof PickleDict ? this.#kindOf(state) : null;
    return kind === null ? tensor : { ...tensor, kind };
  }

  /** What attributes make of a tensor. Many tensors may share them: they are read once. */
  #kindOf(state: PickleDict): EntryKind | null {
    const known = this.#kinds.get(state);
    if (known !== undefined) return known;
    const kind = hasFlag(state, '_is_buffer') ? 'buffer' : hasFlag(state, '_is_param') ? 'parameter' : null;
    this.#kinds.set(state, kind);
    return kind;
  }

  #uninitialized(kind: EntryKind, requiresGrad: PickleValue, where: string): TorchTensor {
    if (typeof requiresGrad !== 'boolean') {
      throw this.#refuse('requires_grad is not a bool', where, { got: describeValue(requiresGrad) });
    }
    return {
      kind,
      dtype: 'float32',
      shape: null,
      stride: [],
      offset: 0,
      storage: null,
      storageKey: '',
      requiresGrad,
    };
  }

  #sizes(value: PickleValue, what: string, where: string): number[] {
    const tuple = unwrapSize(value);
    const sizes = tuple?.items.map((item) => parseCount(item));
    if (sizes === undefined || sizes.length > HIGHEST_RANK || !sizes.every((size) => size !== null)) {
      throw this.#refuse(`a tensor has an impossible ${what}`, where, {
        expected: `a tuple of at most ${String(HIGHEST_RANK)} integers from 0 to 2^53`,
        got:
          tuple === null ? describeValue(value) : `(${tuple.items.map(printCount).slice(0, 8).join(', ')})`,
      });
    }
    return sizes;
  }

  #checkBounds(
    { shape, stride, offset }: Pick<TorchTensor, 'stride' | 'offset'> & { readonly shape: readonly number[] },
    { available, dtype, where, isPlain }: Bounds,
  ): void {
    if (shape.length !== stride.length) {
      throw this.#refuse('a tensor has another number of strides than of sizes', where, {
        expected: `${String(shape.length)} strides`,
        got: String(stride.length),
      });
    }
    const isEmpty = shape.includes(0);
    const last = isEmpty
      ? 0
      : shape.reduce((sum, size, axis) => sum + (size - 1) * (stride[axis] ?? 0), offset);
    if (!isEmpty && !(last < available)) {
      throw this.#refuse('a tensor reaches past its storage', where, {
        ...(isPlain && !this.#storages.isResizable && Number.isSafeInteger(last)
          ? { torch: 'Trying to resize storage that is not resizable' }
          : {}),
        expected: `at most ${String(available)} elements`,
        got: `element ${String(last)} by shape (${shape.join(', ')}), stride (${stride.join(', ')}), offset ${String(offset)}`,
      });
    }
    const bytes = shape.reduce((product, size) => product * size, elementSize(dtype));
    const limit = Math.max(FREE_BYTES, this.#size * LARGEST_VIEW_RATIO);
    if (!Number.isSafeInteger(bytes) || bytes > limit) {
      throw this.#refuse('a tensor claims far more bytes than the file has', where, {
        expected: `at most ${String(limit)} bytes`,
        got: `${String(bytes)} bytes by shape (${shape.join(', ')})`,
      });
    }
  }

  #bits(metadata: PickleValue, where: string): { conj: boolean; neg: boolean } | null {
    if (metadata === null) return null;
    if (!(metadata instanceof PickleDict)) {
      throw this.#refuse("a tensor's metadata is not a dict", where, { got: describeValue(metadata) });
    }
    if (metadata.items.length > MOST_BITS)
      throw this.#refuse("a tensor's metadata is not of names that are True", where, {
        got: `${String(metadata.items.length)} names`,
      });
    const bits = { conj: hasFlag(metadata, 'conj'), neg: hasFlag(metadata, 'neg') };
    const isOdd = metadata.items.some(([key, value]) => !(key instanceof PickleText) || value !== true);
    if (isOdd) {
      throw this.#refuse("a tensor's metadata is not of names that are True", where, {
        expected: "{'conj': True} or {'neg': True}",
        got: metadata.items
          .map(([key, value]) => `${describeValue(key)}: ${describeValue(value)}`)
          .slice(0, 4)
          .join(', '),
      });
    }
    return bits.conj || bits.neg ? bits : null;
  }

  #refuse(what: string, where: string, details: RefusalDetails = {}): Error {
    return refusal(this.#file, what, where, details);
  }
}

const printCount = (value: PickleValue): string =>
  typeof value === 'number' || typeof value === 'bigint' ? String(value) : describeValue(value);

const hasFlag = (value: PickleValue, name: string): boolean =>
  value instanceof PickleDict &&
  value.items.some(([key, flag]) => key instanceof PickleText && key.value === name && flag === true);
