// MT19937 as at::mt19937 keeps it: 624 words, how many are left, which is next. Draws 32 bits; distributions are in random.
import { TorchError } from '../errors';

const WORDS = 624;
const SHIFT = 397;

/** Bytes of the serialized state: `torch.get_rng_state().numel()`. */
export const STATE_BYTES = 5056;

/** Byte offsets in at::CPUGeneratorImplState. */
const AT = { seed: 0, left: 8, seeded: 12, next: 16, words: 24, normal: 5024, hasNormal: 5040 } as const;

export class MersenneTwister {
  /** The cached second value of the double Box–Muller pair, or null. */
  cachedNormal: number | null = null;
  #seed = 0n;
  #left = 1;
  #next = 0;
  readonly #words = new Uint32Array(WORDS);

  /** The 64-bit seed as given; only its low 32 bits reach the state. */
  get seed(): bigint {
    return this.#seed;
  }

  reseed(seed: bigint): void {
    this.#seed = BigInt.asUintN(64, seed);
    const words = this.#words;
    let word = Number(BigInt.asUintN(32, seed));
    words[0] = word;
    for (let index = 1; index < WORDS; index++) {
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + index) >>> 0;
      words[index] = word;
    }
    this.#left = 1;
    this.#next = 0;
    this.cachedNormal = null;
  }

  /** The next 32 bits, as an unsigned integer. */
  random(): number {
    if (--this.#left === 0) this.#twist();
    let word = this.#words[this.#next++] ?? 0;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  copyFrom(other: MersenneTwister): void {
    this.#words.set(other.#words);
    this.#seed = other.#seed;
    this.#left = other.#left;
    this.#next = other.#next;
    this.cachedNormal = other.cachedNormal;
  }

  /** The 5056 bytes of `torch.get_rng_state()`. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(STATE_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(AT.seed, this.#seed, true);
    view.setInt32(AT.left, this.#left, true);
    view.setInt32(AT.seeded, 1, true);
    view.setUint32(AT.next, this.#next, true);
    for (let index = 0; index < WORDS; index++)
      view.setUint32(AT.words + 8 * index, this.#words[index] ?? 0, true);
    view.setFloat64(AT.normal, this.cachedNormal ?? 0, true);
    view.setInt32(AT.hasNormal, this.cachedNormal === null ? 0 : 1, true);
    return bytes;
  }

  /** Takes over 5056 bytes; throws PyTorch's RuntimeError and changes nothing when they are not a state. */
  setBytes(bytes: Uint8Array): void {
    if (bytes.byteLength !== STATE_BYTES)
      throw new TorchError(
        'RuntimeError',
        `Expected a CPUGeneratorImplState of size ${STATE_BYTES} but found the input RNG state size to be ${bytes.byteLength}`,
      );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const left = view.getInt32(AT.left, true);
    const next = view.getUint32(AT.next, true);
    const isValid =
      view.getInt32(AT.seeded, true) === 1 &&
      left > 0 &&
      left <= WORDS &&
      next <= WORDS &&
      view.getUint32(AT.next + 4, true) === 0;
    if (!isValid) throw new TorchError('RuntimeError', 'Invalid mt19937 state');
    this.#seed = view.getBigUint64(AT.seed, true);
    this.#left = left;
    this.#next = next;
    for (let index = 0; index < WORDS; index++)
      this.#words[index] = view.getUint32(AT.words + 8 * index, true);
    this.cachedNormal = view.getInt32(AT.hasNormal, true) === 0 ? null : view.getFloat64(AT.normal, true);
  }

  #twist(): void {
    const words = this.#words;
    for (let index = 0; index < WORDS; index++) {
      const following = words[index + 1 === WORDS ? 0 : index + 1] ?? 0;
      const mixed = ((words[index] ?? 0) & 0x80000000) | (following & 0x7fffffff);
      const far = words[index + SHIFT < WORDS ? index + SHIFT : index + SHIFT - WORDS] ?? 0;
      words[index] = far ^ (mixed >>> 1) ^ (following & 1 ? 0x9908b0df : 0);
    }
    this.#left = WORDS;
    this.#next = 0;
  }
}
