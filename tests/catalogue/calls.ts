// Runs an example of a layer: its params parsed, its tensors made, its declaration lowered.
import type { LayerDeclaration, LayerExample, TensorSpec } from '#core/layers/declaration';
import { LAYERS, parseParams } from '#core/layers/index';
import * as ops from '#core/ops/index';
import type { Shape } from '#core/tensor/shape';
import type { DType } from '#core/tensor/dtype';
import type { Tensor } from '#core/tensor/tensor';
import { lossValues, tensorOf } from './values';

export interface Case {
  readonly layer: LayerDeclaration;
  readonly example: LayerExample;
  /** `conv2d: two groups`: names the case in tests and goldens, and seeds its numbers. */
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Every example of every layer. */
export const CASES: readonly Case[] = LAYERS.flatMap((layer) =>
  layer.examples.map((example) => ({
    layer,
    example,
    name: `${layer.type}: ${example.title}`,
    params: parseParams(layer, example.params, 'torch'),
  })),
);

/** The full shape of a tensor of a fully given example. */
export function knownShape({ name, shape }: TensorSpec): Shape {
  return shape.map((size) => {
    if (size === null) throw new Error(`${name}: the example leaves a size blank`);
    return size;
  });
}

export const inputDType = ({ layer, example }: Case, dtype: DType, port = 0): DType =>
  layer.inputs[Math.min(port, layer.inputs.length - 1)]?.content === 'index'
    ? 'int64'
    : (example.inputDType ?? dtype);

/** The example's own numbers. */
export const inputsOf = (given: Case, dtype: DType): Tensor[] =>
  given.example.inputs.map((shape, port) => inputOf(given, port, shape, dtype));

function inputOf(given: Case, port: number, shape: Shape, dtype: DType): Tensor {
  const { inputData, inputRange, inputValues } = given.example;
  const type = inputDType(given, dtype, port);
  const data = inputData?.[port];
  if (data) return ops.fromArray(Float64Array.from(data), type, 'cpu', shape);
  const [name, values] = [`${given.name}/input${port}`, inputValues?.[port]];
  return values ? lossValues(name, shape, type, values) : tensorOf(name, shape, type, inputRange);
}

export function weightsOf({ layer, name, params }: Case, dtype: DType): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const spec of layer.tensors?.(params) ?? [])
    tensors[spec.name] = tensorOf(`${name}/${spec.name}`, knownShape(spec), spec.dtype ?? dtype);
  return tensors;
}

/** The same tensors without values. */
export const metaOf = (shape: Shape, dtype: DType): Tensor => ops.zeros(shape, dtype, 'meta');

type Random = NonNullable<Parameters<LayerDeclaration['lower']>[0]['random']>;

const streamsOver = (state: Tensor): Random => {
  let stream = 0;
  return { state, nextStream: () => stream++ };
};

/** A random state: seed and step. */
export const randomState = (seed = 1, step = 0): Random => streamsOver(ops.fromArray([seed, step], 'int64'));

/** A random state without values. */
export const metaRandomState = (): Random => streamsOver(metaOf([2], 'int64'));

/** The outputs of a case's layer for given inputs and weights. */
export function lower(
  { layer, params }: Case,
  inputs: readonly Tensor[],
  tensors: Readonly<Record<string, Tensor>>,
  options: { readonly isTraining: boolean; readonly random: Random | null },
): readonly Tensor[] {
  return layer.lower({ params, inputs, tensors, ...options });
}
