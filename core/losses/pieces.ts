// What losses share: the reduction, and fitting a target to the output it is compared with.
import type { EdgeShape, Inference } from '../layers/declaration';
import { choice, type NestedNumbers } from '../layers/params';
import { isCompatible, mismatch, outputs, refusal, type Size } from '../layers/shapes';
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';

/** How the losses of all elements become one. */
export const reduction = choice({
  options: ['mean', 'sum', 'none'],
  help: 'How the losses of all elements become one number; none keeps them apart.',
  initial: 'mean',
  torchDefault: 'mean',
});
export type Reduction = 'mean' | 'sum' | 'none';

export function reduce(losses: Tensor, how: Reduction): Tensor {
  if (how === 'none') return losses;
  return how === 'sum' ? ops.sum(losses) : ops.mean(losses);
}

export const reducedShape = (how: Reduction, shape: EdgeShape): EdgeShape => (how === 'none' ? shape : []);

const withoutOnes = (shape: readonly Size[]): readonly Size[] => shape.filter((size) => size !== 1);

/** True when a target `[N]` stands beside an output `[N, 1]`, or the like: the same numbers but for axes of size 1. */
const isColumn = (input: readonly Size[], target: readonly Size[]): boolean =>
  input.length !== target.length &&
  input.every((size) => size !== null) &&
  isCompatible(withoutOnes(input), withoutOnes(target));

/**
 * The shape of a loss over elements. Output and target have one shape, but for axes of size 1: PyTorch would broadcast
 * `[N, 1]` against `[N]` to `[N, N]` with a warning, which is never meant.
 */
export function inferElementwise(how: Reduction, input: EdgeShape, target: EdgeShape): Inference {
  if (input === null || target === null || isCompatible(input, target) || isColumn(input, target))
    return outputs(reducedShape(how, input));
  return refusal(
    mismatch(
      'target',
      `the shape of the output, ${formatShape(input)}`,
      formatShape(target),
      'give the last layer as many features as the target has values',
    ),
  );
}

/** A target of numbers in the input's dtype and shape. */
export const valuesLike = (input: Tensor, target: Tensor): Tensor =>
  ops.reshape(ops.cast(target, input.dtype), input.shape);

/** The shape of a loss over classes: input `[N, C, *]` and target `[N, *]`, or `[C]` and a scalar. */
export function inferClasses(how: Reduction, input: EdgeShape, target: EdgeShape): Inference {
  if (input === null) return outputs(how === 'none' ? target : []);
  if (input.length === 0)
    return refusal(mismatch('input', 'scores of classes, [batch, classes]', 'a scalar'));
  const expected = input.length === 1 ? [] : [input[0] ?? null, ...input.slice(2)];
  if (!isCompatible(expected, target))
    return refusal(
      mismatch(
        'target',
        `class numbers of shape ${formatShape(expected)}`,
        formatShape(target ?? []),
        input.length > 2 ? 'put a flatten and a linear layer at the end' : undefined,
      ),
    );
  return outputs(reducedShape(how, expected));
}

/** The axis of the classes in an output. */
export const classAxis = (input: { readonly length: number }): number => (input.length === 1 ? 0 : 1);

/** Numbers as a tensor that joins a formula with `like`. */
export const constants = (values: NestedNumbers, like: Tensor): Tensor =>
  ops.fromArray(values, like.dtype, like.device);
