// CRC-32 as zip uses it (polynomial 0xEDB88320), eight bytes a step.

const SLICES = 8;

function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: SLICES }, () => new Uint32Array(256));
  const [first] = tables;
  if (first === undefined) return tables;
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    first[index] = value >>> 0;
  }
  for (let slice = 1; slice < SLICES; slice++) {
    const previous = tables[slice - 1];
    const table = tables[slice];
    if (previous === undefined || table === undefined) continue;
    for (let index = 0; index < 256; index++) {
      const value = previous[index] ?? 0;
      table[index] = (value >>> 8) ^ (first[value & 0xff] ?? 0);
    }
  }
  return tables;
}

const EMPTY = new Uint32Array(256);
const [T0 = EMPTY, T1 = EMPTY, T2 = EMPTY, T3 = EMPTY, T4 = EMPTY, T5 = EMPTY, T6 = EMPTY, T7 = EMPTY] =
  makeTables();

/** The CRC of `bytes` following data whose CRC is `previous` (0 at the start). Source: PKWARE APPNOTE 4.4.7. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  const end = bytes.length;
  const blocks = end - (end % SLICES);
  let at = 0;
  for (; at < blocks; at += SLICES) {
    const low =
      crc ^
      ((bytes[at] ?? 0) |
        ((bytes[at + 1] ?? 0) << 8) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 24));
    crc =
      (T7[low & 0xff] ?? 0) ^
      (T6[(low >>> 8) & 0xff] ?? 0) ^
      (T5[(low >>> 16) & 0xff] ?? 0) ^
      (T4[low >>> 24] ?? 0) ^
      (T3[bytes[at + 4] ?? 0] ?? 0) ^
      (T2[bytes[at + 5] ?? 0] ?? 0) ^
      (T1[bytes[at + 6] ?? 0] ?? 0) ^
      (T0[bytes[at + 7] ?? 0] ?? 0);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (T0[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}
