// What opcodes may put into what: lists, dicts, sets, states and recorded calls, each target checked. Nothing is called.
import { checkCall, isHashable } from './calls';
import type { PickleCursor } from './cursor';
import { globalRole, type GlobalRole } from './globals';
import {
  describeValue,
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleSet,
  PickleTuple,
  rootGlobal,
  type PickleValue,
} from './values';

/** What an object's class is; the result of calling a call's result is unknown. */
const roleOf = (object: PickleObject): GlobalRole =>
  object.callable instanceof PickleObject ? 'unknown' : globalRole(rootGlobal(object));

const takesItems = (object: PickleObject): boolean => ['dict', 'unknown'].includes(roleOf(object));

export class Assembler {
  readonly #cursor: PickleCursor;

  constructor(cursor: PickleCursor) {
    this.#cursor = cursor;
  }

  append(values: readonly PickleValue[], target: PickleValue): true {
    if (target instanceof PickleList) pushAll(target.items, values);
    else if (target instanceof PickleObject && roleOf(target) === 'unknown') pushAll(target.list, values);
    else throw this.#wrongTarget('APPEND', 'a list', target);
    return true;
  }

  setItems(values: readonly PickleValue[], target: PickleValue): true {
    const isDict = target instanceof PickleDict;
    if (!isDict && !(target instanceof PickleObject && takesItems(target)))
      throw this.#wrongTarget('SETITEM', 'a dict', target);
    if (values.length % 2 !== 0) throw this.#cursor.refuse('the pickle sets a key without a value');
    for (let index = 0; index < values.length; index += 2) {
      const key = values[index] ?? null;
      this.#checkKey(key);
      target.items.push([key, values[index + 1] ?? null]);
    }
    return true;
  }

  addItems(values: readonly PickleValue[], target: PickleValue): true {
    if (!(target instanceof PickleSet) || target.isFrozen)
      throw this.#wrongTarget('ADDITEMS', 'a set', target);
    for (const value of values) this.#checkKey(value);
    pushAll(target.items, values);
    return true;
  }

  build(state: PickleValue, target: PickleValue): true {
    if (!(target instanceof PickleObject) || !takesItems(target)) {
      throw this.#wrongTarget('BUILD', 'an OrderedDict or an object', target);
    }
    if (roleOf(target) === 'dict' && !(state instanceof PickleDict)) {
      throw this.#cursor.refuse('the pickle gives a dict a state that is not a dict', {
        got: describeValue(state),
      });
    }
    if (target.state !== undefined)
      throw this.#cursor.refuse('the pickle sets the state of one object twice');
    target.state = state;
    return true;
  }

  /** A call, recorded. */
  call(callable: PickleValue, args: PickleValue, isNew: boolean): PickleObject {
    const opcode = isNew ? 'NEWOBJ' : 'REDUCE';
    if (!(args instanceof PickleTuple)) throw this.#wrongTarget(opcode, 'a tuple of arguments', args);
    const isCallable =
      callable instanceof PickleGlobal ||
      (callable instanceof PickleObject && roleOf(callable) === 'unknown');
    if (!isCallable) throw this.#wrongTarget(opcode, 'a class or function', callable);
    const problem = callable instanceof PickleGlobal ? checkCall(callable, args, isNew) : null;
    if (problem !== null) throw this.#cursor.refuse(`the pickle ${problem.what}`, problem);
    return new PickleObject(callable, args, isNew);
  }

  callWithNames(callable: PickleValue, args: PickleValue, names: PickleValue): PickleObject {
    if (!(names instanceof PickleDict)) throw this.#wrongTarget('NEWOBJ_EX', 'a dict of arguments', names);
    const object = this.call(callable, args, true);
    if (roleOf(object) !== 'unknown') {
      throw this.#cursor.refuse('the pickle calls a known class with named arguments', {
        got: describeValue(object),
      });
    }
    object.items.push(...names.items);
    return object;
  }

  #checkKey(key: PickleValue): void {
    if (isHashable(key) && !(key instanceof PicklePersistent)) return;
    throw this.#cursor.refuse('the pickle uses a value as a key that cannot be one', {
      expected: 'a str, number, tuple or object',
      got: describeValue(key),
    });
  }

  #wrongTarget(opcode: string, expected: string, got: PickleValue): Error {
    return this.#cursor.refuse(`the pickle's ${opcode} has the wrong target`, {
      expected,
      got: describeValue(got),
    });
  }
}

/** `push(...values)` overflows the call stack for long lists. */
function pushAll(target: PickleValue[], values: readonly PickleValue[]): void {
  for (const value of values) target.push(value);
}
