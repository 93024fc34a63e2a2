// Losses between distributions and counts: Kullback-Leibler divergence, Poisson likelihood.
import { boolean, choice, number } from '../layers/params';
import * as ops from '../ops';
import { defineLoss, type LossExample } from './declaration';
import { inferElementwise, reduce, valuesLike } from './pieces';
import { elementwiseLoss } from './regression';

const example = (title: string, params: Readonly<Record<string, unknown>>): LossExample => ({
  title,
  params,
  input: [4, 3],
  target: [4, 3],
  output: [],
  targetKind: 'value',
  inputValues: 'log probability',
  targetValues: 'probability',
});

/** target · (log target - input) for an input of log probabilities. */
export const klDiv = defineLoss({
  type: 'kl_div',
  torch: 'torch.nn.KLDivLoss',
  summary: 'For matching a distribution: the model ends in log_softmax.',
  params: {
    reduction: choice({
      options: ['mean', 'batchmean', 'sum', 'none'],
      help: 'batchmean is the divergence per sample; mean divides by the classes too.',
      initial: 'batchmean',
      torchDefault: 'mean',
    }),
    log_target: boolean({
      help: 'The target holds log probabilities too.',
      initial: false,
      torchDefault: false,
    }),
  },
  targets: ['value'],
  infer: ({ reduction }, input, target) =>
    inferElementwise(reduction === 'batchmean' ? 'sum' : reduction, input, target),
  lower({ params, input, target }) {
    const wanted = valuesLike(input, target);
    const losses = params.log_target
      ? ops.mul(ops.exp(wanted), ops.sub(wanted, input))
      : // 0 · log 0 is 0; the logarithm sees 1 there.
        ops.sub(ops.mul(wanted, ops.log(ops.where(ops.gt(wanted, 0), wanted, 1))), ops.mul(wanted, input));
    return params.reduction === 'batchmean'
      ? ops.div(ops.sum(losses), input.shape[0] ?? 1)
      : reduce(losses, params.reduction);
  },
  examples: [
    example('a mean', {}),
    example('per sample', { reduction: 'batchmean' }),
    { ...example('log target', { reduction: 'sum', log_target: true }), targetValues: 'log probability' },
    { ...example('kept apart', { reduction: 'none' }), output: [4, 3] },
  ],
});

/** e^input - target · input, or input - target · log(input + eps); with `full`, Stirling's term where target > 1. */
export const poissonNll = elementwiseLoss({
  type: 'poisson_nll',
  torch: 'torch.nn.PoissonNLLLoss',
  summary: 'For predicting counts: the model gives the logarithm of the rate.',
  params: {
    log_input: boolean({
      help: 'The output is the logarithm of the rate.',
      initial: true,
      torchDefault: true,
    }),
    full: boolean({ help: "Adds Stirling's term.", initial: false, torchDefault: false }),
    eps: number({
      min: 0,
      help: 'Keeps the logarithm of a rate of 0 finite.',
      initial: 1e-8,
      torchDefault: 1e-8,
    }),
  },
  inputValues: 'probability',
  targetValues: 'count',
  variants: [{ full: true }, { log_input: false, eps: 0.01 }],
  // Stirling's term begins at 1.
  isTargetFixed: ({ full }) => full === true,
  formula(input, target, { log_input, full, eps }) {
    const loss = log_input
      ? ops.sub(ops.exp(input), ops.mul(target, input))
      : ops.sub(input, ops.mul(target, ops.log(ops.add(input, eps))));
    if (!full) return loss;
    const large = ops.where(ops.gt(target, 1), target, 1);
    const stirling = ops.add(
      ops.sub(ops.mul(large, ops.log(large)), large),
      ops.mul(ops.log(ops.mul(large, 2 * Math.PI)), 0.5),
    );
    return ops.add(loss, ops.where(ops.gt(target, 1), stirling, 0));
  },
});
