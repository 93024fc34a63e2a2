// Scalar formulas as a graph of shared nodes: built by the elementwise functions, differentiated by their gradient, merged
// by program fusion, and written out as the steps of one fused op. No tensors.
import { LazuliError } from '../errors';
import type { ElementwiseSteps, ScalarFunction } from './signatures';

/** A node of a formula. Equal nodes of one `Formula` are one object. */
export type Term =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'step'; readonly name: ScalarFunction; readonly operands: readonly Term[] };

/** A formula written out: the attributes of one elementwise op and the inputs it really uses. */
export interface FormulaSteps {
  readonly steps: ElementwiseSteps;
  readonly constants: readonly number[];
  /** Indices of the used inputs, ascending; operand i of the steps means inputs[i]. */
  readonly inputs: readonly number[];
}

/** Makes terms, each only once, so that common subexpressions are computed once. The arithmetic is never changed. */
export class Formula {
  readonly #known = new Map<string, Term>();
  readonly #ids = new Map<Term, number>();

  input(index: number): Term {
    return this.#term(`i${index}`, () => ({ kind: 'input', index }));
  }

  constant(value: number): Term {
    return this.#term(Object.is(value, -0) ? 'c-0' : `c${value}`, () => ({ kind: 'constant', value }));
  }

  step(name: ScalarFunction, ...operands: readonly Term[]): Term {
    const key = `${name}(${operands.map((operand) => this.#ids.get(operand) ?? -1).join()})`;
    return this.#term(key, () => ({ kind: 'step', name, operands }));
  }

  /** The terms of a fused op's attributes; returns its output. `inputs` says which term each input is. */
  parse(steps: ElementwiseSteps, constants: readonly number[], inputs: readonly Term[]): Term {
    const values: Term[] = [...inputs, ...constants.map((value) => this.constant(value))];
    for (const [name, ...operands] of steps)
      values.push(this.step(name, ...operands.map((operand) => termAt(values, operand))));
    return termAt(values, values.length - 1);
  }

  #term(key: string, make: () => Term): Term {
    const known = this.#known.get(key);
    if (known) return known;
    const term = make();
    this.#known.set(key, term);
    this.#ids.set(term, this.#ids.size);
    return term;
  }
}

/** Every term of a fused op's attributes in order: inputs, constants, steps. */
export function termsOf(
  formula: Formula,
  steps: ElementwiseSteps,
  constants: readonly number[],
  inputCount: number,
): Term[] {
  const values: Term[] = [];
  for (let index = 0; index < inputCount; index++) values.push(formula.input(index));
  for (const value of constants) values.push(formula.constant(value));
  for (const [name, ...operands] of steps)
    values.push(formula.step(name, ...operands.map((operand) => termAt(values, operand))));
  return values;
}

function termAt(values: readonly Term[], index: number): Term {
  const term = values[index];
  if (!term) throw new LazuliError('internal', `elementwise: value ${index} of ${values.length}`);
  return term;
}

/** The terms `output` depends on, itself last, every operand before its use. */
export function orderedTerms(output: Term): Term[] {
  const ordered: Term[] = [];
  const seen = new Set<Term>();
  const visit = (term: Term): void => {
    if (seen.has(term)) return;
    seen.add(term);
    if (term.kind === 'step') term.operands.forEach(visit);
    ordered.push(term);
  };
  visit(output);
  return ordered;
}

/** Writes a formula out as steps. A formula that is only an input or a constant has none. */
export function emitSteps(output: Term): FormulaSteps {
  const terms = orderedTerms(output);
  const inputs = terms.flatMap((term) => (term.kind === 'input' ? [term.index] : [])).sort((a, b) => a - b);
  const constants = terms.flatMap((term) => (term.kind === 'constant' ? [term.value] : []));
  const numbers = new Map<Term, number>();
  const steps: [ScalarFunction, ...number[]][] = [];
  let constant = inputs.length;
  for (const term of terms) {
    if (term.kind === 'input') numbers.set(term, inputs.indexOf(term.index));
    if (term.kind === 'constant') numbers.set(term, constant++);
    if (term.kind !== 'step') continue;
    numbers.set(term, inputs.length + constants.length + steps.length);
    steps.push([term.name, ...term.operands.map((operand) => numbers.get(operand) ?? 0)]);
  }
  return { steps, constants, inputs };
}
