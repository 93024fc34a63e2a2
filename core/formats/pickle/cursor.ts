// Reads the arguments of pickle opcodes from bytes, every length checked, and says where something is wrong.
import { decodeSurrogateText, readUint64, viewOf } from '../bytes';
import { refusal, type RefusalDetails } from '../refuse';
import { PickleBytes, PickleText } from './values';

/** Thrown when the bytes end too early, so that a caller with more bytes can try again. */
export class PickleEnds extends Error {}

const LONGEST_NAME = 1024;
const LONGEST_INTEGER = 4096;

export class PickleCursor {
  position: number;
  /** Where the current opcode stands: what messages point at. */
  opcodeAt: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #record: string;

  constructor(bytes: Uint8Array, start: number, file: string, record: string) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.position = start;
    this.opcodeAt = start;
    this.#file = file;
    this.#record = record;
  }

  /** The next opcode, which becomes the place of messages. */
  opcode(): number {
    this.opcodeAt = this.position;
    return this.uint8();
  }

  uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }
  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }
  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }
  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }
  uint64(): number {
    const value = readUint64(this.#view, this.#skip(8));
    if (value === null) throw this.refuse('the pickle has a length above 2^53');
    return value;
  }
  /** The only big-endian argument. */
  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  /** Throws `PickleEnds` when fewer bytes are left than a frame claims. */
  frame(length: number): void {
    if (length > this.#bytes.length - this.position) throw new PickleEnds();
  }

  /** Text up to a newline, at most 1024 bytes. */
  line(): string {
    const limit = Math.min(this.#bytes.length, this.position + LONGEST_NAME + 1);
    const end = this.#bytes.subarray(this.position, limit).indexOf(0x0a);
    if (end < 0 && limit === this.#bytes.length) throw new PickleEnds();
    if (end < 0) throw this.refuse(`the pickle names a global of more than ${String(LONGEST_NAME)} bytes`);
    const { value } = this.text(end);
    this.#skip(1);
    return value;
  }

  text(length: number): PickleText {
    const text = decodeSurrogateText(this.#take(length));
    if (text === null) throw this.refuse('the pickle has a text that is not valid UTF-8');
    return new PickleText(text);
  }

  binary(length: number, isMutable: boolean): PickleBytes {
    return new PickleBytes(this.#take(length).slice(), isMutable);
  }

  /** Two's complement, little-endian; a bigint only where a double is not exact. */
  integer(length: number): number | bigint {
    if (length > LONGEST_INTEGER) {
      throw this.refuse('the pickle has an absurdly long integer', {
        expected: `at most ${String(LONGEST_INTEGER)} bytes`,
        got: `${String(length)} bytes`,
      });
    }
    if (length === 0) return 0;
    const digits = Array.from(this.#take(length).slice().reverse(), (byte) =>
      byte.toString(16).padStart(2, '0'),
    );
    const value = BigInt.asIntN(length * 8, BigInt(`0x${digits.join('')}`));
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  refuse(what: string, details: RefusalDetails = {}): Error {
    return refusal(this.#file, what, `${this.#record}, byte ${String(this.opcodeAt)}`, details);
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  #skip(length: number): number {
    const at = this.position;
    if (length > this.#bytes.length - at) throw new PickleEnds();
    this.position = at + length;
    return at;
  }
}
