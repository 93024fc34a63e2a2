// Losses over answers of yes or no, one or several per sample: from scores, from probabilities, and against -1 and 1.
import { logSigmoid } from '../layers/formulas';
import { optionalArray, type NestedNumbers } from '../layers/params';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { constants } from './pieces';
import { elementwiseLoss } from './regression';

const weight = optionalArray({
  help: 'Factor per answer; a list goes along the last axis; blank: all equal.',
  initial: null,
  torchDefault: null,
  min: 0,
});

const weighted = (losses: Tensor, factors: NestedNumbers | null): Tensor =>
  factors === null ? losses : ops.mul(losses, constants(factors, losses));

/** -(pos_weight · t · log σ(x) + (1 - t) · log(1 - σ(x))). */
export const bceWithLogits = elementwiseLoss({
  type: 'bce_with_logits',
  torch: 'torch.nn.BCEWithLogitsLoss',
  summary: 'For yes or no, or several labels at once: the model gives a score per label.',
  params: {
    weight,
    pos_weight: optionalArray({
      help: 'Factor for yes; a list goes along the last axis: no per yes in the data makes both count the same.',
      initial: null,
      torchDefault: null,
      min: 0,
    }),
  },
  threshold: 0,
  probabilities: 'sigmoid',
  targetValues: 'probability',
  variants: [{ pos_weight: [1, 2.5, 0.4] }, { weight: [3, 1, 0.5], pos_weight: [2, 2, 2] }],
  formula(input, target, { weight: factors, pos_weight }) {
    const yes = logSigmoid(input);
    const share =
      pos_weight !== null ? ops.add(ops.mul(ops.add(constants(pos_weight, input), -1), target), 1) : null;
    const loss = ops.sub(ops.mul(ops.sub(1, target), input), share ? ops.mul(yes, share) : yes);
    return weighted(loss, factors);
  },
});

/** -(t · log x + (1 - t) · log(1 - x)), with the logarithms at least -100. */
export const bce = elementwiseLoss({
  type: 'bce',
  torch: 'torch.nn.BCELoss',
  summary: 'For yes or no: the model ends in sigmoid. With scores, bce_with_logits is more exact.',
  params: { weight },
  threshold: 0.5,
  probabilities: 'identity',
  inputValues: 'probability',
  targetValues: 'probability',
  variants: [{ weight: [3, 1, 0.5] }],
  formula(input, target, { weight: factors }) {
    const yes = ops.clampMin(ops.log(input), -100);
    const no = ops.clampMin(ops.log1p(ops.neg(input)), -100);
    const loss = ops.sub(ops.mul(ops.sub(target, 1), no), ops.mul(target, yes)).detach();
    // PyTorch's gradient, finite at 0 and 1 too, with its float32 bound; what carries it is 0.
    const spread = ops.clampMin(ops.mul(ops.sub(1, input), input), Math.fround(1e-12));
    const slope = ops.div(ops.sub(input, target), spread).detach();
    const carrier = ops.mul(ops.sub(input, input.detach()), slope);
    // The target's gradient has no bounds.
    const odds = ops.sub(ops.log1p(ops.neg(input)), ops.log(input)).detach();
    const whole = ops.add(loss, carrier);
    const ofTarget = ops.withGradient(
      'bce',
      target,
      ops.zeros(target.shape, target.dtype, target.device),
      (g) => ops.mul(g, odds),
    );
    return weighted(ops.add(whole, ofTarget), factors);
  },
});

/** log(1 + e^(-target · input)) for targets -1 and 1. */
export const softMargin = elementwiseLoss({
  type: 'soft_margin',
  torch: 'torch.nn.SoftMarginLoss',
  summary: 'For yes or no given as 1 and -1.',
  params: {},
  threshold: 0,
  probabilities: 'sigmoid',
  targetValues: 'sign',
  hasTargetGradient: false,
  formula: (input, target) => ops.log1p(ops.exp(ops.mul(ops.neg(target), input))),
});
