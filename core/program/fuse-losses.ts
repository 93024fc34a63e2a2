// Fusing the gradients of nll and log_softmax: the first is zero but for one class of each row, which needs no pass over it.
// Each element is computed by the same operations.
import type { TracedProgram } from './traced';
import { bufferAt } from './traced';
import { Rewrite } from './rewrite';
import { sharedBy } from './shares';

/** The program with cross_entropy_gradient for log_softmax_gradient of nll_gradient, where rows are the last axis. */
export function fuseCrossEntropy(program: TracedProgram): TracedProgram {
  const rewrite = new Rewrite(program);
  for (const nll of program.instructions) {
    const [made = -1] = nll.outputs;
    if (nll.op !== 'nll_gradient' || !rewrite.isPlain(made)) continue;
    const [softmax, ...others] = rewrite.readersOf(made);
    const axis = softmax?.attributes['axis'];
    const isRows = bufferAt(program, made).shape.length === 2 && (axis === 1 || axis === -1);
    if (softmax?.op !== 'log_softmax_gradient' || others.length > 0 || !isRows) continue;
    const [gradient, logp = null] = softmax.inputs;
    if (gradient !== made || logp === null) continue;
    const { ignore_index = -100, reduction = 'mean' } = nll.attributes;
    rewrite.replace(nll, null);
    rewrite.replace(softmax, {
      ...sharedBy(softmax, nll),
      op: 'cross_entropy_gradient',
      inputs: [...nll.inputs, logp],
      outputs: softmax.outputs,
      attributes: { ignore_index, reduction },
    });
  }
  return rewrite.finish();
}
