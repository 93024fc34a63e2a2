// The declaration of L-BFGS: its options. Its step is not made of ops, for it looks at the loss again and again: lbfgs-step.ts.
import { LazuliError } from '../errors';
import { integer, number, optionalInteger, type ParamSpec } from '../layers/params';
import { defineOptimizer } from './declaration';
import { learningRate } from './pieces';

const SEARCHES = ['strong_wolfe'] as const;

/** None, or the one line search there is. */
const lineSearch: ParamSpec<(typeof SEARCHES)[number] | null> = {
  widget: 'choice',
  options: ['none', ...SEARCHES],
  isOptional: true,
  help: 'Looks for a step length that the loss agrees with; none takes the learning rate.',
  initial: null,
  torchDefault: null,
  parse(value) {
    if (value === null || value === 'none') return null;
    const found = SEARCHES.find((search) => search === value);
    if (found) return found;
    const got = JSON.stringify(value) ?? 'nothing';
    throw new LazuliError('parameter_invalid', `expected strong_wolfe or none, got ${got}`, {
      expected: 'strong_wolfe or none',
      got,
    });
  },
};

const tolerance = (value: number, help: string) =>
  number({ min: 0, help, initial: value, torchDefault: value });

export const LBFGS_PARAMS = {
  lr: learningRate(1),
  max_iter: integer({ min: 1, help: 'Directions tried in one step.', initial: 20, torchDefault: 20 }),
  max_eval: optionalInteger({
    min: 1,
    help: 'Looks at the loss in one step; blank: five fourths of max_iter.',
    initial: null,
    torchDefault: null,
  }),
  tolerance_grad: tolerance(1e-7, 'A largest gradient up to here ends the step.'),
  tolerance_change: tolerance(1e-9, 'A change of loss or parameters below this ends the step.'),
  history_size: integer({
    min: 1,
    max: 10_000,
    help: 'Steps remembered; each takes twice the memory of the parameters.',
    initial: 100,
    torchDefault: 100,
  }),
  line_search_fn: lineSearch,
} as const;

/** A step along -H·g, with H made of the last gradients; over whole data it needs few. Source: torch.optim.LBFGS. */
export const lbfgs = defineOptimizer({
  type: 'lbfgs',
  torch: 'torch.optim.LBFGS',
  torchClass: {
    group: [
      'lr',
      'max_iter',
      'max_eval',
      'tolerance_grad',
      'tolerance_change',
      'history_size',
      'line_search_fn',
      'maximize',
    ],
    checks: ['lr'],
    older: [],
    more: { maximize: false },
  },
  summary: 'For small data taken whole: looks at the loss several times in a step and needs few steps.',
  params: LBFGS_PARAMS,
  complete: (params) => ({ ...params, max_eval: params.max_eval ?? Math.floor((params.max_iter * 5) / 4) }),
  evaluatesAgain: true,
  state: () => [],
  lower: () => undefined,
  examples: [
    {
      title: 'strong Wolfe',
      params: {
        lr: 1,
        max_iter: 4,
        max_eval: 8,
        tolerance_grad: 1e-8,
        tolerance_change: 1e-10,
        history_size: 5,
        line_search_fn: 'strong_wolfe',
      },
    },
  ],
});
