// Pickled values that are no tensors, as plain data: scalars, texts, bytes, sizes, devices, sets and lists of them.
import { TENSOR_FUNCTIONS } from '../pickle/globals';
import {
  describeValue,
  PickleBytes,
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleSet,
  PickleText,
  PickleTuple,
  rootGlobal,
  type PickleValue,
} from '../pickle/values';
import type { PlainValue } from '../weights';

/** Lists nested deeper than this inside one value are only named. */
const DEEPEST = 4;

/** Calls whose result is one plain value. */
const PLAIN_CALLS = new Set([
  'torch.Size',
  'torch.device',
  'torch.serialization._get_layout',
  'builtins.set',
  'builtins.frozenset',
  'builtins.complex',
  'builtins.bytes',
  'builtins.bytearray',
  '_codecs.encode',
]);

/** `count` is called for every value looked at, and may throw. */
export function plainValue(value: PickleValue, count: () => void, depth = 0): PlainValue {
  count();
  const inner = (item: PickleValue): PlainValue => plainValue(item, count, depth + 1);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof PickleFloat || value instanceof PickleText) return value.value;
  if (value instanceof PickleBytes) return hexadecimal(value.value);
  if (value instanceof PickleGlobal) return value.path;
  if (depth > DEEPEST) return describeValue(value);
  const tuple = unwrapSize(value);
  if (tuple !== null) return tuple.items.map(inner);
  if (value instanceof PickleList || value instanceof PickleSet) return value.items.map(inner);
  return value instanceof PickleObject ? plainCall(value, inner) : describeValue(value);
}

function plainCall(object: PickleObject, inner: (value: PickleValue) => PlainValue): PlainValue {
  const [first = null, second = null] = object.args.items;
  switch (rootGlobal(object).path) {
    case 'torch.device':
      return typeof second === 'number' && first instanceof PickleText
        ? `${first.value}:${String(second)}`
        : inner(first);
    case 'torch.serialization._get_layout':
      return inner(first);
    case 'builtins.complex':
      return { real: inner(first), imag: inner(second) };
    case '_codecs.encode':
      return first instanceof PickleText ? hexadecimal(latin1Bytes(first)) : describeValue(first);
    case 'builtins.bytes':
    case 'builtins.bytearray':
      return first === null ? { bytes: '' } : inner(first);
    case 'builtins.set':
    case 'builtins.frozenset':
      return first === null ? [] : inner(first);
    default:
      return describeValue(object);
  }
}

/** What can hold tensors: everything that is neither a number, a text nor bytes. */
export const isContainer = (value: PickleValue): boolean =>
  value instanceof PickleObject ||
  value instanceof PickleDict ||
  value instanceof PickleList ||
  value instanceof PickleSet ||
  value instanceof PickleTuple;

/**
 * Tells small data objects that belong into a list of plain values: sizes, devices, sets, lists of values that are no lists
 * again. A list is looked at once, however often it is asked; for what is in sets `count` is called, which may throw.
 */
export class SmallData {
  readonly #known = new Map<PickleValue, boolean>();
  readonly #sets = new Map<readonly PickleValue[], boolean>();
  readonly #count: () => void;

  constructor(count: () => void) {
    this.#count = count;
  }

  has(value: PickleValue): boolean {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const isSmall =
      value instanceof PickleTuple || value instanceof PickleList
        ? value.items.every((item) => !isContainer(item) || this.#isPlainCall(item))
        : this.#isPlainCall(value);
    this.#known.set(value, isSmall);
    return isSmall;
  }

  /** Whether a tensor is among the items of a set, or of tuples and sets in it. */
  holdsTensor(items: readonly PickleValue[]): boolean {
    const known = this.#sets.get(items);
    if (known !== undefined) return known;
    const holds = this.#searchTensor(items);
    this.#sets.set(items, holds);
    return holds;
  }

  #searchTensor(items: readonly PickleValue[]): boolean {
    const seen = new Set<PickleValue>();
    const pending = [items];
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      for (const item of part) {
        this.#count();
        if (!isContainer(item) || seen.has(item)) continue;
        seen.add(item);
        if (item instanceof PickleObject && TENSOR_FUNCTIONS.has(rootGlobal(item).path)) return true;
        const inner = item instanceof PickleTuple ? item.items : setItems(item);
        if (inner !== null) pending.push(inner);
      }
    }
    return false;
  }

  /** Bytes and sets among them: protocol 2 has no opcode for one and says what makes it. */
  #isPlainCall(value: PickleValue): boolean {
    const items = setItems(value);
    if (items !== null) return !this.holdsTensor(items);
    return (
      value instanceof PickleObject &&
      value.callable instanceof PickleGlobal &&
      PLAIN_CALLS.has(value.callable.path)
    );
  }
}

/** The items of a set or frozenset, whatever protocol wrote it; null for other values. */
export function setItems(value: PickleValue): readonly PickleValue[] | null {
  if (value instanceof PickleSet) return value.items;
  if (!(value instanceof PickleObject) || !/^builtins\.(frozen)?set$/.test(rootGlobal(value).path))
    return null;
  const [items = null] = value.args.items;
  return items instanceof PickleList || items instanceof PickleTuple ? items.items : [];
}

/** The tuple of a size: a tuple itself, or `torch.Size((...))`. */
export function unwrapSize(value: PickleValue): PickleTuple | null {
  if (value instanceof PickleTuple) return value;
  const isSize =
    value instanceof PickleObject &&
    value.callable instanceof PickleGlobal &&
    value.callable.path === 'torch.Size';
  const [inner = null] = isSize ? value.args.items : [];
  return inner instanceof PickleTuple ? inner : null;
}

/** The bytes a value is, of whatever protocol; null for other values. */
export function encodedBytes(value: PickleValue): Uint8Array | null {
  if (value instanceof PickleBytes) return value.value;
  if (!(value instanceof PickleObject)) return null;
  const [text] = value.args.items;
  const isEncoded = rootGlobal(value).path === '_codecs.encode' && text instanceof PickleText;
  return isEncoded ? latin1Bytes(text) : null;
}

const latin1Bytes = (text: PickleText): Uint8Array =>
  Uint8Array.from(text.value, (character) => character.charCodeAt(0));

const hexadecimal = (bytes: Uint8Array): PlainValue => ({
  bytes: Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
});
