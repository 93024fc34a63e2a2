// The keys of pickled dicts: what they are called in joined names, and which of them Python holds for one.
import {
  describeValue,
  PickleFloat,
  PickleGlobal,
  PickleObject,
  PickleText,
  PickleTuple,
  rootGlobal,
  type PickleValue,
} from '../pickle/values';
import { encodedBytes, setItems, unwrapSize } from './plain';

const DEEPEST = 2;
const MOST_ITEMS = 16;

/** What a dict's key is called in a joined name: as Python's `str` prints it, texts in tuples without their quotes. */
export function keyName(key: PickleValue, depth = 0): string {
  if (key instanceof PickleText) return key.value;
  if (key === null) return 'None';
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  if (key instanceof PickleFloat) return printFloat(key.value);
  if (typeof key === 'boolean') return key ? 'True' : 'False';
  if (key instanceof PickleGlobal) return key.path;
  const bytes = encodedBytes(key);
  if (bytes !== null) return printBytes(bytes);
  const items = (key instanceof PickleTuple ? key : unwrapSize(key))?.items ?? setItems(key);
  if (items === null) return callName(key);
  if (depth >= DEEPEST || items.length >= MOST_ITEMS) return describeValue(key);
  const names = items.map((item) => keyName(item, depth + 1)).join(', ');
  if (key instanceof PickleTuple) return `(${names})`;
  return unwrapSize(key) === null ? `frozenset({${names}})` : `torch.Size([${names}])`;
}

function callName(key: PickleValue): string {
  const [first = null, second = null] = key instanceof PickleObject ? key.args.items : [];
  switch (key instanceof PickleObject ? rootGlobal(key).path : '') {
    case 'torch.device':
      return second === null ? keyName(first) : `${keyName(first)}:${keyName(second)}`;
    case 'torch.serialization._get_layout':
      return keyName(first);
    case 'builtins.complex':
      return printComplex(numberOf(first), numberOf(second));
    default:
      return describeValue(key);
  }
}

/**
 * What two keys have in common when Python holds them for one: 1, 1.0 and True are, and so are tuples of such. NaN is
 * nobody's equal; objects are compared as objects.
 */
export function keyIdentity(key: PickleValue, depth = 0): unknown {
  if (key === null) return 'None';
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean')
    return `number ${String(BigInt(key))}`;
  if (key instanceof PickleFloat)
    return Number.isNaN(key.value) ? key : `number ${String(wholeOr(key.value))}`;
  if (key instanceof PickleText) return `text ${key.value}`;
  if (key instanceof PickleGlobal) return `global ${key.path}`;
  const bytes = encodedBytes(key);
  if (bytes !== null) return `bytes ${String(bytes)}`;
  const tuple = key instanceof PickleTuple ? key : unwrapSize(key);
  if (tuple === null || depth >= DEEPEST || tuple.items.length >= MOST_ITEMS) return key;
  const parts = tuple.items.map((item) => keyIdentity(item, depth + 1));
  return parts.every((part) => typeof part === 'string')
    ? `tuple ${parts.map((part) => `${String(part.length)} ${part}`).join(' ')}`
    : key;
}

const wholeOr = (value: number): number | bigint => (Number.isInteger(value) ? BigInt(value) : value);

const numberOf = (value: PickleValue): number =>
  value instanceof PickleFloat ? value.value : typeof value === 'number' ? value : 0;

/** As Python prints floats: `2.0`, `1e-07`, `1e+16`, `nan`. */
function printFloat(value: number): string {
  const plain = printShort(value);
  return /^-?\d+$/.test(plain) ? `${plain}.0` : plain;
}

/** As `printFloat`, whole numbers without `.0`. */
function printShort(value: number): string {
  if (!Number.isFinite(value)) return String(value).toLowerCase().replace('infinity', 'inf');
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 16)) return Object.is(value, -0) ? '-0' : String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** As Python prints complex numbers: `2j`, `(1+2j)`, `(-0-2j)`. */
function printComplex(real: number, imaginary: number): string {
  const second = printShort(imaginary);
  if (Object.is(real, 0)) return `${second}j`;
  return `(${printShort(real)}${/^-/.test(second) ? '' : '+'}${second}j)`;
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x5c, '\\\\'],
]);

/** `b'k\xff'`, as Python prints bytes. */
function printBytes(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  const shown = Array.from(bytes, (byte) => {
    if (byte === 0x27) return quote === "'" ? "\\'" : "'";
    const escape = ESCAPES.get(byte);
    if (escape !== undefined) return escape;
    return byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `b${quote}${shown.join('')}${quote}`;
}
