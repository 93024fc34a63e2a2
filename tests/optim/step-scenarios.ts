// The scenarios of scripts/golden/optim.py about steps, their hooks, gradients that are cut, and warnings.
import {
  catchWarnings,
  clipGradNorm_,
  clipGradValue_,
  getTotalNorm,
  type Parameter,
  valuesOf,
  type NormOptions,
  type RemovableHandle,
} from '#core/nn/index';
import { floatRepr } from '#core/nn/python-names';
import { backward, gradientEnabled, mul, square, sum } from '#core/ops/index';
import {
  Optimizer,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  required,
  torchOptimizers,
  type Params,
  type StepHook,
  type TableOptimizer,
} from '#core/optim/index';
import type { DType } from '#core/tensor/dtype';
import type { Tensor } from '#core/tensor/tensor';

import { said, type Scenarios } from '../nn/scenario';
import { nn, tensor } from '../nn/support';
import { bool, full, item, list, optimizer, P, sgd } from './support';

/** A step of its own: every parameter becomes lr. */
class Own extends Optimizer {
  constructor(params: Params, defaults: Record<string, unknown> = {}) {
    super(params, { lr: required, ...defaults });
  }
  override step(): unknown {
    for (const { params, lr } of this.paramGroups)
      for (const param of params) param.data = full(param.shape, Number(lr));
    return 'stepped';
  }
}

function hooked(setup: (made: TableOptimizer, log: string[]) => readonly RemovableHandle[]) {
  return (): string => {
    const log: string[] = [];
    const made = sgd([P([1], 1)]);
    const handles = setup(made, log);
    const closure = (): number => {
      log.push('closure');
      return 5;
    };
    const result = said(() => item(made.step(closure)));
    log.push(result.startsWith('RuntimeError') ? result : `-> ${result}`);
    for (const handle of handles) handle.remove();
    log.push(`-> ${item(made.step())}`);
    return log.join('; ').replaceAll("'", '');
  };
}
const note =
  (log: string[], name: string, result?: unknown): StepHook =>
  (_optimizer, args) => {
    log.push(`${name} ${args.length}`);
    return result;
  };
const other = (): string => 'other';

const refusesCapturable = (name: string) =>
  ['OPTIM-7', () => optimizer(name, [P([1], 1)], { capturable: true }).step()] as const;
const lbfgs = (options: Record<string, unknown>, closure: (param: Parameter) => unknown) => (): unknown => {
  const param = P([1]);
  return optimizer('LBFGS', [param], options).step(() => closure(param));
};
const CAPTURABLE = ['Adam', 'NAdam', 'ASGD', 'Rprop', 'Adadelta', 'RMSprop', 'Adamax', 'RAdam'];

type Grads = readonly (readonly number[] | null)[];
const GRADS: Grads = [[3, 4], null, [-12]];
const rounded = (value: number): string => floatRepr(Math.round(value * 1e10) / 1e10);
const number = (norm: Tensor): string => rounded(valuesOf(norm)[0] ?? 0);

function clipped(
  grads: Grads,
  body: (params: readonly Parameter[]) => string | void,
  dtype: DType = 'float64',
) {
  return [
    'OPTIM-13',
    (): string => {
      const params = grads.map((grad) => {
        const param = P([grad?.length ?? 1], null, dtype);
        param.grad = grad && tensor(grad, [grad.length], dtype);
        return param;
      });
      const result = body(params) ?? 'None';
      const shown = params.map(({ grad }) =>
        grad ? `[${[...valuesOf(grad)].map(rounded).join(', ')}]` : 'None',
      );
      return `${result} [${shown.join(', ')}]`;
    },
  ] as const;
}
const cutNorm =
  (normType?: number, maxNorm = 1.5, more: NormOptions = {}) =>
  (params: readonly Tensor[]) =>
    number(clipGradNorm_(params, maxNorm, { ...(normType === undefined ? {} : { normType }), ...more }));

const warned = (body: () => unknown) =>
  [
    'OPTIM-14',
    () =>
      catchWarnings(body)
        .warnings.map(({ category, message }) => `${category}: ${message}`)
        .join('; '),
  ] as const;
const weight = (): Tensor => nn('Linear', { in_features: 2, out_features: 3 }).getParameter('weight');

export const STEPS: Scenarios = {
  "step gives the closure's loss": ['OPTIM-7', () => {
    const made = sgd([P([1])]);
    return `${item(made.step())} ${item(made.step(() => 5))} ${item(made.step(() => gradientEnabled()))}`;
  }],
  'step without gradients keeps no state': ['OPTIM-7', () => {
    const made = optimizer('Adam', [P([1]), P([1], 2)]);
    made.step();
    return `[${[...made.stateDict().state.keys()].join(', ')}]`;
  }],
  'plain SGD keeps no state': ['OPTIM-7', () => {
    const made = sgd([P([1], 2)]);
    made.step();
    return `{${[...made.state.keys()].map(String).join('')}}`;
  }],
  'step of a base Optimizer': ['OPTIM-12', () => new Optimizer([P([1])], {}).step()],
  "an optimizer of one's own without its required option": ['OPTIM-12', () => new Own([P([1])])],
  "an optimizer of one's own": ['OPTIM-12', () => {
    const param = P([2]);
    const made = new Own([{ params: param, lr: 3 }]);
    return `${String(made.step())} ${list(param)} ${String(made)} ${bool(made instanceof Optimizer)}`;
  }],
  'AdamW is an Adam': ['OPTIM-1', () => {
    const made = optimizer('AdamW', [P([1])]);
    const is = (name: string): string => bool(made instanceof (torchOptimizers[name] ?? Array));
    return `${is('Adam')} ${is('SGD')} ${item(made.paramGroups[0]?.['decoupled_weight_decay'])}`;
  }],
  zero_grad: ['OPTIM-8', () => {
    const [p, q] = [P([2], 3), P([1])];
    const made = sgd([p, q]);
    made.zeroGrad({ setToNone: false });
    const zeros = list(p.grad);
    made.zeroGrad();
    return `${zeros} ${list(p.grad)} ${list(q.grad)}`;
  }],
  'zero_grad of a gradient with a history': ['OPTIM-8', () => {
    const [param, one] = [P([2]), tensor([1, 1])];
    one.requiresGrad = true;
    param.grad = mul(one, 2);
    sgd([param]).zeroGrad({ setToNone: false });
    return `${list(param.grad)} ${bool(param.grad.requiresGrad)}`;
  }],
  ...Object.fromEntries(CAPTURABLE.map((name) => [`${name} with capturable on the CPU`, refusesCapturable(name)])),
  'SGD with differentiable over a leaf': ['OPTIM-7', () => sgd([P([1], 1)], { differentiable: true }).step()],
  'Adam with differentiable over a leaf': ['OPTIM-7', () => optimizer('Adam', [P([1], 1)], { differentiable: true }).step()],
  'LBFGS without a closure': ['OPTIM-7', () => optimizer('LBFGS', [P([1])]).step()],
  'LBFGS with another search': ['OPTIM-7', lbfgs({ line_search_fn: 'foo' }, (param) => {
    backward(sum(square(param)));
    return 1;
  })],
  'LBFGS with a loss of two elements': ['OPTIM-7', lbfgs({}, () => tensor([1, 1]))],
  'amsgrad chosen after the first step': ['OPTIM-7', () => {
    const made = optimizer('Adam', [P([1], 1)]);
    made.step();
    for (const group of made.paramGroups) group['amsgrad'] = true;
    made.step();
  }],
  'momentum chosen after the first step': ['OPTIM-7', () => {
    const param = P([1], 1);
    const made = sgd([param], { lr: 0.5 });
    made.step();
    for (const group of made.paramGroups) group['momentum'] = 0.5;
    made.step();
    return `${item(param)} ${list(made.state.get(param)?.['momentum_buffer'] as Tensor)}`;
  }],
  'a learning rate that is a tensor': ['OPTIM-2', () => {
    const param = P([1], 1);
    const made = sgd([param], { lr: tensor([0.5], []) });
    made.step();
    return `${item(param)} ${String(made)}`;
  }],
  'a learning rate of two elements': ['OPTIM-2', () => sgd([P([1])], { lr: tensor([1, 1]) })],
  'a learning rate that is a negative tensor': ['OPTIM-2', () => optimizer('Adam', [P([1])], { lr: tensor([-0.5], []) })],
  'a learning rate that is a tensor, with foreach': ['OPTIM-2', () => optimizer('Adam', [P([1])], { lr: tensor([0.5], []), foreach: true })],
  'a learning rate that is not a number, SGD': ['OPTIM-2', () => sgd([P([1])], { lr: NaN })],
  'a learning rate that is not a number, Adam': ['OPTIM-2', () => optimizer('Adam', [P([1])], { lr: NaN })],
  'hooks of a step': ['OPTIM-9', hooked((made, log) => [
    made.registerStepPreHook(note(log, 'a')), made.registerStepPostHook(note(log, 'b')), made.registerStepPreHook(note(log, 'c'))])],
  'hooks of all steps come first and last': ['OPTIM-9', hooked((made, log) => [
    made.registerStepPreHook(note(log, 'own')), registerOptimizerStepPreHook(note(log, 'all')),
    registerOptimizerStepPostHook(note(log, 'all after')), made.registerStepPostHook(note(log, 'own after'))])],
  'a hook replaces the closure': ['OPTIM-9', hooked((made) => [made.registerStepPreHook((own) => [[own, other], {}])])],
  'a hook replaces the closure by keyword': ['OPTIM-9', hooked((made) => [made.registerStepPreHook((own) => [[own], { closure: other }])])],
  'a hook before a step returns a number': ['OPTIM-9', hooked((made, log) => [made.registerStepPreHook(note(log, 'a', 5))])],
  'a hook after a step returns a number': ['OPTIM-9', hooked((made, log) => [made.registerStepPostHook(note(log, 'a', 5))])],
  'a hook of AdamW returns a number': ['OPTIM-9', () => {
    const made = optimizer('AdamW', [P([1])]);
    made.registerStepPreHook(() => 5);
    made.step();
  }],
  'clip_grad_norm_ of order 2': clipped(GRADS, cutNorm()),
  ...Object.fromEntries([1, 3, 0.5, 0, Infinity, -Infinity].map((order) => [
    `clip_grad_norm_ of order ${String(order).replace('Infinity', 'inf')}`, clipped(GRADS, cutNorm(order))])),
  'clip_grad_norm_ of short gradients': clipped(GRADS, cutNorm(2, 100)),
  'clip_grad_norm_ of float32': clipped([[3, 4.5]], (params) => {
    const norm = clipGradNorm_(params, 1.5);
    return `torch.${norm.dtype} ${valuesOf(norm)[0]?.toFixed(6)}`;
  }, 'float32'),
  'clip_grad_norm_ without gradients': clipped([null], cutNorm(2, 1)),
  'clip_grad_norm_ of nothing': ['OPTIM-13', () => clipGradNorm_([], 1)],
  'clip_grad_norm_ of one tensor': clipped([[3, 4]], ([param]) => param && number(clipGradNorm_(param, 1))),
  'clip_grad_norm_ of infinite gradients': clipped([[Infinity, 1]], cutNorm(2, 1)),
  'clip_grad_norm_ of infinite gradients, refused': clipped([[Infinity, 1]], cutNorm(2, 1, { errorIfNonfinite: true })),
  'clip_grad_norm_ of order inf, refused': clipped([[NaN, 1]], cutNorm(Infinity, 1, { errorIfNonfinite: true })),
  clip_grad_value_: clipped(GRADS, (params) => clipGradValue_(params, 3.5)),
  get_total_norm: ['OPTIM-13', () => number(getTotalNorm([tensor([3], [1], 'float64'), tensor([4], [1], 'float64')]))],
  'clipping uninitialized parameters': ['OPTIM-13', () => {
    const layer = nn('LazyLinear', { out_features: 2 });
    clipGradValue_(layer.parameters(), 1);
  }],
  'warning: a parameter twice in a group': warned(() => {
    const own = weight();
    sgd([own, own]);
  }),
  'warning: clipping the gradients of an empty generator': warned(() => clipGradNorm_([].values(), 1) && clipGradNorm_((function* (): Generator<Tensor> {})(), 1)),
  'warning: clipping the gradients of an empty list': warned(() => clipGradNorm_([], 1)),
}; // prettier-ignore
