// Runs an Initializer (data) on a tensor: how a layer's declared tensors get their first values. Draws are torch.nn.init's.
import { LazuliError } from '../errors';
import type { TensorSpec } from '../layers/declaration';
import type { Tensor } from '../tensor/tensor';
import {
  calculateFanInAndFanOut,
  constant_,
  kaimingNormal_,
  kaimingUniform_,
  normal_,
  ones_,
  orthogonal_,
  truncNormal_,
  uniform_,
  xavierNormal_,
  xavierUniform_,
  zeroRow_,
  zeros_,
} from './inits';
import type { Initializer } from './initializer';
import { defaultGenerator, type Generator } from './random';
import { normExcept_ } from './norm-except';
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
  switch (initializer.kind) {
    case 'zeros':
      return void zeros_(tensor);
    case 'ones':
      return void ones_(tensor);
    case 'constant':
      return void constant_(tensor, initializer.value);
    case 'uniform':
      return void uniform_(tensor, initializer.from, initializer.to, generator);
    case 'normal':
      return void normal_(tensor, initializer.mean, initializer.std, generator);
    case 'kaiming_uniform':
      return void kaimingUniform_(tensor, { a: initializer.a, generator });
    case 'xavier_uniform':
      return void xavierUniform_(tensor, initializer.gain, generator);
    case 'xavier_normal':
      return void xavierNormal_(tensor, initializer.gain, generator);
    case 'zeros_after_draw':
      uniform_(tensor, 0, 1, generator);
      return void zeros_(tensor);
    case 'copy':
      return void copyInto(tensor, sibling(siblings, initializer.of));
    case 'norm_except':
      return normExcept_(tensor, sibling(siblings, initializer.of), initializer.axis);
    case 'kaiming_normal':
      return void kaimingNormal_(tensor, { a: initializer.a, generator });
    case 'trunc_normal':
      return void truncNormal_(tensor, { ...initializer, generator });
    case 'orthogonal':
      return void orthogonal_(tensor, initializer.gain, generator);
    case 'uniform_fan_in': {
      const { fanIn } = calculateFanInAndFanOut(sibling(siblings, initializer.fanOf));
      const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
      return void uniform_(tensor, -bound, bound, generator);
    }
    case 'uniform_axis': {
      const bound = 1 / Math.sqrt(sibling(siblings, initializer.of).shape.at(initializer.axis) ?? 1);
      return void uniform_(tensor, -bound, bound, generator);
    }
    case 'normal_zero_row':
      normal_(tensor, 0, 1, generator);
      if (initializer.row !== null) zeroRow_(tensor, initializer.row);
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
