// CRC-32 as zip uses it (polynomial 0xEDB88320): sixteen bytes a step, or whatever faster routine the host has.

/** The CRC of `bytes` following data whose CRC is `previous`. */
export type Crc32 = (bytes: Uint8Array, previous: number) => number;

const SLICES = 16;
const TABLE = makeTable();
let implementation: Crc32 = portableCrc32;

/** 256 entries for each slice: entry `i` of slice `s` is the CRC of byte `i` followed by `s` zero bytes. */
function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    table[index] = value;
  }
  for (let index = 256; index < table.length; index++) {
    const value = table[index - 256] ?? 0;
    table[index] = (value >>> 8) ^ (table[value & 0xff] ?? 0);
  }
  return table;
}

/** Lets a host put its native routine in (Node's `zlib.crc32`), which is several times as fast. */
export function useCrc32(native: Crc32): void {
  implementation = native;
}

/** The CRC of `bytes` following data whose CRC is `previous` (0 at the start). Source: PKWARE APPNOTE 4.4.7. */
export const crc32 = (bytes: Uint8Array, previous = 0): number => implementation(bytes, previous);

/** Slicing by 16. Source: Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation". */
export function portableCrc32(bytes: Uint8Array, previous: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.length - (bytes.length % SLICES);
  let crc = ~previous;
  for (let at = 0; at < blocks; at += SLICES) {
    crc =
      word(view.getInt32(at, true) ^ crc, 12) ^
      word(view.getInt32(at + 4, true), 8) ^
      word(view.getInt32(at + 8, true), 4) ^
      word(view.getInt32(at + 12, true), 0);
  }
  for (let at = blocks; at < bytes.length; at++)
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** What four bytes contribute when `following` more bytes of the block come after them. */
const word = (value: number, following: number): number =>
  (TABLE[((following + 3) << 8) + (value & 0xff)] ?? 0) ^
  (TABLE[((following + 2) << 8) + ((value >>> 8) & 0xff)] ?? 0) ^
  (TABLE[((following + 1) << 8) + ((value >>> 16) & 0xff)] ?? 0) ^
  (TABLE[(following << 8) + (value >>> 24)] ?? 0);

/** x^(2^n) modulo the polynomial, bit-reflected, for n = 0 to 31. */
const POWERS: readonly number[] = makePowers();

function makePowers(): number[] {
  const powers = [0x40000000];
  for (let n = 1; n < 32; n++) powers.push(multiply(powers[n - 1] ?? 0, powers[n - 1] ?? 0));
  return powers;
}

/** The product of two polynomials modulo the CRC's. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ 0xedb88320 : factor >>> 1;
  }
  return product >>> 0;
}

/** The CRC of two runs after each other, of the second's CRC and length in bytes. Source: zlib's crc32_combine. */
export function combineCrc32(first: number, second: number, length: number): number {
  if (length === 0) return first;
  let shift = 0x80000000;
  // A byte is x^8: the powers start at 2^3.
  for (let rest = length, n = 3; rest > 0; rest = Math.floor(rest / 2), n++)
    if (rest % 2 === 1) shift = multiply(POWERS[n % 32] ?? 0, shift);
  return (multiply(shift, first) ^ second) >>> 0;
}
