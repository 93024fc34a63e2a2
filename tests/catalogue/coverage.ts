// Which examples the generated tests leave out, and why; tests/coverage checks that nothing else is left out.
import { CASES } from './calls';

/** The padding row's gradient is 0 by definition, whatever the row does (the golden test checks it); words have none. */
export const NOT_A_DERIVATIVE: readonly string[] = ['embedding: a padding row', 'input: words'];

/** Examples of layers with parameters or buffers whose shapes a blank size decides. */
export const LAZY_CASES = CASES.filter(
  ({ layer, params }) =>
    (layer.tensors?.(params) ?? []).length > 0 &&
    Object.values(layer.params).some(({ isInferred }) => isInferred === true),
);
