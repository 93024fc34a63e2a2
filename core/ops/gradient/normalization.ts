// Gradients of the normalizations, of attention, of softmax and of the likelihood loss: each has its own primitive.
import type { Tensor } from '../../tensor/tensor';
import { apply } from '../dispatch';
import { first, reshape } from '../functional/dense';
import { inputAt } from './movement';
import type { GradientRule } from './rule';

/** A normalization's three gradients for its inputs x, weight, bias (shaped as they are), and none for the others. */
function forInputs(
  inputs: readonly (Tensor | null)[],
  gradients: readonly Tensor[],
  needs: readonly boolean[],
) {
  return inputs.map((input, index) => {
    const gradient = needs[index] ? gradients[index] : undefined;
    return input && gradient ? reshape(gradient, input.shape) : null;
  });
}

export const batchNorm: GradientRule<'batch_norm'> = ({ inputs, outputs }, gy, needs) => {
  const saved = [gy, inputAt(inputs, 0), inputs[1] ?? null, inputAt(outputs, 1), inputAt(outputs, 2)];
  return forInputs(inputs, apply('batch_norm_gradient', saved, {}), needs);
};

export const layerNorm: GradientRule<'layer_norm'> = (
  { inputs, outputs, attributes: { size } },
  gy,
  needs,
) => {
  const saved = [gy, inputAt(inputs, 0), inputs[1] ?? null, inputAt(outputs, 1), inputAt(outputs, 2)];
  return forInputs(inputs, apply('layer_norm_gradient', saved, { size }), needs);
};

export const groupNorm: GradientRule<'group_norm'> = (
  { inputs, outputs, attributes: { groups } },
  gy,
  needs,
) => {
  const saved = [gy, inputAt(inputs, 0), inputs[1] ?? null, inputAt(outputs, 1), inputAt(outputs, 2)];
  return forInputs(inputs, apply('group_norm_gradient', saved, { groups }), needs);
};

export const selfAttention: GradientRule<'self_attention'> = ({ inputs, outputs, attributes }, gy) =>
  apply(
    'self_attention_gradient',
    [gy, inputAt(inputs, 0), inputAt(outputs, 0), inputAt(outputs, 1)],
    attributes,
  );

export const softmax: GradientRule<'softmax'> = ({ outputs, attributes }, gy) =>
  apply('softmax_gradient', [gy, first(outputs)], attributes);

export const logSoftmax: GradientRule<'log_softmax'> = ({ outputs, attributes }, gy) =>
  apply('log_softmax_gradient', [gy, first(outputs)], attributes);

export const nll: GradientRule<'nll'> = ({ inputs, outputs, attributes }, gy) => {
  const { ignore_index, reduction } = attributes;
  const logp = inputAt(inputs, 0);
  const saved = [gy, inputAt(inputs, 1), inputs[2] ?? null, inputAt(outputs, 1)];
  return [first(apply('nll_gradient', saved, { ignore_index, reduction, shape: logp.shape })), null, null];
};
