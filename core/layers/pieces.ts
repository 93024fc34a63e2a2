// Small pieces that most declarations share: tensor specs, access to what `lower` is given, and blank sizes found.
import { assert } from '../errors';
import type { Initializer } from '../nn/initializer';
import type { PartialShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { TensorSpec } from './declaration';
import type { Size } from './shapes';

/** A parameter of the layer; `waitsFor` is the blank param its initialization needs, or null. */
export const parameter = (
  name: string,
  shape: PartialShape,
  initializer: Initializer,
  waitsFor: string | null,
): TensorSpec => ({ name, kind: 'parameter', shape, initializer, waitsFor });

/** A buffer of the layer: saved with the weights, not trained. */
export const buffer = (
  name: string,
  shape: PartialShape,
  initializer: Initializer,
  waitsFor: string | null,
): TensorSpec => ({ name, kind: 'buffer', shape, initializer, waitsFor });

/** The initialization of torch.nn.Linear and the convolutions: kaiming_uniform with a = √5. */
export const WEIGHT_INITIALIZER: Initializer = { kind: 'kaiming_uniform', a: Math.sqrt(5) };
/** Their bias: uniform(-1/√fan_in, 1/√fan_in) with the weight's fan_in. */
export const BIAS_INITIALIZER: Initializer = { kind: 'uniform_fan_in', fanOf: 'weight' };
export const ONES: Initializer = { kind: 'ones' };
export const ZEROS: Initializer = { kind: 'zeros' };

/** `param`'s name while it is blank, else null: what a tensor of that size waits for. */
export const waiting = (param: string, value: unknown): string | null => (value === null ? param : null);

/** The blank params whose size is known by now. */
export function found(
  params: Readonly<Record<string, unknown>>,
  sizes: Readonly<Record<string, Size | readonly Size[]>>,
): Record<string, number | readonly number[]> {
  const known: Record<string, number | readonly number[]> = {};
  for (const [name, value] of Object.entries(sizes)) {
    if (params[name] !== null && params[name] !== undefined) continue;
    if (typeof value === 'number') known[name] = value;
    else if (value !== null && value.every((item) => item !== null)) known[name] = value;
  }
  return known;
}

interface Given {
  readonly inputs: readonly (Tensor | null)[];
  readonly tensors: Readonly<Record<string, Tensor | null>>;
}

/** The input at a fixed port. */
export function inputOf({ inputs }: Given, port = 0): Tensor {
  const input = inputs[port];
  assert(input, `a layer was lowered without input ${port}`);
  return input;
}

/** The inputs of a layer that has them all: what a variadic port was given. */
export const inputsOf = ({ inputs }: Given): readonly Tensor[] =>
  inputs.map((_, port) => inputOf({ inputs, tensors: {} }, port));

/** A tensor the layer always has. */
export function tensorOf({ tensors }: Given, name: string): Tensor {
  const tensor = tensors[name];
  assert(tensor, `a layer was lowered without its '${name}'`);
  return tensor;
}

/** A tensor the params may switch off. */
export const maybeTensor = ({ tensors }: Given, name: string): Tensor | null => tensors[name] ?? null;
