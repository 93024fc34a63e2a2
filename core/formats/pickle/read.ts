// Reads one pickle into a tree of data. A closed set of opcodes; every push, target and length is checked; nothing runs.
import { quote, refusal } from '../refuse';
import { Assembler } from './assemble';
import { PickleCursor, PickleEnds } from './cursor';
import { globalRole, refusedGlobal } from './globals';
import { BEYOND_WEIGHTS_ONLY, OPCODE, REFUSED_OPCODES } from './opcodes';
import { PickleStack } from './stack';
import {
  describeValue,
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PicklePersistent,
  PickleSet,
  PickleText,
  PickleTuple,
  type PickleValue,
} from './values';

export { PickleEnds } from './cursor';

/** What one pickle holds. */
export interface PickleResult {
  readonly value: PickleValue;
  /** The byte after STOP. */
  readonly end: number;
  /** Paths of the unknown globals it names, in order of first use. */
  readonly unknownGlobals: readonly string[];
  /** What `torch.load` says to the first thing it does not take by default (an opcode or a name); null where it takes all. */
  readonly torchRefusal: string | null;
}

export interface PickleOptions {
  /** What messages call the file and this pickle in it (`data.pkl`). */
  readonly file: string;
  readonly record: string;
  /** Where in `bytes` the pickle starts. */
  readonly start?: number;
  /** Legacy files refer to the classes of whole modules as `('module', class, file, source)`: the class is taken. */
  readonly hasModuleReferences?: boolean;
}

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
  readonly #cursor: PickleCursor;
  readonly #stack: PickleStack;
  readonly #assembler: Assembler;
  readonly #hasModuleReferences: boolean;
  readonly #globals = new Map<string, PickleGlobal>();
  readonly #unknown = new Set<string>();
  #torchRefusal: string | null = null;

  constructor(bytes: Uint8Array, { start = 0, file, record, hasModuleReferences = false }: PickleOptions) {
    this.#cursor = new PickleCursor(bytes, start, file, record);
    this.#stack = new PickleStack(this.#cursor);
    this.#assembler = new Assembler(this.#cursor);
    this.#hasModuleReferences = hasModuleReferences;
  }

  read(): PickleResult {
    if (this.#cursor.opcode() !== OPCODE.PROTO) {
      throw this.#cursor.refuse('the pickle does not start with a protocol number', {
        expected: 'protocol 2 to 5',
      });
    }
    this.#protocol();
    for (;;) {
      const opcode = this.#cursor.opcode();
      if (opcode === OPCODE.STOP) break;
      if (BEYOND_WEIGHTS_ONLY.has(opcode)) this.#torchRefusal ??= `Unsupported operand ${String(opcode)}`;
      this.#step(opcode);
    }
    const value = this.#stack.last();
    const { position: end } = this.#cursor;
    return { value, end, unknownGlobals: [...this.#unknown], torchRefusal: this.#torchRefusal };
  }

  #step(opcode: number): void {
    if (this.#scalar(opcode) || this.#container(opcode) || this.#mutation(opcode) || this.#reference(opcode))
      return;
    const name = REFUSED_OPCODES.get(opcode);
    throw this.#cursor.refuse(
      `the pickle uses the opcode ${name ?? `0x${opcode.toString(16).padStart(2, '0')}`}`,
      {
        torch: this.#torchRefusal ?? `Unsupported operand ${String(opcode)}`,
        expected: 'the opcodes torch.save writes',
        got: `opcode ${String(opcode)}`,
      },
    );
  }

  #scalar(opcode: number): boolean {
    const [cursor, stack] = [this.#cursor, this.#stack];
    switch (opcode) {
      case OPCODE.NONE:
        return stack.push(null);
      case OPCODE.NEWTRUE:
        return stack.push(true);
      case OPCODE.NEWFALSE:
        return stack.push(false);
      case OPCODE.BININT1:
        return stack.push(cursor.uint8());
      case OPCODE.BININT2:
        return stack.push(cursor.uint16());
      case OPCODE.BININT:
        return stack.push(cursor.int32());
      case OPCODE.LONG1:
        return stack.push(cursor.integer(cursor.uint8()));
      case OPCODE.LONG4:
        return stack.push(cursor.integer(cursor.uint32()));
      case OPCODE.BINFLOAT:
        return stack.push(new PickleFloat(cursor.float64()));
      case OPCODE.BINUNICODE:
      case OPCODE.BINSTRING:
        return stack.push(cursor.text(cursor.uint32()));
      case OPCODE.SHORT_BINUNICODE:
      case OPCODE.SHORT_BINSTRING:
        return stack.push(cursor.text(cursor.uint8()));
      case OPCODE.BINUNICODE8:
        return stack.push(cursor.text(cursor.uint64()));
      case OPCODE.SHORT_BINBYTES:
        return stack.push(cursor.binary(cursor.uint8(), false));
      case OPCODE.BINBYTES:
        return stack.push(cursor.binary(cursor.uint32(), false));
      case OPCODE.BINBYTES8:
        return stack.push(cursor.binary(cursor.uint64(), false));
      case OPCODE.BYTEARRAY8:
        return stack.push(cursor.binary(cursor.uint64(), true));
      default:
        return false;
    }
  }

  #container(opcode: number): boolean {
    const stack = this.#stack;
    switch (opcode) {
      case OPCODE.MARK:
        return stack.mark();
      case OPCODE.EMPTY_TUPLE:
        return stack.push(EMPTY_TUPLE);
      case OPCODE.TUPLE1:
        return stack.push(new PickleTuple(stack.popMany(1)));
      case OPCODE.TUPLE2:
        return stack.push(new PickleTuple(stack.popMany(2)));
      case OPCODE.TUPLE3:
        return stack.push(new PickleTuple(stack.popMany(3)));
      case OPCODE.TUPLE:
        return stack.push(new PickleTuple(stack.popToMark()));
      case OPCODE.EMPTY_LIST:
        return stack.push(new PickleList());
      case OPCODE.EMPTY_DICT:
        return stack.push(new PickleDict());
      case OPCODE.EMPTY_SET:
        return stack.push(new PickleSet([], false));
      case OPCODE.FROZENSET:
        return stack.push(new PickleSet(stack.popToMark(), true));
      case OPCODE.REDUCE:
        return this.#call(false);
      case OPCODE.NEWOBJ:
        return this.#call(true);
      case OPCODE.NEWOBJ_EX:
        return this.#callWithNames();
      case OPCODE.GLOBAL:
        return stack.push(this.#global(this.#cursor.line(), this.#cursor.line()));
      case OPCODE.STACK_GLOBAL:
        return this.#stackGlobal();
      case OPCODE.BINPERSID:
        return stack.push(this.#persistent(stack.pop()));
      default:
        return false;
    }
  }

  #mutation(opcode: number): boolean {
    const [stack, assembler] = [this.#stack, this.#assembler];
    // The values lie above their target: they are popped first.
    switch (opcode) {
      case OPCODE.APPEND:
        return assembler.append(stack.popMany(1), stack.top());
      case OPCODE.APPENDS:
        return assembler.append(stack.popToMark(), stack.top());
      case OPCODE.SETITEM:
        return assembler.setItems(stack.popMany(2), stack.top());
      case OPCODE.SETITEMS:
        return assembler.setItems(stack.popToMark(), stack.top());
      case OPCODE.ADDITEMS:
        return assembler.addItems(stack.popToMark(), stack.top());
      case OPCODE.BUILD:
        return assembler.build(stack.pop(), stack.top());
      default:
        return false;
    }
  }

  #reference(opcode: number): boolean {
    const [cursor, stack] = [this.#cursor, this.#stack];
    switch (opcode) {
      case OPCODE.BINPUT:
        return stack.remember(cursor.uint8());
      case OPCODE.LONG_BINPUT:
        return stack.remember(cursor.uint32());
      case OPCODE.MEMOIZE:
        return stack.remember();
      case OPCODE.BINGET:
        return stack.recall(cursor.uint8());
      case OPCODE.LONG_BINGET:
        return stack.recall(cursor.uint32());
      case OPCODE.FRAME:
        cursor.frame(cursor.uint64());
        return true;
      case OPCODE.PROTO:
        this.#protocol();
        return true;
      default:
        return false;
    }
  }

  #protocol(): void {
    const protocol = this.#cursor.uint8();
    if (protocol < 2 || protocol > 5) {
      throw this.#cursor.refuse(`the pickle has protocol ${String(protocol)}`, {
        expected: 'protocol 2 to 5',
        got: String(protocol),
      });
    }
  }

  #call(isNew: boolean): true {
    const args = this.#stack.pop();
    const callable = this.#stack.pop();
    return this.#stack.push(this.#assembler.call(callable, args, isNew));
  }

  #callWithNames(): true {
    const names = this.#stack.pop();
    const args = this.#stack.pop();
    const callable = this.#stack.pop();
    return this.#stack.push(this.#assembler.callWithNames(callable, args, names));
  }

  #stackGlobal(): true {
    const [module, name] = this.#stack.popMany(2);
    if (!(module instanceof PickleText) || !(name instanceof PickleText)) {
      throw this.#cursor.refuse('the pickle names a global by something that is not text');
    }
    return this.#stack.push(this.#global(module.value, name.value));
  }

  #global(module: string, name: string): PickleGlobal {
    const key = `${module}\n${name}`;
    const known = this.#globals.get(key);
    if (known !== undefined) return known;
    const global = new PickleGlobal(module, name);
    const role = globalRole(global);
    this.#torchRefusal ??= refusedGlobal(global);
    if (role === 'code') {
      throw this.#cursor.refuse(`the pickle names ${quote(global.path)}, which runs code`, {
        ...(this.#torchRefusal === null ? {} : { torch: this.#torchRefusal }),
        expected: 'names of tensors and plain data',
        got: global.path,
        hint: 'This file tries to run a program when PyTorch opens it. Nothing of it was run. Do not trust it.',
      });
    }
    if (role === 'unknown') this.#unknown.add(global.path);
    this.#globals.set(key, global);
    return global;
  }

  #persistent(id: PickleValue): PicklePersistent | PickleGlobal {
    const [kind, module] = id instanceof PickleTuple ? id.items : [];
    const name = kind instanceof PickleText ? kind.value : '';
    if (name === 'module' && this.#hasModuleReferences && module instanceof PickleGlobal) return module;
    if (name !== 'storage' && name !== 'module') {
      throw this.#cursor.refuse('the pickle refers to something outside it that is not a storage', {
        expected: "a tuple that starts with 'storage'",
        got: describeValue(id),
      });
    }
    return new PicklePersistent(id);
  }
}
