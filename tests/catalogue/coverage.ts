// Which examples the generated tests leave out, and why; tests/coverage checks that nothing else is left out.
import { CASES } from './calls';

/** The padding row's gradient is 0 by definition, whatever the row does (the golden test checks it); words have none. */
export const NOT_A_DERIVATIVE: readonly string[] = ['embedding: a padding row', 'input: words'];

/** Without a batch axis a blank size asks which axis holds the channels (LAZY-20). */
export const asksForBatch = (type: string, title: string): boolean =>
  type.startsWith('instance_norm') && title === 'one sample without a batch';

/** Examples of layers with parameters or buffers whose shapes a blank size decides. */
export const LAZY_CASES = CASES.filter(
  ({ layer, params, example }) =>
    !asksForBatch(layer.type, example.title) &&
    (layer.tensors?.(params) ?? []).length > 0 &&
    Object.values(layer.params).some(({ isInferred }) => isInferred === true),
);
