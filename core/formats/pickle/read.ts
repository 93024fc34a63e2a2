// Reads one pickle into a tree of data. A closed set of opcodes; every push, target and length is checked; nothing runs.
import { decodeSurrogateText, readUint64, viewOf } from '../bytes';
import { quote, refusal } from '../refuse';
import { globalRole } from './globals';
import { OPCODE, REFUSED_OPCODES } from './opcodes';
import {
  describeValue,
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
  rootGlobal,
  type PickleValue,
} from './values';

/** What one pickle holds. */
export interface PickleResult {
  readonly value: PickleValue;
  /** The byte after STOP. */
  readonly end: number;
  /** Paths of the unknown globals it names, in order of first use. */
  readonly unknownGlobals: readonly string[];
}

export interface PickleOptions {
  /** What messages call the file and this pickle in it (`data.pkl`). */
  readonly file: string;
  readonly record: string;
  /** Where in `bytes` the pickle starts. */
  readonly start?: number;
}

/** Thrown inside the reader when the bytes end too early, so that a caller with more bytes can try again. */
export class PickleEnds extends Error {}

const LONGEST_NAME = 1024;
const LONGEST_INTEGER = 4096;
/** Bounds the memory one pickle can ask for: about 300 MB at worst. */
const MOST_VALUES = 5_000_000;
const DEEPEST_MARKS = 10_000;
const EMPTY_TUPLE = new PickleTuple([]);

/** Reads the pickle at `start`. Throws `file_refused`. Source: CPython pickle.py, RELIABILITY lines 27 and 29. */
export function readPickle(bytes: Uint8Array, options: PickleOptions): PickleResult {
  try {
    return readPicklePart(bytes, options);
  } catch (error) {
    if (!(error instanceof PickleEnds)) throw error;
    throw refusal(
      options.file,
      'the pickle is cut short',
      `${options.record}, byte ${String(bytes.length)}`,
      {
        expected: 'a STOP opcode',
        got: 'the end of the data',
        hint: 'The file is damaged or was cut short: get it again.',
      },
    );
  }
}

/** As `readPickle`, but throws `PickleEnds` when `bytes` stop before the pickle does. */
export const readPicklePart = (bytes: Uint8Array, options: PickleOptions): PickleResult =>
  new PickleReader(bytes, options).read();

class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: PickleOptions;
  #at: number;
  /** Where the current opcode stands. */
  #opcodeAt = 0;
  #count = 0;
  #stack: PickleValue[] = [];
  readonly #marks: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #globals = new Map<string, PickleGlobal>();
  readonly #unknown = new Set<string>();

  constructor(bytes: Uint8Array, options: PickleOptions) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#options = options;
    this.#at = options.start ?? 0;
  }

  read(): PickleResult {
    if (this.#uint8() !== OPCODE.PROTO) {
      throw this.#refuse('the pickle does not start with a protocol number', { expected: 'protocol 2 to 5' });
    }
    this.#protocol();
    for (;;) {
      this.#opcodeAt = this.#at;
      const opcode = this.#uint8();
      if (opcode === OPCODE.STOP) break;
      this.#step(opcode);
    }
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0) {
      throw this.#refuse('the pickle leaves values on its stack', {
        expected: 'one value',
        got: `${String(this.#stack.length + this.#marks.length + 1)} values`,
      });
    }
    return { value, end: this.#at, unknownGlobals: [...this.#unknown] };
  }

  #step(opcode: number): void {
    if (this.#scalar(opcode) || this.#container(opcode) || this.#mutation(opcode) || this.#reference(opcode))
      return;
    const name = REFUSED_OPCODES.get(opcode);
    throw this.#refuse(`the pickle uses the opcode ${name ?? `0x${opcode.toString(16).padStart(2, '0')}`}`, {
      expected: 'the opcodes torch.save writes',
      got: `opcode ${String(opcode)}`,
    });
  }

  #scalar(opcode: number): boolean {
    switch (opcode) {
      case OPCODE.NONE:
        return this.#push(null);
      case OPCODE.NEWTRUE:
        return this.#push(true);
      case OPCODE.NEWFALSE:
        return this.#push(false);
      case OPCODE.BININT1:
        return this.#push(this.#uint8());
      case OPCODE.BININT2:
        return this.#push(this.#view.getUint16(this.#skip(2), true));
      case OPCODE.BININT:
        return this.#push(this.#view.getInt32(this.#skip(4), true));
      case OPCODE.LONG1:
        return this.#push(this.#integer(this.#uint8()));
      case OPCODE.LONG4:
        return this.#push(this.#integer(this.#uint32()));
      case OPCODE.BINFLOAT:
        return this.#push(new PickleFloat(this.#view.getFloat64(this.#skip(8), false)));
      case OPCODE.BINUNICODE:
        return this.#push(this.#text(this.#uint32()));
      case OPCODE.SHORT_BINUNICODE:
        return this.#push(this.#text(this.#uint8()));
      case OPCODE.BINUNICODE8:
        return this.#push(this.#text(this.#uint64()));
      case OPCODE.BINSTRING:
        return this.#push(this.#text(this.#uint32()));
      case OPCODE.SHORT_BINSTRING:
        return this.#push(this.#text(this.#uint8()));
      case OPCODE.SHORT_BINBYTES:
        return this.#push(this.#binary(this.#uint8(), false));
      case OPCODE.BINBYTES:
        return this.#push(this.#binary(this.#uint32(), false));
      case OPCODE.BINBYTES8:
        return this.#push(this.#binary(this.#uint64(), false));
      case OPCODE.BYTEARRAY8:
        return this.#push(this.#binary(this.#uint64(), true));
      default:
        return false;
    }
  }

  #container(opcode: number): boolean {
    switch (opcode) {
      case OPCODE.MARK:
        if (this.#marks.length >= DEEPEST_MARKS) throw this.#refuse('the pickle is nested too deeply');
        this.#marks.push(this.#stack);
        this.#stack = [];
        return true;
      case OPCODE.EMPTY_TUPLE:
        return this.#push(EMPTY_TUPLE);
      case OPCODE.TUPLE1:
        return this.#push(new PickleTuple(this.#popMany(1)));
      case OPCODE.TUPLE2:
        return this.#push(new PickleTuple(this.#popMany(2)));
      case OPCODE.TUPLE3:
        return this.#push(new PickleTuple(this.#popMany(3)));
      case OPCODE.TUPLE:
        return this.#push(new PickleTuple(this.#popToMark()));
      case OPCODE.EMPTY_LIST:
        return this.#push(new PickleList());
      case OPCODE.EMPTY_DICT:
        return this.#push(new PickleDict());
      case OPCODE.EMPTY_SET:
        return this.#push(new PickleSet([], false));
      case OPCODE.FROZENSET:
        return this.#push(new PickleSet(this.#popToMark(), true));
      case OPCODE.REDUCE:
        return this.#call(false);
      case OPCODE.NEWOBJ:
        return this.#call(true);
      case OPCODE.NEWOBJ_EX:
        return this.#callWithNames();
      case OPCODE.GLOBAL:
        return this.#push(this.#global(this.#line(), this.#line()));
      case OPCODE.STACK_GLOBAL:
        return this.#stackGlobal();
      case OPCODE.BINPERSID:
        return this.#push(this.#persistent(this.#pop()));
      default:
        return false;
    }
  }

  #mutation(opcode: number): boolean {
    switch (opcode) {
      case OPCODE.APPEND:
        this.#append(this.#popMany(1));
        return true;
      case OPCODE.APPENDS:
        this.#append(this.#popToMark());
        return true;
      case OPCODE.SETITEM:
        this.#setItems(this.#popMany(2));
        return true;
      case OPCODE.SETITEMS:
        this.#setItems(this.#popToMark());
        return true;
      case OPCODE.ADDITEMS:
        this.#addItems(this.#popToMark());
        return true;
      case OPCODE.BUILD:
        this.#build(this.#pop());
        return true;
      default:
        return false;
    }
  }

  #reference(opcode: number): boolean {
    switch (opcode) {
      case OPCODE.BINPUT:
        return this.#remember(this.#uint8());
      case OPCODE.LONG_BINPUT:
        return this.#remember(this.#uint32());
      case OPCODE.MEMOIZE:
        return this.#remember(this.#memo.size);
      case OPCODE.BINGET:
        return this.#recall(this.#uint8());
      case OPCODE.LONG_BINGET:
        return this.#recall(this.#uint32());
      case OPCODE.FRAME:
        this.#frame(this.#uint64());
        return true;
      case OPCODE.PROTO:
        this.#protocol();
        return true;
      default:
        return false;
    }
  }

  #protocol(): void {
    const protocol = this.#uint8();
    if (protocol < 2 || protocol > 5) {
      throw this.#refuse(`the pickle has protocol ${String(protocol)}`, {
        expected: 'protocol 2 to 5',
        got: String(protocol),
      });
    }
  }

  #frame(length: number): void {
    if (length > this.#bytes.length - this.#at) throw new PickleEnds();
  }

  #remember(index: number): true {
    this.#memo.set(index, this.#top());
    return true;
  }

  #recall(index: number): true {
    const value = this.#memo.get(index);
    if (value === undefined) {
      throw this.#refuse('the pickle recalls a value it never stored', { got: `memo ${String(index)}` });
    }
    return this.#push(value);
  }

  #append(values: readonly PickleValue[]): void {
    const target = this.#top();
    if (target instanceof PickleList) pushAll(target.items, values);
    else if (target instanceof PickleObject && this.#roleOf(target) === 'unknown')
      pushAll(target.list, values);
    else throw this.#wrongTarget('APPEND', 'a list', target);
  }

  #setItems(values: readonly PickleValue[]): void {
    const target = this.#top();
    const isDict = target instanceof PickleDict;
    const isObject = target instanceof PickleObject && ['dict', 'unknown'].includes(this.#roleOf(target));
    if (!isDict && !isObject) throw this.#wrongTarget('SETITEM', 'a dict', target);
    if (values.length % 2 !== 0) throw this.#refuse('the pickle sets a key without a value');
    for (let index = 0; index < values.length; index += 2) {
      const [key = null, value = null] = values.slice(index, index + 2);
      this.#checkKey(key);
      target.items.push([key, value]);
    }
  }

  #addItems(values: readonly PickleValue[]): void {
    const target = this.#top();
    if (!(target instanceof PickleSet) || target.isFrozen)
      throw this.#wrongTarget('ADDITEMS', 'a set', target);
    for (const value of values) this.#checkKey(value);
    pushAll(target.items, values);
  }

  #checkKey(key: PickleValue): void {
    const isMutable = key instanceof PickleList || key instanceof PickleDict || key instanceof PickleSet;
    if (isMutable || key instanceof PicklePersistent) {
      throw this.#refuse('the pickle uses a value as a key that cannot be one', {
        expected: 'a str, number, tuple or object',
        got: describeValue(key),
      });
    }
  }

  #build(state: PickleValue): void {
    const target = this.#top();
    if (!(target instanceof PickleObject) || !['dict', 'unknown'].includes(this.#roleOf(target))) {
      throw this.#wrongTarget('BUILD', 'an OrderedDict or an object', target);
    }
    if (this.#roleOf(target) === 'dict' && !(state instanceof PickleDict)) {
      throw this.#refuse('the pickle gives a dict a state that is not a dict', { got: describeValue(state) });
    }
    if (target.state !== undefined) throw this.#refuse('the pickle sets the state of one object twice');
    target.state = state;
  }

  #call(isNew: boolean): true {
    const args = this.#pop();
    const callable = this.#pop();
    return this.#push(this.#object(callable, args, isNew));
  }

  #callWithNames(): true {
    const names = this.#pop();
    const args = this.#pop();
    const callable = this.#pop();
    if (!(names instanceof PickleDict)) throw this.#wrongTarget('NEWOBJ_EX', 'a dict of arguments', names);
    const object = this.#object(callable, args, true);
    if (this.#roleOf(object) !== 'unknown') {
      throw this.#refuse('the pickle calls a known class with named arguments', {
        got: describeValue(object),
      });
    }
    object.items.push(...names.items);
    return this.#push(object);
  }

  #object(callable: PickleValue, args: PickleValue, isNew: boolean): PickleObject {
    const opcode = isNew ? 'NEWOBJ' : 'REDUCE';
    if (!(args instanceof PickleTuple)) throw this.#wrongTarget(opcode, 'a tuple of arguments', args);
    if (callable instanceof PickleGlobal) return new PickleObject(callable, args, isNew);
    if (callable instanceof PickleObject && this.#roleOf(callable) === 'unknown') {
      return new PickleObject(callable, args, isNew);
    }
    throw this.#wrongTarget(opcode, 'a class or function', callable);
  }

  #roleOf(object: PickleObject): string {
    return object.callable instanceof PickleObject ? 'unknown' : globalRole(rootGlobal(object));
  }

  #stackGlobal(): true {
    const [module, name] = this.#popMany(2);
    if (!(module instanceof PickleText) || !(name instanceof PickleText)) {
      throw this.#refuse('the pickle names a global by something that is not text');
    }
    return this.#push(this.#global(module.value, name.value));
  }

  #global(module: string, name: string): PickleGlobal {
    const key = `${module}\n${name}`;
    const known = this.#globals.get(key);
    if (known !== undefined) return known;
    const global = new PickleGlobal(module, name);
    const role = globalRole(global);
    if (role === 'code') {
      throw this.#refuse(`the pickle names ${quote(global.path)}, which runs code`, {
        expected: 'names of tensors and plain data',
        got: global.path,
        hint: 'This file tries to run a program when PyTorch opens it. Nothing of it was run. Do not trust it.',
      });
    }
    if (role === 'unknown') this.#unknown.add(global.path);
    this.#globals.set(key, global);
    return global;
  }

  #persistent(id: PickleValue): PicklePersistent {
    const kind = id instanceof PickleTuple ? id.items[0] : null;
    if (!(kind instanceof PickleText) || (kind.value !== 'storage' && kind.value !== 'module')) {
      throw this.#refuse('the pickle refers to something outside it that is not a storage', {
        expected: "a tuple that starts with 'storage'",
        got: describeValue(id),
      });
    }
    return new PicklePersistent(id);
  }

  #push(value: PickleValue): true {
    if (++this.#count > MOST_VALUES) {
      throw this.#refuse('the pickle has too many values', { expected: `at most ${String(MOST_VALUES)}` });
    }
    this.#stack.push(value);
    return true;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#refuse('the pickle uses a value from an empty stack');
    return value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length < count) throw this.#refuse('the pickle uses a value from an empty stack');
    return this.#stack.splice(-count, count);
  }

  #popToMark(): PickleValue[] {
    const items = this.#stack;
    const below = this.#marks.pop();
    if (below === undefined) throw this.#refuse('the pickle closes a list it never opened');
    this.#stack = below;
    return items;
  }

  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw new PickleEnds();
    this.#at = at + length;
    return at;
  }

  #uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  #uint64(): number {
    const value = readUint64(this.#view, this.#skip(8));
    if (value === null) throw this.#refuse('the pickle has a length above 2^53');
    return value;
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  #line(): string {
    const limit = Math.min(this.#bytes.length, this.#at + LONGEST_NAME + 1);
    const end = this.#bytes.subarray(this.#at, limit).indexOf(0x0a);
    if (end < 0 && limit === this.#bytes.length) throw new PickleEnds();
    if (end < 0) throw this.#refuse(`the pickle names a global of more than ${String(LONGEST_NAME)} bytes`);
    const { value } = this.#text(end);
    this.#skip(1);
    return value;
  }

  #text(length: number): PickleText {
    const text = decodeSurrogateText(this.#take(length));
    if (text === null) throw this.#refuse('the pickle has a text that is not valid UTF-8');
    return new PickleText(text);
  }

  #binary(length: number, isMutable: boolean): PickleBytes {
    return new PickleBytes(this.#take(length).slice(), isMutable);
  }

  #integer(length: number): number | bigint {
    if (length > LONGEST_INTEGER) {
      throw this.#refuse('the pickle has an absurdly long integer', {
        expected: `at most ${String(LONGEST_INTEGER)} bytes`,
        got: `${String(length)} bytes`,
      });
    }
    const bytes = this.#take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] ?? 0);
    if (length > 0) value = BigInt.asIntN(length * 8, value);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  #wrongTarget(opcode: string, expected: string, got: PickleValue): Error {
    return this.#refuse(`the pickle's ${opcode} has the wrong target`, { expected, got: describeValue(got) });
  }

  #refuse(what: string, details: { expected?: string; got?: string; hint?: string } = {}): Error {
    const { file, record } = this.#options;
    return refusal(file, what, `${record}, byte ${String(this.#opcodeAt)}`, details);
  }
}

/** `push(...values)` overflows the call stack for long lists. */
function pushAll(target: PickleValue[], values: readonly PickleValue[]): void {
  for (const value of values) target.push(value);
}
