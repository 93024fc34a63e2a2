// Which examples the generated tests leave out, and why; tests/coverage checks that nothing else is left out.
import { CASES } from './calls';

/** Examples whose gradient is PyTorch's (the golden test checks it) and not the derivative. */
export const NOT_A_DERIVATIVE: readonly string[] = [
  // The padding row's gradient is 0 by definition, whatever the row does; words have none.
  'embedding: a padding row',
  'input: words',
  // Divided by how often a row is looked up, and of rows that were shortened before.
  'embedding: short rows, gradients by frequency',
  'embedding_bag: a weight each, with the end',
  // PyTorch's class has a window of its own for the gradient.
  'cross_map_lrn2d: near channels',
  // That of log_softmax and the loss together: gradient.test.ts checks it so.
  'ctc: a batch of labels',
  'ctc: labels in one list, kept apart',
];

/** Layers whose derivative is checked in a case of its own. */
export const CHECKED_APART: readonly string[] = ['ctc'];

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
