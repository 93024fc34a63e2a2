// What the tests of torch.optim share: classes by name, small parameters, and texts as Python prints them.
import { Parameter } from '#core/nn/index';
import { pythonRepr, quoted } from '#core/nn/python-names';
import { fillTensor, newTensor, valuesOf } from '#core/nn/tensor-memory';
import { torchOptimizers, type Optimizer, type Params, type TableOptimizer } from '#core/optim/index';
import type { DType } from '#core/tensor/dtype';
import { Tensor } from '#core/tensor/tensor';

type Options = Record<string, unknown>;

export function optimizer(name: string, params: Params, options: Options = {}): TableOptimizer {
  const Class = torchOptimizers[name];
  if (Class === undefined) throw new Error(`no class ${name}`);
  return new Class(params, options);
}
export const sgd = (params: unknown, options: Options = {}): TableOptimizer =>
  optimizer('SGD', params as Params, options);

export const full = (shape: readonly number[], value: number, dtype: DType = 'float32'): Tensor => {
  const tensor = newTensor(shape, dtype);
  fillTensor(tensor, value);
  return tensor;
};

/** Ones; with `grad` a gradient of nothing but that. */
export function P(shape: readonly number[], grad: number | null = null, dtype: DType = 'float32'): Parameter {
  const made = new Parameter(full(shape, 1, dtype));
  if (grad !== null) made.grad = full(shape, grad, dtype);
  return made;
}

/** A Python float as `tolist` gives it. */
const float = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : pythonRepr(value));
export const list = (tensor: Tensor | null | undefined): string =>
  tensor ? `[${[...valuesOf(tensor)].map(float).join(', ')}]` : 'None';
export const item = (tensor: unknown): string =>
  tensor instanceof Tensor ? float(valuesOf(tensor)[0] ?? 0) : pythonRepr(tensor);
export const bool = (value: boolean): string => (value ? 'True' : 'False');
export const ints = (values: readonly number[]): string => `[${values.join(', ')}]`;
export const texts = (values: readonly unknown[]): string =>
  `[${values.map((value) => quoted(String(value))).join(', ')}]`;

/** The parameters of all groups. */
export const paramsOf = ({ paramGroups }: Optimizer): Tensor[] => paramGroups.flatMap(({ params }) => params);
