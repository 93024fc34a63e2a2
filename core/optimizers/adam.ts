// Adam and AdamW: steps scaled by running moments of the gradient.
import { boolean, numbers } from '../layers/params';
import { adamStep } from '../ops';
import { defineOptimizer, type OptimizerDeclaration } from './declaration';
import { eps, learningRate, like, maximize, stateOf, stepCount, weightDecay } from './pieces';

interface Variant {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly weightDecay: number;
  /** Weight decay applied to the weights themselves instead of through the gradient. */
  readonly isDecoupled: boolean;
}

/** p -= lr · m̂ / (√v̂ + eps). Source: torch.optim.Adam, https://arxiv.org/abs/1412.6980 and 1711.05101. */
function adamLike(variant: Variant): OptimizerDeclaration {
  return defineOptimizer({
    type: variant.type,
    torch: variant.torch,
    summary: variant.summary,
    params: {
      lr: learningRate(1e-3),
      betas: numbers({
        count: 2,
        min: 0,
        max: 1 - Number.EPSILON / 2,
        help: 'How much of the running mean and of the running square is kept at each step.',
        initial: [0.9, 0.999],
        torchDefault: [0.9, 0.999],
      }),
      eps,
      weight_decay: weightDecay(variant.weightDecay),
      amsgrad: boolean({
        help: 'Divides by the largest running square so far.',
        initial: false,
        torchDefault: false,
      }),
      maximize,
    },
    state: ({ amsgrad }, shape) => [
      stepCount({ isTorch: true }),
      like('exp_avg', shape),
      like('exp_avg_sq', shape),
      ...(amsgrad ? [like('max_exp_avg_sq', shape)] : []),
    ],
    lower({ params, param, grad, state, learningRate: lr }) {
      const [beta1 = 0, beta2 = 0] = params.betas;
      adamStep(
        {
          parameter: param,
          gradient: grad,
          expAvg: stateOf(state, 'exp_avg'),
          expAvgSq: stateOf(state, 'exp_avg_sq'),
          maxExpAvgSq: state['max_exp_avg_sq'] ?? null,
          step: stateOf(state, 'step'),
          lr,
        },
        {
          beta1,
          beta2,
          eps: params.eps,
          weight_decay: params.weight_decay,
          decoupled: variant.isDecoupled,
          maximize: params.maximize,
        },
      );
    },
    examples: [
      { title: 'as it comes', params: { lr: 0.05 } },
      {
        title: 'weight decay and quick moments',
        params: { lr: 0.02, betas: [0.7, 0.9], weight_decay: 0.1, eps: 1e-4 },
      },
      { title: 'amsgrad', params: { lr: 0.1, amsgrad: true, weight_decay: 0.01 } },
      { title: 'ascent', params: { lr: 0.01, maximize: true } },
    ],
  });
}

export const adam = adamLike({
  type: 'adam',
  torch: 'torch.optim.Adam',
  summary: 'Scales each step by how large and how steady the gradient was; a good first choice.',
  weightDecay: 0,
  isDecoupled: false,
});

export const adamw = adamLike({
  type: 'adamw',
  torch: 'torch.optim.AdamW',
  summary: 'Adam with weight decay apart from the gradient; usual for transformers.',
  weightDecay: 0.01,
  isDecoupled: true,
});
