// Adam and AdamW: steps scaled by running moments of the gradient.
import { boolean, type ParamsOf } from '../layers/params';
import * as ops from '../ops';
import { adamStep } from '../ops';
import type { Shape } from '../tensor/shape';
import {
  defineOptimizer,
  type OptimizerCall,
  type OptimizerExample,
  type StateSpec,
  type TorchClass,
} from './declaration';
import {
  betas,
  decoupledWeightDecay,
  eps,
  learningRate,
  like,
  maximize,
  stateOf,
  stepCount,
  weightDecay,
  GPUS,
} from './pieces';
import { assign, average, descend, directionOf, shrink, stepsBefore } from './steps';

const common = {
  lr: learningRate(1e-3),
  betas,
  eps,
  weight_decay: weightDecay(0),
  amsgrad: boolean({
    help: 'Divides by the largest running square so far.',
    initial: false,
    torchDefault: false,
  }),
  maximize,
};
type Common = typeof common;

const state = ({ amsgrad }: ParamsOf<Common>, shape: Shape): readonly StateSpec[] => [
  stepCount({ isTorch: true }),
  like('exp_avg', shape),
  like('exp_avg_sq', shape),
  ...(amsgrad ? [like('max_exp_avg_sq', shape)] : []),
];

const examples: readonly [OptimizerExample, ...OptimizerExample[]] = [
  { title: 'as it comes', params: { lr: 0.05 } },
  {
    title: 'weight decay and quick moments',
    params: { lr: 0.02, betas: [0.7, 0.9], weight_decay: 0.1, eps: 1e-4 },
  },
  { title: 'amsgrad', params: { lr: 0.1, amsgrad: true, weight_decay: 0.01 } },
  { title: 'ascent', params: { lr: 0.01, maximize: true } },
];

/** What both classes share; a group says whether it is AdamW's. */
const torchClass: TorchClass = {
  group: [
    'lr',
    'betas',
    'eps',
    'weight_decay',
    'amsgrad',
    'maximize',
    'foreach',
    'capturable',
    'differentiable',
    'fused',
    'decoupled_weight_decay',
  ],
  checks: ['lr', 'eps', 'betas', 'weight_decay'],
  older: [
    'amsgrad',
    'maximize',
    'foreach',
    'capturable',
    'differentiable',
    'decoupled_weight_decay',
    'fused',
  ],
  capturable: { what: 'params and state_steps', where: GPUS },
};

/** `decoupled`: weight decay applied to the weights themselves instead of through the gradient. */
type Call = OptimizerCall<Common> & { readonly decoupled: boolean };

/** p -= lr · m̂ / (√v̂ + eps). Source: torch.optim.Adam, https://arxiv.org/abs/1412.6980 and 1711.05101. */
function lower(call: Call): void {
  if (call.momentum) return lowerMoving(call, call.momentum);
  const { params, param, grad, state: own, learningRate: lr, decoupled } = call;
  const [beta1 = 0, beta2 = 0] = params.betas;
  adamStep(
    {
      parameter: param,
      gradient: grad,
      expAvg: stateOf(own, 'exp_avg'),
      expAvgSq: stateOf(own, 'exp_avg_sq'),
      maxExpAvgSq: own['max_exp_avg_sq'] ?? null,
      step: stateOf(own, 'step'),
      lr,
    },
    {
      beta1,
      beta2,
      eps: params.eps,
      weight_decay: params.weight_decay,
      decoupled,
      maximize: params.maximize,
    },
  );
}

/** The same step with a first beta that a schedule moves, made of ops. */
function lowerMoving(
  { params, param, grad, state: own, learningRate: lr, decoupled }: Call,
  beta1: ops.Operand,
): void {
  ops.noGrad(() => {
    const { eps: least, weight_decay, maximize: isAscent } = params;
    const beta2 = params.betas[1] ?? 0;
    const steps = ops.add(stepsBefore(own), 1);
    if (decoupled && weight_decay !== 0) shrink(param, ops.mul(lr, weight_decay));
    const pull = decoupled ? 0 : weight_decay;
    const direction = directionOf(grad, param, { weight_decay: pull, maximize: isAscent });
    const [mean, squares] = [stateOf(own, 'exp_avg'), stateOf(own, 'exp_avg_sq')];
    average(mean, direction, beta1);
    average(squares, ops.square(direction), beta2);
    const largest = own['max_exp_avg_sq'] ?? null;
    if (largest) assign(largest, ops.maximum(largest, squares));
    const correction = ops.sqrt(ops.sub(1, ops.pow(beta2, steps)));
    const size = ops.add(ops.div(ops.sqrt(largest ?? squares), correction), least);
    const rate = ops.div(lr, ops.sub(1, ops.pow(beta1, steps)));
    descend(param, ops.div(mean, size), rate, stateOf(own, 'step'));
  });
}

export const adam = defineOptimizer<
  Common & { readonly decoupled_weight_decay: typeof decoupledWeightDecay }
>({
  type: 'adam',
  torch: 'torch.optim.Adam',
  torchClass,
  summary: 'Scales each step by how large and how steady the gradient was; a good first choice.',
  params: { ...common, decoupled_weight_decay: decoupledWeightDecay },
  state,
  lower: (call) => lower({ ...call, decoupled: call.params.decoupled_weight_decay }),
  examples: [
    ...examples,
    {
      title: 'decoupled',
      params: { lr: 0.02, weight_decay: 0.2, decoupled_weight_decay: true, amsgrad: true },
    },
  ],
});

export const adamw = defineOptimizer({
  type: 'adamw',
  torch: 'torch.optim.AdamW',
  torchClass: { ...torchClass, derivesFrom: 'adam', fixed: { decoupled_weight_decay: true } },
  summary: 'Adam with weight decay apart from the gradient; usual for transformers.',
  params: { ...common, weight_decay: weightDecay(0.01) },
  state,
  lower: (call) => lower({ ...call, decoupled: true }),
  examples,
});
