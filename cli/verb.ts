// What a verb of the command line is: its arguments and options as data, and what it does. The list is cli/verbs/index.ts.
import { DEVICE_NAMES, isDeviceName, type DeviceName } from '#core/document/device';
import { LazuliError } from '#core/errors';

import type { Output } from './output';

export interface ArgumentSpec {
  readonly name: string;
  readonly help: string;
  readonly isOptional?: boolean;
  readonly isVariadic?: boolean;
}

/** `value` names what follows the flag; without it the option is a switch. */
export interface OptionSpec {
  readonly flag: string;
  readonly value?: string;
  readonly help: string;
  readonly isRepeatable?: boolean;
  readonly isRequired?: boolean;
}

export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** One line of usage as an example. */
  readonly example: string;
  run(call: VerbCall): Promise<void>;
}

export interface VerbCall {
  readonly args: Arguments;
  readonly options: Options;
  readonly output: Output;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Positional arguments, by place. */
export class Arguments {
  constructor(readonly values: readonly string[]) {}

  required(at: number): string {
    const value = this.values[at];
    if (value === undefined) throw new LazuliError('usage', `argument ${at + 1} is missing`);
    return value;
  }
  optional(at: number): string | null {
    return this.values[at] ?? null;
  }
}

/** Options as given, by their flag without dashes. Wrong values throw `usage`. */
export class Options {
  constructor(readonly values: ReadonlyMap<string, readonly string[] | true>) {}

  isSet(name: string): boolean {
    return this.values.has(name);
  }
  all(name: string): readonly string[] {
    const value = this.values.get(name);
    return value === undefined || value === true ? [] : value;
  }
  text(name: string): string | null {
    return this.all(name).at(-1) ?? null;
  }
  /** A whole number of at least `least`. */
  integer(name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most)
      return value;
    const expected =
      most === Number.MAX_SAFE_INTEGER
        ? `a whole number from ${least}`
        : `a whole number from ${least} to ${most}`;
    throw wrong(name, expected, text);
  }
  number(name: string, least = -Infinity, most = Infinity): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= least && value <= most) return value;
    throw wrong(
      name,
      least === -Infinity ? 'a number' : `a number from ${least}${most === Infinity ? '' : ` to ${most}`}`,
      text,
    );
  }
  choice<const T extends readonly string[]>(name: string, choices: T): T[number] | null {
    const text = this.text(name);
    if (text === null) return null;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw wrong(name, `one of ${choices.join(', ')}`, text);
    return found;
  }
  /** A device by its name; whether it is there is seen when it is opened. */
  device(name: string): DeviceName | null {
    const text = this.text(name);
    if (text === null || isDeviceName(text)) return text;
    throw wrong(name, DEVICE_NAMES, text);
  }
}

const wrong = (name: string, expected: string, got: string): LazuliError =>
  new LazuliError('usage', `--${name}: expected ${expected}, got '${got}'`, {
    where: `--${name}`,
    expected,
    got,
  });
