// Pickled values that are no tensors, as plain data: scalars, texts, bytes, sizes, devices, sets and lists of them.
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
import { unwrapSize } from './tensors';

/** Lists nested deeper than this inside one value are only named. */
const DEEPEST = 4;

/** Calls whose result is one plain value. */
const PLAIN_CALLS = new Set([
  'torch.Size',
  'torch.device',
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
  value instanceof PickleTuple;

/** Small data objects that belong into a list of plain values: sizes, devices, tuples of numbers. */
export function isSmallData(value: PickleValue): boolean {
  if (value instanceof PickleTuple || value instanceof PickleList) return !value.items.some(isContainer);
  return (
    value instanceof PickleObject &&
    value.callable instanceof PickleGlobal &&
    PLAIN_CALLS.has(value.callable.path)
  );
}

/** What a dict's key is called in a joined name: as Python's `str` prints it. */
export function keyName(key: PickleValue, depth = 0): string {
  if (key instanceof PickleText) return key.value;
  if (key === null) return 'None';
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  if (key instanceof PickleFloat)
    return Number.isInteger(key.value) ? key.value.toFixed(1) : String(key.value);
  if (typeof key === 'boolean') return key ? 'True' : 'False';
  if (key instanceof PickleTuple && depth < 2 && key.items.length < 16) {
    return `(${key.items.map((item) => keyName(item, depth + 1)).join(', ')})`;
  }
  if (key instanceof PickleGlobal) return key.path;
  const bytes = bytesOf(key);
  return bytes === null ? describeValue(key) : printBytes(bytes);
}

function bytesOf(value: PickleValue): Uint8Array | null {
  if (value instanceof PickleBytes) return value.value;
  if (!(value instanceof PickleObject)) return null;
  const [text] = value.args.items;
  const isEncoded = rootGlobal(value).path === '_codecs.encode' && text instanceof PickleText;
  return isEncoded ? latin1Bytes(text) : null;
}

const latin1Bytes = (text: PickleText): Uint8Array =>
  Uint8Array.from(text.value, (character) => character.charCodeAt(0));

/** `b'k\xff'`, as Python prints bytes. */
const printBytes = (bytes: Uint8Array): string =>
  `b'${Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('')}'`;

const hexadecimal = (bytes: Uint8Array): PlainValue => ({
  bytes: Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
});
