// What the scenarios of several topics share: small nets and tensors, and values as Python prints them.
import { Module, newTensor, Parameter, Sequential, valuesOf } from '#core/nn/index';
import { pythonRepr, quoted, tupleRepr } from '#core/nn/python-names';
import type { DType } from '#core/tensor/dtype';
import { Tensor } from '#core/tensor/tensor';

import { nn, tensor } from './support';

export const zeros = (...shape: number[]): Tensor => newTensor(shape, 'float32');
export const ones = (...shape: number[]): Tensor =>
  tensor(new Array(shape.reduce((n, size) => n * size, 1)).fill(1), shape);
export const ofDType = (dtype: DType, ...shape: number[]): Tensor => newTensor(shape, dtype);
export const linear = (inFeatures = 2, outFeatures = 3): Module =>
  nn('Linear', { in_features: inFeatures, out_features: outFeatures });
export const norm = (): Module => nn('BatchNorm1d', { num_features: 3 });
export class Net extends Module {
  declare p: Parameter;
  declare m: Module;
  declare b: Tensor;
  declare hidden: Tensor;
  declare x: unknown;
  constructor() {
    super();
    this.p = new Parameter(zeros(2));
    this.registerBuffer('b', zeros(2));
    this.registerBuffer('hidden', zeros(1), { persistent: false });
    this.m = new Sequential([linear(), norm()]);
    this.x = 5;
  }
}
export const net = (): Net => new Net();
export const assign = (target: Module, name: string, value: unknown): unknown =>
  Reflect.set(target, name, value);
export const shape = (value: Tensor | null | undefined): string => tupleRepr([...(value?.shape ?? [])]);
export const text = (list: readonly unknown[]): string =>
  `[${list.map((item) => pythonRepr(item)).join(', ')}]`;
export const dtypes = (state: Iterable<readonly [string, unknown]>): string =>
  text([...state].flatMap(([, value]) => (value instanceof Tensor ? [`torch.${value.dtype}`] : [])));
export const keysOf = (module: Module): string => [...module.stateDict().keys()].join(',');
export const bool = (value: boolean): string => (value ? 'True' : 'False');
export const flat = (value: Tensor | null | undefined): string =>
  value ? `[${[...valuesOf(value)].map((each) => each.toFixed(1)).join(', ')}]` : 'None';
export const dict = (record: object): string =>
  `{${Object.entries(record)
    .map(([key, value]) => `${quoted(key)}: ${pythonRepr(value)}`)
    .join(', ')}}`;
export const shown = (value: unknown): string =>
  Array.isArray(value)
    ? tupleRepr(value)
    : typeof value === 'object' && value !== null
      ? dict(value)
      : pythonRepr(value);
export const note =
  (log: string[], name: string, result?: unknown) =>
  (_module: Module, ...rest: readonly unknown[]): unknown => {
    log.push(`${name}(${rest.map(shown).join(', ')}${rest.length === 1 ? ',' : ''})`);
    return result;
  };
export const nothing = (..._handles: unknown[]): void => {};
export const withMore = (module: Module, more: Record<string, unknown>): Map<string, unknown> =>
  new Map([...module.stateDict(), ...Object.entries(more)]);
export const lazyLinear = (more: Record<string, unknown> = {}, dtype: DType = 'float32'): Module =>
  nn('LazyLinear', { out_features: 4, ...more }, { dtype });
export const conv = { out_channels: 4, kernel_size: 3 };
export const at = (target: string) => (): string => shape(net().getParameter(target));
/** C's %.17g. */
export function seventeen(value: number): string {
  const text = value.toPrecision(17);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}
