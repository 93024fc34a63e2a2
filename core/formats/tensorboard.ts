// TensorBoard's event files: TFRecords of Event messages with scalars. Written only. Sources: tensorflow/core/lib/io/record_writer.h,
// tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto, https://protobuf.dev/programming-guides/encoding.

/** Castagnoli's polynomial, bit-reflected. Source: RFC 3720 appendix B.4. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** CRC-32C. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** As TFRecords hold it, so that the CRC of data with CRCs in it stays useful: rotated right by 15 bits, plus a constant. */
const maskedCrc = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** `uint64 length, uint32 masked CRC of it, data, uint32 masked CRC of that`, little-endian. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(data.length + 12, maskedCrc(data), true);
  return bytes;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...bytes, rest]);
}

/** Wire types: 0 varint, 1 eight bytes, 2 a length and as many bytes, 5 four bytes. */
const tag = (field: number, wire: number): Uint8Array => varint(field * 8 + wire);
const message = (field: number, body: Uint8Array): Uint8Array =>
  joined([tag(field, 2), varint(body.length), body]);
const encoder = new TextEncoder();
const text = (field: number, value: string): Uint8Array => message(field, encoder.encode(value));
const double = (field: number, value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joined([tag(field, 1), bytes]);
};
const float = (field: number, value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([tag(field, 5), bytes]);
};

/** The record every event file begins with. `wallTime` in seconds since 1970. */
export const tensorboardHeader = (wallTime: number): Uint8Array =>
  record(joined([double(1, wallTime), text(3, 'brain.Event:2')]));

/** The record of scalars by their tags at a step; a value that is not finite is written as it is, and TensorBoard shows it as such. */
export function tensorboardScalars(
  wallTime: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const values = Object.entries(scalars).map(([name, value]) =>
    message(1, joined([text(1, name), float(2, value)])),
  );
  return record(joined([double(1, wallTime), tag(2, 0), varint(step), message(5, joined(values))]));
}
