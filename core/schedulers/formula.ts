// Formulas in Python's notation, for schedulers that PyTorch gives a function: `0.95 ** epoch`. Read and computed here, nothing
// is run. Source: the Python Language Reference, chapter 6 (expressions), and the functions of `math`.
import { preciseExp, preciseLog, precisePower, preciseSineCosine } from '../nn/precise-math';

/** What is wrong with a formula, or with its value. */
export class FormulaError extends Error {}

/** A number for each epoch. Throws `FormulaError` where Python would raise, and where the value is no finite number. */
export type Formula = (epoch: number) => number;

type Operation = (left: number, right: number) => number;

const divisor = (right: number): number => {
  if (right === 0) throw new FormulaError('division by zero');
  return right;
};

/** Python's `**`: of whole numbers exact, of a negative base only with a whole exponent. */
function power(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) throw new FormulaError('0 to a negative power');
  const rough = base ** exponent;
  if (Number.isNaN(rough)) throw new FormulaError(`${base} ** ${exponent} is not a real number`);
  if (!Number.isFinite(rough) || Math.abs(rough) < 1e-300) return rough;
  return Math.sign(rough) * precisePower(Math.abs(base), exponent);
}

function logarithm(value: number, base?: number): number {
  if (value <= 0) throw new FormulaError(`log(${value}) is not a real number`);
  return base === undefined ? preciseLog(value) : preciseLog(value) / divisor(logarithm(base));
}

function root(value: number): number {
  if (value < 0) throw new FormulaError(`sqrt(${value}) is not a real number`);
  return Math.sqrt(value);
}

const FUNCTIONS: Readonly<Record<string, { readonly counts: readonly [number, number]; readonly of: (...values: number[]) => number }>> = {
  min: { counts: [2, Infinity], of: Math.min },
  max: { counts: [2, Infinity], of: Math.max },
  abs: { counts: [1, 1], of: Math.abs },
  int: { counts: [1, 1], of: Math.trunc },
  float: { counts: [1, 1], of: (value = 0) => value },
  floor: { counts: [1, 1], of: Math.floor },
  ceil: { counts: [1, 1], of: Math.ceil },
  exp: { counts: [1, 1], of: preciseExp },
  log: { counts: [1, 2], of: logarithm },
  sqrt: { counts: [1, 1], of: root },
  pow: { counts: [2, 2], of: power },
  sin: { counts: [1, 1], of: (angle = 0) => preciseSineCosine(angle).sine },
  cos: { counts: [1, 1], of: (angle = 0) => preciseSineCosine(angle).cosine },
  tanh: { counts: [1, 1], of: Math.tanh },
}; // prettier-ignore

const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E, True: 1, False: 0 };

/** Names a formula may use beside `epoch`, for help. */
export const FORMULA_NAMES: readonly string[] = [...Object.keys(FUNCTIONS), 'pi', 'e'];

/** Left to right, by how tightly they bind; `**` and signs bind tighter still. */
const BINARY: readonly Readonly<Record<string, Operation>>[] = [
  { '+': (left, right) => left + right, '-': (left, right) => left - right },
  {
    '*': (left, right) => left * right,
    '/': (left, right) => left / divisor(right),
    '//': (left, right) => Math.floor(left / divisor(right)),
    '%': (left, right) => {
      const rest = left % divisor(right);
      return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
    },
  },
];

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

const WORDS = new Set(['if', 'else', 'and', 'or', 'not', 'lambda']);
const TOKEN =
  /\s*(?:((?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_][\w.]*)|(\*\*|\/\/|<=|>=|==|!=|[-+*/%<>(),:[\]]))/y;

interface Token {
  readonly kind: 'number' | 'name' | 'sign';
  readonly text: string;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const [whole, number, name, sign] = TOKEN.exec(text) ?? [];
    if (whole === undefined) throw new FormulaError(`'${text.slice(at).trim().charAt(0)}' is not understood`);
    if (number !== undefined) tokens.push({ kind: 'number', text: number.replaceAll('_', '') });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name.replace(/^math\./, '') });
    else tokens.push({ kind: 'sign', text: sign ?? '' });
  }
  return tokens;
}

/** How deep parentheses, signs and conditions may stand inside each other. */
const MOST_NESTED = 100;

class Parser {
  #at = 0;
  #depth = 0;
  #variable = 'epoch';

  constructor(readonly tokens: readonly Token[]) {}

  /** One formula, or Python's list of some. */
  formulas(): readonly Formula[] {
    const found: Formula[] = [];
    if (this.#takes('[')) {
      do found.push(this.#function());
      while (this.#takes(',') && this.#token?.text !== ']');
      this.#expect(']');
    } else found.push(this.#function());
    if (this.#token) throw new FormulaError(`'${this.#token.text}' is not expected there`);
    return found;
  }

  #function(): Formula {
    this.#variable = 'epoch';
    if (this.#takes('lambda')) {
      this.#variable = this.#next('a name').text;
      this.#expect(':');
    }
    return this.#condition();
  }

  get #token(): Token | undefined {
    return this.tokens[this.#at];
  }
  #takes(...texts: readonly string[]): string | null {
    const text = this.#token?.text;
    if (text === undefined || !texts.includes(text)) return null;
    this.#at += 1;
    return text;
  }
  #expect(text: string): void {
    if (this.#takes(text) === null)
      throw new FormulaError(
        `'${text}' is missing before ${this.#token ? `'${this.#token.text}'` : 'the end'}`,
      );
  }
  #next(what: string): Token {
    const token = this.#token;
    if (!token) throw new FormulaError(`it ends where ${what} is expected`);
    this.#at += 1;
    return token;
  }

  #condition(): Formula {
    if (++this.#depth > MOST_NESTED) throw new FormulaError('it is nested too deeply');
    const value = this.#either();
    let result = value;
    if (this.#takes('if')) {
      const test = this.#either();
      this.#expect('else');
      const other = this.#condition();
      result = (epoch) => (test(epoch) !== 0 ? value(epoch) : other(epoch));
    }
    this.#depth -= 1;
    return result;
  }
  #either(): Formula {
    let left = this.#both();
    while (this.#takes('or')) {
      const [first, second] = [left, this.#both()];
      left = (epoch) => first(epoch) || second(epoch);
    }
    return left;
  }
  #both(): Formula {
    let left = this.#not();
    while (this.#takes('and')) {
      const [first, second] = [left, this.#not()];
      left = (epoch) => first(epoch) && second(epoch);
    }
    return left;
  }
  #not(): Formula {
    let isNegated = false;
    let count = 0;
    while (this.#takes('not')) {
      isNegated = !isNegated;
      count += 1;
    }
    const value = this.#comparison();
    return count === 0 ? value : (epoch) => Number((value(epoch) === 0) === isNegated);
  }
  /** `a < b <= c` means both. */
  #comparison(): Formula {
    const first = this.#binary(0);
    const rest: (readonly [(left: number, right: number) => boolean, Formula])[] = [];
    for (
      let sign = this.#takes(...Object.keys(COMPARISONS));
      sign !== null;
      sign = this.#takes(...Object.keys(COMPARISONS))
    ) {
      const holds = COMPARISONS[sign];
      if (holds) rest.push([holds, this.#binary(0)]);
    }
    if (rest.length === 0) return first;
    return (epoch) => {
      let left = first(epoch);
      for (const [holds, value] of rest) {
        const right = value(epoch);
        if (!holds(left, right)) return 0;
        left = right;
      }
      return 1;
    };
  }
  #binary(level: number): Formula {
    const signs = BINARY[level];
    if (!signs) return this.#signed();
    let left = this.#binary(level + 1);
    for (
      let sign = this.#takes(...Object.keys(signs));
      sign !== null;
      sign = this.#takes(...Object.keys(signs))
    ) {
      const [first, second, operation] = [left, this.#binary(level + 1), signs[sign]];
      if (operation) left = (epoch) => operation(first(epoch), second(epoch));
    }
    return left;
  }
  #signed(): Formula {
    const sign = this.#takes('-', '+');
    if (sign === null) return this.#power();
    if (++this.#depth > MOST_NESTED) throw new FormulaError('it is nested too deeply');
    const value = this.#signed();
    this.#depth -= 1;
    return sign === '-' ? (epoch) => -value(epoch) : value;
  }
  /** Right to left, and tighter than the sign before it: -2 ** 2 is -4. */
  #power(): Formula {
    const base = this.#atom();
    if (!this.#takes('**')) return base;
    const exponent = this.#signed();
    return (epoch) => power(base(epoch), exponent(epoch));
  }
  #atom(): Formula {
    const { kind, text } = this.#next('a number, epoch or a function');
    if (kind === 'number') {
      const value = Number(text);
      return () => value;
    }
    if (text === '(') {
      const value = this.#condition();
      this.#expect(')');
      return value;
    }
    if (kind === 'sign' || WORDS.has(text)) throw new FormulaError(`'${text}' is not expected there`);
    if (text === this.#variable) return (epoch) => epoch;
    if (Object.hasOwn(CONSTANTS, text)) {
      const value = CONSTANTS[text] ?? 0;
      return () => value;
    }
    return this.#call(text);
  }
  #call(name: string): Formula {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!known)
      throw new FormulaError(
        `'${name}' is not known; there are ${this.#variable}, ${FORMULA_NAMES.join(', ')}`,
      );
    this.#expect('(');
    const values = [this.#condition()];
    while (this.#takes(',')) values.push(this.#condition());
    this.#expect(')');
    const [least, most] = known.counts;
    if (values.length < least || values.length > most)
      throw new FormulaError(
        `${name} does not take ${values.length} ${values.length === 1 ? 'number' : 'numbers'}`,
      );
    return (epoch) => known.of(...values.map((value) => value(epoch)));
  }
}

const finite =
  (formula: Formula): Formula =>
  (epoch) => {
    const value = formula(epoch);
    if (!Number.isFinite(value)) throw new FormulaError(`its value is ${value}`);
    return value;
  };

/**
 * The formula of a text, or those of a list in brackets. `lambda step: 0.9 ** step` is the same as `0.9 ** epoch`. Throws
 * `FormulaError` for what cannot be read.
 */
export const parseFormulas = (text: string): readonly Formula[] =>
  new Parser(tokensOf(text)).formulas().map(finite);
