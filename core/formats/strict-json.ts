// A JSON parser for headers of binary files: duplicate keys, non-integers and integers above 2^53 are refused.

/** A parsed header value. Objects are Maps, so no key (`__proto__`) means anything special. */
export type HeaderValue =
  null | boolean | number | string | readonly HeaderValue[] | ReadonlyMap<string, HeaderValue>;

/** What is wrong and the index in the text where. */
export class JsonProblem extends Error {
  constructor(
    message: string,
    readonly index: number,
  ) {
    super(message);
  }
}

const DEEPEST = 16;
/** Half a character, which UTF-8 cannot say. */
const LONE_SURROGATE = /\p{Cs}/u;
const SPACE = new Set([' ', '\t', '\n', '\r']);

/** Parses a text that is one JSON value, trailing whitespace allowed. Throws `JsonProblem`. Source: RFC 8259. */
export function parseHeaderJson(text: string): HeaderValue {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): HeaderValue {
    if (depth > DEEPEST) throw this.#problem(`is nested more than ${String(DEEPEST)} levels deep`);
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#integer();
    }
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#problem('goes on after its end');
  }

  #object(depth: number): ReadonlyMap<string, HeaderValue> {
    const result = new Map<string, HeaderValue>();
    this.#at++;
    this.#space();
    if (this.#takes('}')) return result;
    for (;;) {
      this.#space();
      const start = this.#at;
      const key = this.#string();
      if (result.has(key))
        throw new JsonProblem(`has the key ${JSON.stringify(key.slice(0, 60))} twice`, start);
      this.#space();
      this.#expect(':');
      result.set(key, this.value(depth + 1));
      this.#space();
      if (this.#takes('}')) return result;
      this.#expect(',');
    }
  }

  #array(depth: number): HeaderValue[] {
    const result: HeaderValue[] = [];
    this.#at++;
    this.#space();
    if (this.#takes(']')) return result;
    for (;;) {
      result.push(this.value(depth + 1));
      this.#space();
      if (this.#takes(']')) return result;
      this.#expect(',');
    }
  }

  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#problem('lacks a text in double quotes');
    let end = start + 1;
    for (; end < this.#text.length && this.#text[end] !== '"'; end++) {
      if (this.#text[end] === '\\') end++;
    }
    const raw = this.#text.slice(start, end + 1);
    try {
      const value: unknown = JSON.parse(raw);
      if (typeof value === 'string' && !LONE_SURROGATE.test(value)) {
        this.#at = end + 1;
        return value;
      }
    } catch {
      // Reported below, with its place.
    }
    throw new JsonProblem('has a malformed text', start);
  }

  #integer(): number {
    const start = this.#at;
    let end = start;
    while (end < this.#text.length && /[-+.0-9eE]/.test(this.#text[end] ?? '')) end++;
    const raw = this.#text.slice(start, end);
    if (raw === '') throw this.#problem('lacks a value');
    if (!/^(0|-?[1-9]\d*)$/.test(raw))
      throw new JsonProblem(`has the number ${raw.slice(0, 40)}, not an integer`, start);
    const value = Number(raw);
    if (!Number.isSafeInteger(value))
      throw new JsonProblem(`has the number ${raw.slice(0, 40)}, above 2^53`, start);
    this.#at = end;
    return value;
  }

  #word<Value extends boolean | null>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw this.#problem('lacks a value');
    this.#at += word.length;
    return value;
  }

  #space(): void {
    while (SPACE.has(this.#text[this.#at] ?? '')) this.#at++;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw this.#problem(`lacks '${character}'`);
  }

  #problem(message: string): JsonProblem {
    return new JsonProblem(message, this.#at);
  }
}
