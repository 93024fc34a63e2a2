// Losses over numbers: each is a function of output and target, element by element, then reduced.
import { number } from '../layers/params';
import type { ParamTable, ParamsOf } from '../layers/params';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLoss, type LossDeclaration, type LossExample, type LossValues } from './declaration';
import { inferElementwise, reduce, reduction, valuesLike, type Reduction } from './pieces';

interface Elementwise<P extends ParamTable> {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly params: P;
  readonly threshold?: number;
  readonly probabilities?: 'sigmoid' | 'identity';
  readonly inputValues?: LossValues;
  readonly targetValues?: LossValues;
  readonly hasTargetGradient?: false;
  /** True for options under which the loss jumps as the target moves. */
  readonly isTargetFixed?: (params: Readonly<Record<string, unknown>>) => boolean;
  /** Options that make more examples. */
  readonly variants?: readonly Readonly<Record<string, unknown>>[];
  /** The loss of each element; `target` has the shape and dtype of `input`. */
  readonly formula: (input: Tensor, target: Tensor, params: ParamsOf<P>) => Tensor;
}

/** A loss over elements: `[*]` and `[*]` → a number, or `[*]`. */
export function elementwiseLoss<P extends ParamTable>(spec: Elementwise<P>): LossDeclaration {
  const {
    type,
    torch,
    summary,
    threshold,
    probabilities,
    inputValues = 'any',
    targetValues = 'any',
    formula,
  } = spec;
  const example = (title: string, params: Readonly<Record<string, unknown>>): LossExample => ({
    title,
    params,
    input: [4, 3],
    target: [4, 3],
    output: params['reduction'] === 'none' ? [4, 3] : [],
    targetKind: 'value',
    inputValues,
    targetValues,
  });
  const params: P & { readonly reduction: typeof reduction } = { ...spec.params, reduction };
  return defineLoss({
    type,
    torch,
    summary,
    params,
    targets: ['value'],
    ...(threshold === undefined ? {} : { threshold }),
    ...(probabilities === undefined ? {} : { probabilities }),
    ...(targetValues === 'sign' ? { hasSignTargets: true as const } : {}),
    ...(spec.hasTargetGradient === undefined ? {} : { hasTargetGradient: false as const }),
    infer: (options, input, target) => inferElementwise(reductionOf(options), input, target),
    lower: (call) =>
      reduce(formula(call.input, valuesLike(call.input, call.target), call.params), reductionOf(call.params)),
    examples: [
      example('a mean', {}),
      example('summed', { reduction: 'sum' }),
      example('kept apart', { reduction: 'none' }),
      ...(spec.variants ?? []).map((variant, index) => ({
        ...example(`other options ${index + 1}`, variant),
        ...(spec.isTargetFixed?.(variant) === true ? { isTargetFixed: true as const } : {}),
      })),
    ],
  });
}

const reductionOf = (params: Readonly<Record<string, unknown>>): Reduction =>
  reduction.parse(params['reduction']);

/** (input - target)². */
export const mse = elementwiseLoss({
  type: 'mse',
  torch: 'torch.nn.MSELoss',
  summary: 'For predicting numbers: the squared difference.',
  params: {},
  formula: (input, target) => ops.square(ops.sub(input, target)),
});

/** |input - target|. */
export const l1 = elementwiseLoss({
  type: 'l1',
  torch: 'torch.nn.L1Loss',
  summary: 'For predicting numbers with outliers: the absolute difference.',
  params: {},
  formula: (input, target) => ops.abs(ops.sub(input, target)),
});

/** 0.5 · d² / beta for |d| < beta, else |d| - 0.5 · beta. */
export const smoothL1 = elementwiseLoss({
  type: 'smooth_l1',
  torch: 'torch.nn.SmoothL1Loss',
  summary: 'For predicting numbers: squared when near, absolute when far.',
  params: {
    beta: number({ min: 0, help: 'Difference where the two parts meet.', initial: 1, torchDefault: 1 }),
  },
  variants: [{ beta: 0.3 }, { beta: 0 }],
  formula: (input, target, { beta }) =>
    ops.fused([input, target], (f, ...operands) => {
      const distance = f.step('abs', f.step('sub', ...operands));
      if (beta === 0) return distance;
      const isFar = f.step('ge', distance, f.constant(beta));
      // What is far is not squared: an infinite square has no gradient, not even none.
      const short = f.step('where', isFar, f.constant(0), distance);
      const near = f.step('div', f.step('mul', f.constant(0.5), f.step('square', short)), f.constant(beta));
      const far = f.step('sub', distance, f.constant(0.5 * beta));
      return f.step('where', isFar, far, near);
    }),
});

/** 0.5 · d² for |d| ≤ delta, else delta · (|d| - 0.5 · delta). */
export const huber = elementwiseLoss({
  type: 'huber',
  torch: 'torch.nn.HuberLoss',
  summary: 'For predicting numbers: squared when near, absolute when far, scaled by delta.',
  params: {
    delta: number({
      min: Number.MIN_VALUE,
      help: 'Difference where the two parts meet.',
      initial: 1,
      torchDefault: 1,
    }),
  },
  variants: [{ delta: 0.4 }],
  formula: (input, target, { delta }) =>
    ops.fused([input, target], (f, ...operands) => {
      const distance = f.step('abs', f.step('sub', ...operands));
      const isFar = f.step('gt', distance, f.constant(delta));
      const short = f.step('where', isFar, f.constant(0), distance);
      const near = f.step('mul', f.constant(0.5), f.step('square', short));
      const far = f.step('mul', f.constant(delta), f.step('sub', distance, f.constant(0.5 * delta)));
      return f.step('where', isFar, far, near);
    }),
});
