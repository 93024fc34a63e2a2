// Writes a pickle tree at protocol 2 exactly as CPython's C pickler does, memo numbers included.
import { assert } from '../../errors';
import { encodeText, FieldWriter } from '../bytes';
import { OPCODE } from './opcodes';
import { python2Module } from './python2';
import {
  PickleBytes,
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleSet,
  PickleText,
  PickleTuple,
  type PickleValue,
} from './values';

const BATCH = 1000;
const DEEPEST = 1000;

/**
 * The bytes of one pickle, PROTO to STOP, whatever protocol the tree was read from. Objects met twice are written once and recalled, texts too, by identity.
 * `idOf` gives what a reference to something outside is written as. Source: CPython Modules/_pickle.c,
 * spec/torch-semantics.md section 10.
 */
export function writePickle(
  value: PickleValue,
  idOf: (reference: PicklePersistent) => PickleValue = ({ id }) => id,
): Uint8Array {
  const writer = new PickleWriter(idOf);
  return writer.write(value);
}

class PickleWriter {
  readonly #out = new FieldWriter();
  readonly #memo = new Map<unknown, number>();
  readonly #idOf: (reference: PicklePersistent) => PickleValue;
  #depth = 0;

  constructor(idOf: (reference: PicklePersistent) => PickleValue) {
    this.#idOf = idOf;
  }

  write(value: PickleValue): Uint8Array {
    this.#out.uint8(OPCODE.PROTO).uint8(2);
    this.#save(value);
    return this.#out.uint8(OPCODE.STOP).take();
  }

  #save(value: PickleValue): void {
    assert(++this.#depth <= DEEPEST, 'a value is nested too deeply to be pickled');
    this.#saveNested(value);
    this.#depth--;
  }

  #saveNested(value: PickleValue): void {
    if (value === null) this.#out.uint8(OPCODE.NONE);
    else if (typeof value === 'boolean') this.#out.uint8(value ? OPCODE.NEWTRUE : OPCODE.NEWFALSE);
    else if (typeof value === 'number' || typeof value === 'bigint') this.#integer(value);
    else if (value instanceof PickleFloat) this.#float(value.value);
    else if (value instanceof PicklePersistent) {
      this.#save(this.#idOf(value));
      this.#out.uint8(OPCODE.BINPERSID);
    } else if (value instanceof PickleTuple && value.items.length === 0) this.#out.uint8(OPCODE.EMPTY_TUPLE);
    else if (!this.#recall(value)) this.#compound(value);
  }

  #compound(
    value: Exclude<PickleValue, null | boolean | number | bigint | PickleFloat | PicklePersistent>,
  ): void {
    if (value instanceof PickleText) this.#text(value);
    else if (value instanceof PickleTuple) this.#tuple(value);
    else if (value instanceof PickleGlobal) {
      this.#out.uint8(OPCODE.GLOBAL).text(`${python2Module(value.module)}\n${value.name}\n`);
      this.#remember(value);
    } else if (value instanceof PickleList) {
      this.#out.uint8(OPCODE.EMPTY_LIST);
      this.#remember(value);
      this.#listItems(value.items, true);
    } else if (value instanceof PickleDict) {
      this.#out.uint8(OPCODE.EMPTY_DICT);
      this.#remember(value);
      this.#dictItems(value.items, true);
    } else if (value instanceof PickleObject) this.#object(value);
    else this.#call(value, ...(value instanceof PickleSet ? setCall(value) : bytesCall(value)));
  }

  /** A value that protocol 2 has no form for: what makes it is called. */
  #call(value: PickleSet | PickleBytes, callable: PickleGlobal, args: PickleTuple): void {
    this.#save(callable);
    this.#save(args);
    this.#out.uint8(OPCODE.REDUCE);
    this.#remember(value);
  }

  #integer(value: number | bigint): void {
    const small = Number(value);
    if (small >= -0x8000_0000 && small <= 0x7fff_ffff) {
      if (small >= 0 && small <= 0xff) this.#out.uint8(OPCODE.BININT1).uint8(small);
      else if (small >= 0 && small <= 0xffff) this.#out.uint8(OPCODE.BININT2).uint16(small);
      else this.#out.uint8(OPCODE.BININT).uint32(small);
      return;
    }
    const bytes: number[] = [];
    let rest = BigInt(value);
    for (;;) {
      const byte = Number(BigInt.asUintN(8, rest));
      bytes.push(byte);
      rest >>= 8n;
      const isNegative = byte >= 0x80;
      if ((rest === 0n && !isNegative) || (rest === -1n && isNegative)) break;
    }
    if (bytes.length < 256) this.#out.uint8(OPCODE.LONG1).uint8(bytes.length);
    else this.#out.uint8(OPCODE.LONG4).uint32(bytes.length);
    this.#out.bytes(Uint8Array.from(bytes));
  }

  #float(value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, false);
    this.#out.uint8(OPCODE.BINFLOAT).bytes(bytes);
  }

  #text(text: PickleText): void {
    const bytes = encodeText(text.value);
    this.#out.uint8(OPCODE.BINUNICODE).uint32(bytes.length).bytes(bytes);
    this.#remember(text);
  }

  #tuple(tuple: PickleTuple): void {
    const isShort = tuple.items.length <= 3;
    if (!isShort) this.#out.uint8(OPCODE.MARK);
    for (const item of tuple.items) this.#save(item);
    this.#out.uint8(isShort ? OPCODE.TUPLE1 - 1 + tuple.items.length : OPCODE.TUPLE);
    this.#remember(tuple);
  }

  #object(object: PickleObject): void {
    this.#save(object.callable);
    this.#save(object.args);
    this.#out.uint8(object.isNew ? OPCODE.NEWOBJ : OPCODE.REDUCE);
    this.#remember(object);
    this.#listItems(object.list, false);
    this.#dictItems(object.items, false);
    if (object.state === undefined) return;
    this.#save(object.state);
    this.#out.uint8(OPCODE.BUILD);
  }

  #listItems(items: readonly PickleValue[], isExact: boolean): void {
    this.#batches(items, isExact, OPCODE.APPEND, OPCODE.APPENDS, (item) => {
      this.#save(item);
    });
  }

  #dictItems(items: readonly (readonly [PickleValue, PickleValue])[], isExact: boolean): void {
    this.#batches(items, isExact, OPCODE.SETITEM, OPCODE.SETITEMS, ([key, value]) => {
      this.#save(key);
      this.#save(value);
    });
  }

  /**
   * A last single item uses the short form, unless an exact list or dict is already in batches. CPython notices the end of
   * an exact dict only after a batch that is not full, so one of 1000, 2000 ... items ends with an empty batch.
   */
  #batches<Item>(
    items: readonly Item[],
    isExact: boolean,
    one: number,
    many: number,
    save: (item: Item) => void,
  ): void {
    for (let at = 0; at < items.length; at += BATCH) {
      const batch = items.slice(at, at + BATCH);
      const isSingle = batch.length === 1 && (!isExact || items.length === 1);
      if (!isSingle) this.#out.uint8(OPCODE.MARK);
      for (const item of batch) save(item);
      this.#out.uint8(isSingle ? one : many);
    }
    const endsWithEmpty = isExact && one === OPCODE.SETITEM && items.length > 0 && items.length % BATCH === 0;
    if (endsWithEmpty) this.#out.uint8(OPCODE.MARK).uint8(many);
  }

  #remember(value: PickleValue): void {
    const index = this.#memo.size;
    this.#memo.set(memoKey(value), index);
    if (index < 256) this.#out.uint8(OPCODE.BINPUT).uint8(index);
    else this.#out.uint8(OPCODE.LONG_BINPUT).uint32(index);
  }

  #recall(value: PickleValue): boolean {
    const index = this.#memo.get(memoKey(value));
    if (index === undefined) return false;
    if (index < 256) this.#out.uint8(OPCODE.BINGET).uint8(index);
    else this.#out.uint8(OPCODE.LONG_BINGET).uint32(index);
    return true;
  }
}

/** Globals are one object by name, everything else by identity. */
const memoKey = (value: PickleValue): unknown =>
  value instanceof PickleGlobal ? `${python2Module(value.module)}\n${value.name}` : value;

const BYTES = new PickleGlobal('builtins', 'bytes');
const ENCODE = new PickleGlobal('_codecs', 'encode');
/** CPython has one object for each of these texts. */
const LATIN1 = new PickleText('latin1');
const CHARACTERS = Array.from({ length: 256 }, (_, code) => new PickleText(String.fromCharCode(code)));

/** Source: CPython Modules/_pickle.c, save_set and save_frozenset below protocol 4. */
function setCall({ items, isFrozen }: PickleSet): [PickleGlobal, PickleTuple] {
  const list = new PickleList();
  for (const item of items) list.items.push(item);
  return [new PickleGlobal('builtins', isFrozen ? 'frozenset' : 'set'), new PickleTuple([list])];
}

/** Source: CPython Modules/_pickle.c, save_bytes below protocol 3 and save_bytearray below protocol 5. */
function bytesCall({ value, isMutable }: PickleBytes): [PickleGlobal, PickleTuple] {
  if (isMutable)
    return [
      new PickleGlobal('builtins', 'bytearray'),
      new PickleTuple(value.length === 0 ? [] : [new PickleBytes(value, false)]),
    ];
  if (value.length === 0) return [BYTES, new PickleTuple([])];
  return [ENCODE, new PickleTuple([latin1(value), LATIN1])];
}

function latin1(bytes: Uint8Array): PickleText {
  const [first = 0] = bytes;
  const character = bytes.length === 1 ? CHARACTERS[first] : undefined;
  if (character !== undefined) return character;
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return new PickleText(text);
}
