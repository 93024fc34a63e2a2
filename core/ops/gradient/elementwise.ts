// The gradient of the fused elementwise op: one fused op per input that needs it, then a sum over broadcast axes.
import { Tensor } from '../../tensor/tensor';
import { fullLike } from '../create';
import { emitSteps, Formula, orderedTerms, termsOf, type Term } from '../expression';
import { elementwise as run, fused } from '../functional/elementwise';
import { sumTo } from '../functional/reductions';
import { ELEMENTWISE_LIMITS } from '../infer/elementwise';
import { differentiate } from './derivatives';
import type { GradientRule } from './rule';

export const elementwise: GradientRule<'elementwise'> = ({ inputs, outputs, attributes }, gy, needs) => {
  const formula = new Formula();
  const tensors = inputs.flatMap((input) => input ?? []);
  const output = termsOf(formula, attributes.steps, attributes.constants, tensors.length).at(-1);
  if (!output) return inputs.map(() => null);
  const saved = formula.input(tensors.length + 1);
  const adjoints = differentiate(formula, output, formula.input(tensors.length), saved);
  return tensors.map((input, index) => {
    const adjoint = needs[index] ? adjoints.get(formula.input(index)) : undefined;
    return adjoint ? sumTo(evaluate(adjoint, [...tensors, gy, ...outputs], input), input.shape) : null;
  });
};

/** Computes a formula over tensors: at once when one op can hold it, else step by step. */
function evaluate(term: Term, tensors: readonly Tensor[], like: Tensor): Tensor {
  if (term.kind === 'input') return tensors[term.index] ?? like;
  if (term.kind === 'constant') return fullLike(like, term.value);
  const { steps, constants, inputs } = emitSteps(term);
  const fits =
    inputs.length <= ELEMENTWISE_LIMITS.inputs &&
    constants.length <= ELEMENTWISE_LIMITS.constants &&
    steps.length <= ELEMENTWISE_LIMITS.steps;
  if (!fits) return evaluateSteps(term, tensors, like);
  return run(
    steps,
    constants,
    inputs.flatMap((index) => tensors[index] ?? []),
  );
}

function evaluateSteps(term: Term, tensors: readonly Tensor[], like: Tensor): Tensor {
  const values = new Map<Term, Tensor | number>();
  for (const part of orderedTerms(term)) {
    if (part.kind === 'input') values.set(part, tensors[part.index] ?? like);
    if (part.kind === 'constant') values.set(part, part.value);
    if (part.kind !== 'step') continue;
    const operands = part.operands.map((operand) => values.get(operand) ?? 0);
    values.set(
      part,
      fused(operands, (f, ...terms) => f.step(part.name, ...terms)),
    );
  }
  const value = values.get(term);
  return value instanceof Tensor ? value : fullLike(like, value ?? 0);
}
