// What a pickle says, as data: one class per Python type, and a call that is recorded instead of made.

import { presentPath } from './python2';

/** A Python float; a JavaScript number in a pickle tree is always an int. */
export class PickleFloat {
  constructor(readonly value: number) {}
}

/** A Python str. Two uses of one object are one Python string, which decides how it is written again. */
export class PickleText {
  constructor(readonly value: string) {}
}

export class PickleBytes {
  constructor(
    readonly value: Uint8Array,
    readonly isMutable: boolean,
  ) {}
}

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export class PickleList {
  readonly items: PickleValue[] = [];
}

/** A Python set or frozenset as protocol 4 writes it. */
export class PickleSet {
  constructor(
    readonly items: PickleValue[],
    readonly isFrozen: boolean,
  ) {}
}

export class PickleDict {
  readonly items: [PickleValue, PickleValue][] = [];
}

/** A name of something in a Python module. It is never looked up anywhere. */
export class PickleGlobal {
  /** `module.name`; what Python 2 called otherwise has its present name. */
  readonly path: string;

  constructor(
    readonly module: string,
    readonly name: string,
  ) {
    this.path = presentPath(module, name);
  }
}

/** What a pickle asks to build: `callable(*args)`, then items, entries and state put into it. */
export class PickleObject {
  /** From APPENDS. */
  readonly list: PickleValue[] = [];
  /** From SETITEMS. */
  readonly items: [PickleValue, PickleValue][] = [];
  /** From BUILD. */
  state: PickleValue | undefined = undefined;

  constructor(
    readonly callable: PickleGlobal | PickleObject,
    readonly args: PickleTuple,
    /** True for `callable.__new__(callable, *args)`. */
    readonly isNew: boolean,
  ) {}
}

/** A reference to something stored beside the pickle: in torch files a storage. */
export class PicklePersistent {
  constructor(readonly id: PickleValue) {}
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | PickleFloat
  | PickleText
  | PickleBytes
  | PickleTuple
  | PickleList
  | PickleSet
  | PickleDict
  | PickleGlobal
  | PickleObject
  | PicklePersistent;

/** The class of a value, for messages: `int`, `str`, `collections.OrderedDict`. */
export function describeValue(value: PickleValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (value instanceof PickleFloat) return 'float';
  if (value instanceof PickleText) return 'str';
  if (value instanceof PickleBytes) return value.isMutable ? 'bytearray' : 'bytes';
  if (value instanceof PickleTuple) return 'tuple';
  if (value instanceof PickleList) return 'list';
  if (value instanceof PickleSet) return 'set';
  if (value instanceof PickleDict) return 'dict';
  if (value instanceof PickleGlobal) return `the global ${value.path}`;
  if (value instanceof PicklePersistent) return 'a storage';
  return `an object of ${rootGlobal(value).path}`;
}

/** The global at the bottom of nested calls. */
export function rootGlobal(object: PickleObject): PickleGlobal {
  let callable: PickleGlobal | PickleObject = object;
  while (callable instanceof PickleObject) callable = callable.callable;
  return callable;
}
