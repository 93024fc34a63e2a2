// The equation of torch.einsum: which letters name the axes of which operand, what is left of them, and their sizes.
import { formatShape } from '../tensor/shape';
import type { EdgeShape, LayerProblem } from './declaration';
import { broadcastSize, mismatch, type Size } from './shapes';

/** One operand's axes, or the result's: letters, and where the axes stand that an ellipsis means (null: it has none). */
export interface Term {
  readonly letters: readonly string[];
  readonly ellipsis: number | null;
}

export interface Equation {
  readonly terms: readonly Term[];
  readonly result: Term;
}

/** What is wrong with an equation, as torch.einsum says it. */
export class EquationError extends Error {}

/**
 * Reads `bij,bjk->bik`. Without an arrow the result has the letters that occur once, in the alphabet's order, after what an
 * ellipsis means. Throws `EquationError`. Source: torch.einsum.
 */
export function parseEquation(text: string): Equation {
  const arrow = text.indexOf('->');
  const terms = (arrow === -1 ? text : text.slice(0, arrow)).split(',').map(readTerm);
  if (arrow === -1) return { terms, result: implicitResult(terms) };
  const result = readTerm(text.slice(arrow + 2), null);
  for (const [at, letter] of result.letters.entries()) {
    if (!terms.some(({ letters }) => letters.includes(letter)))
      throw new EquationError(`the output's letter ${letter} is in no operand`);
    if (result.letters.indexOf(letter) !== at)
      throw new EquationError(`the letter ${letter} stands more than once in the output`);
  }
  return { terms, result };
}

function readTerm(text: string, operand: number | null): Term {
  const where = operand === null ? 'the output' : `operand ${operand + 1}`;
  const letters: string[] = [];
  let ellipsis: number | null = null;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === ' ') continue;
    if (character === '.') {
      if (ellipsis !== null) throw new EquationError(`${where} has two ellipses`);
      if (!text.startsWith('...', at)) throw new EquationError(`a . of ${where} is not part of an ellipsis`);
      ellipsis = letters.length;
      at += 2;
    } else if (/[a-zA-Z]/.test(character)) letters.push(character);
    else throw new EquationError(`'${character}' in ${where} is no letter`);
  }
  return { letters, ellipsis };
}

function implicitResult(terms: readonly Term[]): Term {
  const all = terms.flatMap(({ letters }) => letters);
  const once = all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter));
  return {
    letters: once.toSorted((a, b) => a.charCodeAt(0) - b.charCodeAt(0)),
    ellipsis: terms.some(({ ellipsis }) => ellipsis !== null) ? 0 : null,
  };
}

/** Names of the axes that an ellipsis of `count` axes means, as part of `most` that end at the same place. */
const axesOfEllipsis = (count: number, most: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `...${most - count + at}`);

/** The names of a term's axes, of which an ellipsis means `count`. */
const spelled = ({ letters, ellipsis }: Term, count: number, most: number): readonly string[] =>
  ellipsis === null ? letters : letters.toSpliced(ellipsis, 0, ...axesOfEllipsis(count, most));

/** An equation beside the ranks of its operands: the name of every axis, no ellipsis left. */
export interface Spelled {
  readonly terms: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/** What is spelled out, `null` while an ellipsis of the result may mean any number of axes, or the operand that does not fit. */
export function spellOut(
  { terms, result }: Equation,
  shapes: readonly EdgeShape[],
): Spelled | null | { readonly problem: LayerProblem } {
  // An input that is not connected yet says nothing, not even how many there will be.
  const isStarted = shapes.some((shape) => shape !== null);
  if (isStarted && shapes.length !== terms.length)
    return { problem: mismatch('inputs', `${terms.length} for this equation`, shapes.length) };
  const counts = terms.map(({ letters }, at) => {
    const shape = shapes[at] ?? null;
    return shape === null ? null : shape.length - letters.length;
  });
  for (const [at, { letters, ellipsis }] of terms.entries()) {
    const count = counts[at] ?? 0;
    if (count < 0 || (count > 0 && ellipsis === null)) {
      const least = ellipsis === null ? '' : 'at least ';
      const expected = `${least}${letters.length} dimensions for operand ${at + 1}, ${letters.join('') || 'a number'}`;
      return { problem: mismatch('inputs', expected, formatShape(shapes[at] ?? [])) };
    }
  }
  const isOpen = terms.some(({ ellipsis }, at) => ellipsis !== null && counts[at] === null);
  if (isOpen && result.ellipsis !== null) return null;
  const most = Math.max(0, ...counts.map((count) => count ?? 0));
  return {
    terms: terms.map((term, at) => spelled(term, counts[at] ?? 0, most)),
    result: spelled(result, most, most),
  };
}

/** The size of every name, or the operand that disagrees. Sizes of 1 stand for any, as torch.einsum takes them. */
export function sizesOf(
  { terms }: Spelled,
  shapes: readonly EdgeShape[],
): ReadonlyMap<string, Size> | { readonly problem: LayerProblem } {
  const sizes = new Map<string, Size>();
  for (const [operand, names] of terms.entries()) {
    const shape = shapes[operand] ?? null;
    const own = new Map<string, Size>();
    for (const [axis, name] of names.entries()) {
      const size = shape?.[axis] ?? null;
      const twin = own.get(name) ?? null;
      if (twin !== null && size !== null && twin !== size)
        return {
          problem: mismatch(
            'inputs',
            `equal sizes along ${name} in operand ${operand + 1}`,
            `${twin} and ${size}`,
          ),
        };
      own.set(name, twin ?? size);
    }
    for (const [name, size] of own) {
      const before = sizes.get(name);
      const joint = before === undefined ? size : broadcastSize(before, size);
      if (joint === undefined)
        return {
          problem: mismatch('inputs', `size ${before} along ${name} in operand ${operand + 1}`, String(size)),
        };
      sizes.set(name, joint);
    }
  }
  return sizes;
}
