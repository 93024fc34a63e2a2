// Activations along one axis: softmax and its logarithm.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration } from './declaration';
import { optionalInteger } from './params';
import { inputOf } from './pieces';
import { axisIn, axisProblem, outputs, product, refusal } from './shapes';

/** torch.nn.functional._get_softmax_dim: what a missing `dim` means. */
const implicitAxis = (rank: number): number => (rank === 0 || rank === 1 || rank === 3 ? 0 : 1);

interface AlongAxis {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly formula: (x: Tensor, axis: number) => Tensor;
}

/** A layer that normalizes along `dim`: `[*]` → `[*]`. */
function alongAxis({ type, torch, summary, keywords, formula }: AlongAxis): LayerDeclaration {
  return defineLayer({
    type,
    torch,
    category: 'activation',
    summary,
    keywords,
    params: {
      dim: optionalInteger({
        min: Number.MIN_SAFE_INTEGER,
        help: 'Axis whose values sum to 1; negative counts from the end; blank: PyTorch guesses 0 or 1 from the rank.',
        initial: 1,
        torchDefault: null,
      }),
    },
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer({ dim }, [input = null]) {
      if (input === null) return outputs(null);
      // PyTorch lets a scalar pass as if it had one axis.
      const rank = Math.max(input.length, 1);
      return axisIn(dim ?? implicitAxis(input.length), rank) === null
        ? refusal(axisProblem('dim', dim ?? implicitAxis(input.length), rank))
        : outputs(input);
    },
    lower(call) {
      const input = inputOf(call);
      const axis = call.params.dim ?? implicitAxis(input.rank);
      if (input.rank > 0) return [formula(input, axis)];
      return [ops.reshape(formula(ops.reshape(input, [1]), 0), [])];
    },
    flops: (_params, [input = []]) => 3 * (product(input) ?? 0),
    examples: [
      { title: 'classes', params: { dim: 1 }, inputs: [[4, 7]], outputs: [[4, 7]] },
      {
        title: 'classes per pixel',
        params: { dim: 1 },
        inputs: [[2, 5, 3, 2]],
        outputs: [[2, 5, 3, 2]],
      },
      { title: 'the last axis', params: { dim: -1 }, inputs: [[2, 3, 6]], outputs: [[2, 3, 6]] },
    ],
  });
}

export const softmax = alongAxis({
  type: 'softmax',
  torch: 'torch.nn.Softmax',
  summary: 'Turns scores along an axis into probabilities that sum to 1.',
  keywords: ['probability', 'attention'],
  formula: (x, axis) => ops.softmax(x, axis),
});

export const logSoftmax = alongAxis({
  type: 'log_softmax',
  torch: 'torch.nn.LogSoftmax',
  summary: 'The logarithm of softmax; goes with the nll loss.',
  keywords: ['log probability'],
  formula: (x, axis) => ops.logSoftmax(x, axis),
});

export const softmin = alongAxis({
  type: 'softmin',
  torch: 'torch.nn.Softmin',
  summary: 'Softmax of the negated scores: the smallest gets the most.',
  keywords: ['probability'],
  formula: (x, axis) => ops.softmax(ops.neg(x), axis),
});
