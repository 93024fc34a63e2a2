// A JSON reader stricter than JSON.parse: it bounds size and depth, refuses a key given twice and `__proto__`, and says line and column.
import { LazuliError } from '../errors';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type JsonObject = { readonly [key: string]: Json };

export interface JsonLimits {
  /** UTF-16 units of text. */
  readonly length: number;
  readonly depth: number;
}

export const JSON_LIMITS: JsonLimits = { length: 32 * 1024 * 1024, depth: 64 };

/** Parses RFC 8259 text. `name` is what errors call it. Throws `project_invalid` with `name:line:column`. */
export function parseJson(text: string, name: string, limits: JsonLimits = JSON_LIMITS): Json {
  if (text.length > limits.length)
    throw new LazuliError('project_invalid', `${name} is too large: ${text.length} characters`, {
      where: name,
      expected: `at most ${limits.length} characters`,
      got: String(text.length),
    });
  return new Reader(text.replace(/^\uFEFF/, ''), name, limits.depth).document();
}

const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001F]*/y; // oxlint-disable-line no-control-regex -- RFC 8259 forbids control characters in strings

class Reader {
  #at = 0;

  constructor(
    readonly text: string,
    readonly name: string,
    readonly deepest: number,
  ) {}

  document(): Json {
    const value = this.#value(0);
    this.#match(SPACE);
    if (this.#at < this.text.length) this.#fail('the end of the file');
    return value;
  }

  #value(depth: number): Json {
    if (depth > this.deepest)
      this.#refuse(`is nested deeper than ${this.deepest} levels`, `at most ${this.deepest} levels`);
    this.#match(SPACE);
    const next = this.text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    for (const [word, value] of [
      ['null', null],
      ['true', true],
      ['false', false],
    ] as const)
      if (this.text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    const number = Number(this.#match(NUMBER) || this.#fail('a value'));
    return Number.isFinite(number)
      ? number
      : this.#refuse('holds a number too large to keep', 'a finite number');
  }

  #object(depth: number): Json {
    const result: Record<string, Json> = {};
    this.#at++;
    if (this.#skip('}')) return result;
    do {
      this.#match(SPACE);
      const start = this.#at;
      if (this.text[start] !== '"') this.#fail('a key in double quotes');
      const key = this.#string();
      const isTaken = Object.hasOwn(result, key);
      if (isTaken || key === '__proto__') {
        this.#at = start;
        if (isTaken) this.#refuse(`has the key '${key}' twice in one object`, 'each key once');
        this.#refuse(`has the forbidden key '${key}'`, 'another key');
      }
      if (!this.#skip(':')) this.#fail("':'");
      result[key] = this.#value(depth + 1);
    } while (this.#skip(','));
    if (!this.#skip('}')) this.#fail("',' or '}'");
    return result;
  }

  #array(depth: number): Json {
    const result: Json[] = [];
    this.#at++;
    if (this.#skip(']')) return result;
    do result.push(this.#value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) this.#fail("',' or ']'");
    return result;
  }

  #string(): string {
    let result = '';
    this.#at++;
    for (;;) {
      result += this.#match(PLAIN);
      const end = this.text[this.#at];
      if (end === '"') {
        this.#at++;
        return result;
      }
      if (end !== '\\') this.#fail('the end of a string');
      const escape = this.text[this.#at + 1] ?? '';
      const hex = this.text.slice(this.#at + 2, this.#at + 6);
      const plain = ESCAPES.get(escape);
      if (plain !== undefined) {
        result += plain;
        this.#at += 2;
      } else if (escape === 'u' && /^[0-9a-fA-F]{4}$/.test(hex)) {
        result += String.fromCharCode(parseInt(hex, 16));
        this.#at += 6;
      } else this.#fail('a JSON escape');
    }
  }

  #skip(character: string): boolean {
    this.#match(SPACE);
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fail(expected: string): never {
    const got = this.#at < this.text.length ? JSON.stringify(this.text[this.#at]) : 'the end of the file';
    throw this.#error(`${this.name} is not valid JSON: expected ${expected}, got ${got}`, expected, got);
  }

  #refuse(what: string, expected: string): never {
    throw this.#error(`${this.name} ${what}`, expected);
  }

  #error(message: string, expected: string, got?: string): LazuliError {
    const before = this.text.slice(0, this.#at).split('\n');
    const where = `${this.name}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    return new LazuliError('project_invalid', message, {
      where,
      expected,
      ...(got === undefined ? {} : { got }),
    });
  }
}
