// The derivative of every scalar function, as formulas, and the symbolic reverse pass over a fused formula.
import { orderedTerms, type Formula, type Term } from '../expression';
import type { ScalarFunction } from '../signatures';

/** From the gradient `g` of result `y` (an input where the op's own output is at hand) to the gradients of operands `a`, `b`, `c`; null: none flows; constant 0: always 0. */
type Derivative = (f: Formula, g: Term, y: Term, a: Term, b: Term, c: Term) => readonly (Term | null)[];

const zero: Derivative = (f) => [f.constant(0)];
const nothing: Derivative = () => [null, null];

/** Half of the gradient at ties, all of it where operand `name`s the other. Source: torch derivatives.yaml, maximum. */
const extreme =
  (loses: 'lt' | 'gt'): Derivative =>
  (f, g, _y, a, b) => {
    const half = f.step('div', g, f.constant(2));
    const share = (own: Term, other: Term): Term =>
      f.step(
        'where',
        f.step(loses, own, other),
        f.constant(0),
        f.step('where', f.step('eq', own, other), half, g),
      );
    return [share(a, b), share(b, a)];
  };

/** Sources: torch's derivatives.yaml and FunctionsManual.cpp. */
export const DERIVATIVES: { readonly [name in ScalarFunction]: Derivative } = {
  neg: (f, g) => [f.step('neg', g)],
  abs: (f, g, _y, a) => [f.step('mul', g, f.step('sign', a))],
  sign: zero,
  exp: (f, g, y) => [f.step('mul', g, y)],
  // Where it is the op's own result as torch.expm1 has it; inside a formula (elu) nothing may be lost to the 1, as in torch.elu.
  expm1: (f, g, y, a) => [
    f.step('mul', g, y.kind === 'input' ? f.step('add', y, f.constant(1)) : f.step('exp', a)),
  ],
  log: (f, g, _y, a) => [f.step('div', g, a)],
  log1p: (f, g, _y, a) => [f.step('div', g, f.step('add', a, f.constant(1)))],
  sqrt: (f, g, y) => [f.step('div', g, f.step('mul', f.constant(2), y))],
  rsqrt: (f, g, y) => [
    f.step('mul', f.step('mul', f.constant(-0.5), g), f.step('mul', f.step('mul', y, y), y)),
  ],
  reciprocal: (f, g, y) => [f.step('neg', f.step('mul', g, f.step('mul', y, y)))],
  square: (f, g, _y, a) => [f.step('mul', g, f.step('mul', f.constant(2), a))],
  tanh: (f, g, y) => [f.step('mul', g, f.step('sub', f.constant(1), f.step('mul', y, y)))],
  sigmoid: (f, g, y) => [f.step('mul', g, f.step('mul', f.step('sub', f.constant(1), y), y))],
  erf: (f, g, _y, a) => {
    const slope = f.step('exp', f.step('neg', f.step('mul', a, a)));
    return [f.step('mul', f.step('mul', f.constant(2 / Math.sqrt(Math.PI)), slope), g)];
  },
  sin: (f, g, _y, a) => [f.step('mul', g, f.step('cos', a))],
  cos: (f, g, _y, a) => [f.step('mul', g, f.step('neg', f.step('sin', a)))],
  floor: zero,
  ceil: zero,
  round: zero,
  // The result is as good as the operand for telling the sign, and the next layer keeps it anyway.
  relu: (f, g, y, a) => [
    f.step('where', f.step('le', y.kind === 'input' ? y : a, f.constant(0)), f.constant(0), g),
  ],
  is_nan: nothing,
  gelu: (f, g, _y, a) => [f.step('mul', g, f.step('gelu_slope', a))],
  gelu_slope: (f, g, _y, a) => {
    const square = f.step('square', a);
    const bell = f.step('exp', f.step('mul', f.constant(-0.5), square));
    const density = f.step('mul', f.constant(1 / Math.sqrt(2 * Math.PI)), bell);
    return [f.step('mul', g, f.step('mul', density, f.step('sub', f.constant(2), square)))];
  },
  add: (_f, g) => [g, g],
  sub: (f, g) => [g, f.step('neg', g)],
  mul: (f, g, _y, a, b) => [f.step('mul', g, b), f.step('mul', g, a)],
  div: (f, g, y, _a, b) => [f.step('div', g, b), f.step('neg', f.step('div', f.step('mul', g, y), b))],
  maximum: extreme('lt'),
  minimum: extreme('gt'),
  pow: powerDerivative,
  fmod: (f, g, y, a, b) => [
    g,
    f.step('neg', f.step('mul', g, f.step('round', f.step('div', f.step('sub', a, y), b)))),
  ],
  eq: nothing,
  ne: nothing,
  lt: nothing,
  le: nothing,
  gt: nothing,
  ge: nothing,
  where: (f, g, _y, a) => [null, f.step('where', a, g, f.constant(0)), f.step('where', a, f.constant(0), g)],
};

function powerDerivative(f: Formula, g: Term, y: Term, base: Term, exponent: Term): readonly (Term | null)[] {
  const nought = f.constant(0);
  const slope = f.step('mul', exponent, f.step('pow', base, f.step('sub', exponent, f.constant(1))));
  // A base of 0 has no logarithm; its power does not move while the exponent is not negative.
  const isFlat = f.step('mul', f.step('eq', base, nought), f.step('ge', exponent, nought));
  const growth = f.step('where', isFlat, nought, f.step('mul', y, f.step('log', base)));
  const ofBase = f.step('where', f.step('eq', exponent, nought), nought, f.step('mul', g, slope));
  return [ofBase, f.step('mul', g, growth)];
}

/**
 * The gradients of a formula's inputs, as formulas over the same inputs and over `g`, the gradient of `output`. An input
 * that `output` does not depend on differentiably is absent. `saved` stands for the computed output.
 */
export function differentiate(f: Formula, output: Term, g: Term, saved: Term = output): Map<Term, Term> {
  const adjoints = new Map<Term, Term>([[output, g]]);
  for (const term of orderedTerms(output).reverse()) {
    const adjoint = adjoints.get(term);
    if (!adjoint || term.kind !== 'step') continue;
    const [a, b = a, c = b] = term.operands;
    if (!a || !b || !c) continue;
    const parts = isZero(adjoint)
      ? term.operands.map(() => adjoint)
      : DERIVATIVES[term.name](f, adjoint, term === output ? saved : term, a, b, c);
    term.operands.forEach((operand, index) => {
      const part = parts[index];
      if (!part || operand.kind === 'constant') return;
      const before = adjoints.get(operand);
      adjoints.set(
        operand,
        !before || isZero(before) ? part : isZero(part) ? before : f.step('add', before, part),
      );
    });
  }
  return adjoints;
}

const isZero = (term: Term): boolean => term.kind === 'constant' && term.value === 0;
