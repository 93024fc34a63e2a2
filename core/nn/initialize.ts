// Runs an Initializer (data) on a tensor: how a layer's declared tensors get their first values. Draws are torch.nn.init's.
import { LazuliError } from '../errors';
import type { TensorSpec } from '../layers/declaration';
import type { Tensor } from '../tensor/tensor';
import {
  calculateFanInAndFanOut,
  constantSteps,
  isEmpty,
  kaimingStd,
  normalSteps,
  orthogonalSteps,
  truncNormalSteps,
  uniformSteps,
  xavierStd,
  zeroRow_,
} from './inits';
import type { Initializer } from './initializer';
import { defaultGenerator, type Generator } from './random';
import { normExceptSteps } from './norm-except';
import { orthogonalBaseSteps, reflectorsOf } from './orthogonal-start';
import { singularVectorSteps } from './singular-vectors';
import { runSteps, type Steps } from './steps';
import { copyInto } from './tensor-memory';

/** A layer's tensors by name; null where the params switch one off. */
export type Siblings = Readonly<Record<string, Tensor | null>>;

function sibling(siblings: Siblings, name: string): Tensor {
  const tensor = siblings[name] ?? null;
  if (tensor === null)
    throw new LazuliError(
      'internal',
      `an initializer needs the tensor '${name}', which the layer does not have`,
      {
        expected: name,
        got: Object.keys(siblings).join(', '),
      },
    );
  return tensor;
}

/** Fills `tensor` in place; `siblings` are the layer's tensors, already of their final shape. */
export function initialize(
  initializer: Initializer,
  tensor: Tensor,
  siblings: Siblings,
  generator: Generator = defaultGenerator,
): void {
  runSteps(initializeSteps(initializer, tensor, siblings, generator));
}

/** The same in steps of a millisecond or so; only tensors that are strided are filled in one. */
export function* initializeSteps(
  initializer: Initializer,
  tensor: Tensor,
  siblings: Siblings,
  generator: Generator,
): Steps {
  const uniform = (bound: number): Steps => uniformSteps(tensor, -bound, bound, generator);
  switch (initializer.kind) {
    case 'uniform':
      return yield* uniformSteps(tensor, initializer.from, initializer.to, generator);
    case 'normal':
      return yield* normalSteps(tensor, initializer.mean, initializer.std, generator);
    case 'kaiming_uniform':
      // Checked before the shape is looked at, so that an uninitialized tensor is refused in PyTorch's words.
      tensor.assertUsable('<function kaiming_uniform_>');
      if (isEmpty(tensor)) return;
      return yield* uniform(Math.sqrt(3) * kaimingStd(tensor, initializer));
    case 'kaiming_normal':
      if (isEmpty(tensor)) return;
      return yield* normalSteps(tensor, 0, kaimingStd(tensor, initializer), generator);
    case 'xavier_uniform':
      return yield* uniform(Math.sqrt(3) * xavierStd(tensor, initializer.gain));
    case 'xavier_normal':
      return yield* normalSteps(tensor, 0, xavierStd(tensor, initializer.gain), generator);
    case 'uniform_fan_in': {
      const { fanIn } = calculateFanInAndFanOut(sibling(siblings, initializer.fanOf));
      return yield* uniform(fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0);
    }
    case 'uniform_axis':
      return yield* uniform(1 / Math.sqrt(sibling(siblings, initializer.of).shape.at(initializer.axis) ?? 1));
    case 'normal_zero_row':
      yield* normalSteps(tensor, 0, 1, generator);
      if (initializer.row !== null) zeroRow_(tensor, initializer.row);
      return;
    case 'zeros_after_draw':
      yield* uniformSteps(tensor, 0, 1, generator);
      return yield* constantSteps(tensor, 0, '<method zero_>');
    case 'zeros':
      return yield* constantSteps(tensor, 0, '<method zero_>');
    case 'ones':
      return yield* constantSteps(tensor, 1, '<method fill_>');
    case 'constant':
      return yield* constantSteps(tensor, initializer.value);
    case 'copy':
      return copyInto(tensor, sibling(siblings, initializer.of));
    case 'norm_except':
      return yield* normExceptSteps(tensor, sibling(siblings, initializer.of), initializer.axis);
    case 'singular_vector':
      return yield* singularVectorSteps(
        tensor,
        sibling(siblings, initializer.other),
        sibling(siblings, initializer.of),
        { ...initializer, generator },
      );
    case 'reflectors':
      if (initializer.start) yield* initializeSteps(initializer.start, tensor, siblings, generator);
      return yield* reflectorsOf(initializer, tensor);
    case 'orthogonal_base':
      return yield* orthogonalBaseSteps(tensor, sibling(siblings, initializer.of), generator);
    case 'trunc_normal':
      return yield* truncNormalSteps(tensor, { ...initializer, generator });
    case 'orthogonal':
      return yield* orthogonalSteps(tensor, initializer.gain, generator);
  }
}

/** What is drawn for a layer's tensors, in order; a tensor that is drawn anew stands there twice. */
export function drawsOf(specs: readonly TensorSpec[]): readonly Pick<TensorSpec, 'name' | 'initializer'>[] {
  const draws = specs.flatMap(({ name, initializer, drawOrder = 0, redrawn }) => [
    { name, initializer, drawOrder },
    ...(redrawn ? [{ name, ...redrawn }] : []),
  ]);
  return draws.sort((a, b) => a.drawOrder - b.drawOrder);
}
