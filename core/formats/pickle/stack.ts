// The stack, marks and memo of a pickle being read, bounded in size.
import type { PickleCursor } from './cursor';
import type { PickleValue } from './values';

/** Bounds the memory one pickle can ask for: about 300 MB at worst. */
const MOST_VALUES = 5_000_000;
const DEEPEST_MARKS = 10_000;

export class PickleStack {
  readonly #cursor: PickleCursor;
  #values: PickleValue[] = [];
  readonly #marks: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  #count = 0;

  constructor(cursor: PickleCursor) {
    this.#cursor = cursor;
  }

  push(value: PickleValue): true {
    if (++this.#count > MOST_VALUES) {
      throw this.#cursor.refuse('the pickle has too many values', {
        expected: `at most ${String(MOST_VALUES)}`,
      });
    }
    this.#values.push(value);
    return true;
  }

  top(): PickleValue {
    const value = this.#values.at(-1);
    if (value === undefined) throw this.#empty();
    return value;
  }

  pop(): PickleValue {
    const value = this.top();
    this.#values.pop();
    return value;
  }

  popMany(count: number): PickleValue[] {
    if (this.#values.length < count) throw this.#empty();
    return this.#values.splice(-count, count);
  }

  mark(): true {
    if (this.#marks.length >= DEEPEST_MARKS) throw this.#cursor.refuse('the pickle is nested too deeply');
    this.#marks.push(this.#values);
    this.#values = [];
    return true;
  }

  popToMark(): PickleValue[] {
    const items = this.#values;
    const below = this.#marks.pop();
    if (below === undefined) throw this.#cursor.refuse('the pickle closes a list it never opened');
    this.#values = below;
    return items;
  }

  /** At `index`, or without one at the next free place. */
  remember(index = this.#memo.size): true {
    this.#memo.set(index, this.top());
    return true;
  }

  recall(index: number): true {
    const value = this.#memo.get(index);
    if (value === undefined) {
      throw this.#cursor.refuse('the pickle recalls a value it never stored', {
        got: `memo ${String(index)}`,
      });
    }
    return this.push(value);
  }

  /** The one value a finished pickle leaves. */
  last(): PickleValue {
    const value = this.pop();
    if (this.#values.length > 0 || this.#marks.length > 0) {
      throw this.#cursor.refuse('the pickle leaves values on its stack', {
        expected: 'one value',
        got: `${String(this.#values.length + this.#marks.length + 1)} values`,
      });
    }
    return value;
  }

  #empty(): Error {
    return this.#cursor.refuse('the pickle uses a value from an empty stack');
  }
}
