// Ways to damage bytes, for fuzz tests: bytes changed, bits flipped, ends cut off, pieces inserted and copied over others.
import fc from 'fast-check';

export type Mutation = (bytes: Uint8Array) => Uint8Array;

const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
/** Opcodes, brackets and limits: what readers look at most. */
const interesting = fc.constantFrom(
  0,
  1,
  0x28,
  0x2e,
  0x52,
  0x61,
  0x62,
  0x73,
  0x74,
  0x75,
  0x7f,
  0x80,
  0xfe,
  0xff,
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, fc.oneof(fc.nat(255), interesting)).map(([at, value]): Mutation => (bytes) => {
    const copy = bytes.slice();
    copy[Math.floor(at * copy.length)] = value;
    return copy;
  }),
  fc.tuple(position, fc.nat(7)).map(([at, bit]): Mutation => (bytes) => {
    const copy = bytes.slice();
    const index = Math.floor(at * copy.length);
    copy[index] = (copy[index] ?? 0) ^ (1 << bit);
    return copy;
  }),
  position.map(
    (at): Mutation =>
      (bytes) =>
        bytes.slice(0, Math.floor(at * bytes.length)),
  ),
  fc.tuple(position, fc.uint8Array({ maxLength: 9 })).map(([at, extra]): Mutation => (bytes) => {
    const index = Math.floor(at * bytes.length);
    return Uint8Array.from([...bytes.subarray(0, index), ...extra, ...bytes.subarray(index)]);
  }),
  fc.tuple(position, position, fc.nat(40)).map(([from, to, length]): Mutation => (bytes) => {
    const copy = bytes.slice();
    const start = Math.floor(from * copy.length);
    copy.copyWithin(Math.floor(to * copy.length), start, start + length);
    return copy;
  }),
);

/** One to six of them, one after the other. */
export const mutations: fc.Arbitrary<Mutation> = fc
  .array(mutation, { minLength: 1, maxLength: 6 })
  .map((changes) => (bytes) => changes.reduce((value, change) => change(value), bytes));

/** Seconds for each reader; raised for long runs. */
export const FUZZ_SECONDS = Number(process.env['LAZULI_FUZZ_SECONDS'] ?? 1.5);

/** As many runs as fit into the time. */
export const bounded = {
  numRuns: 1_000_000,
  interruptAfterTimeLimit: FUZZ_SECONDS * 1000,
  markInterruptAsFailure: false,
};
