// What the scenarios of parametrizations share: modules, parametrizations with and without inverses, values as text.
import type { ModuleDict } from '#core/nn/index';
import { defaultGenerator, Module, parametrize as P, valuesOf } from '#core/nn/index';
import { cast, div, add, mul, slice } from '#core/ops/index';
import { TorchError } from '#core/errors';
import { Tensor } from '#core/tensor/tensor';

import { assign, bool, dict, ones } from './scenario-parts';
import { nn, tensor } from './support';

export const linear = (inFeatures = 2, outFeatures = 3, seed = 0): Module => {
  defaultGenerator.manualSeed(seed);
  return nn('Linear', { in_features: inFeatures, out_features: outFeatures });
};
export const lazy = (): Module => nn('LazyLinear', { out_features: 3 });
export const bare = (): Module => nn('Linear', { in_features: 2, out_features: 3, bias: false });

export const flat = (value: unknown, digits = 4): string =>
  value instanceof Tensor
    ? [...valuesOf(value)].map((each) => (Number(each.toFixed(digits)) + 0).toFixed(digits)).join(',')
    : String(value);
export const weight = (module: Module, name = 'weight'): Tensor => module.getAttribute(name) as Tensor;
export const list = (module: Module, name = 'weight'): P.ParametrizationList =>
  (module.getAttribute('parametrizations') as ModuleDict).item(name) as P.ParametrizationList;
export const original = (module: Module, index: '' | 0 | 1 = '', name = 'weight'): Tensor =>
  weight(list(module, name), `original${index}`);
export const invoke = (module: Module, input: Tensor = ones(1, 2)): Tensor =>
  module.invoke([input]) as Tensor;
export const text = (...values: unknown[]): string =>
  `(${values.map((value) => (typeof value === 'boolean' ? bool(value) : `'${String(value)}'`)).join(', ')})`;

export class Double extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, 2);
  }
  rightInverse(x: Tensor): Tensor {
    return div(x, 2);
  }
}
export class Square extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, x);
  }
}
export class Sum extends Module {
  override forward(a: Tensor, b: Tensor): Tensor {
    return add(a, b);
  }
  rightInverse(x: Tensor): Tensor[] {
    return [mul(x, 0.25), mul(x, 0.75)];
  }
}
export type Given = (...x: Tensor[]) => unknown;
export class Says extends Module {
  constructor(f?: Given, inverse?: (x: Tensor) => unknown) {
    super();
    Object.assign(this, { f, inverse });
  }
  override forward(...x: Tensor[]): unknown {
    const f: unknown = Reflect.get(this, 'f');
    return typeof f === 'function' ? (f as Given)(...x) : x[0];
  }
  rightInverse(x: Tensor): unknown {
    const inverse: unknown = Reflect.get(this, 'inverse');
    if (typeof inverse !== 'function') throw new TorchError('NotImplementedError', 'none');
    return (inverse as Given)(x);
  }
}
export const says = (f?: Given | null, inverse?: (x: Tensor) => unknown): Module =>
  new Says(f ?? undefined, inverse);
export const double = (): Module => new Double();

export interface Options {
  readonly name?: string;
  readonly unsafe?: boolean;
}
export const isOptions = (value: Module | Options | undefined): value is Options =>
  !(value instanceof Module);
export function para(module: Module, ...given: (Module | Options)[]): Module {
  const last = given.at(-1);
  const { name = 'weight', unsafe = false } = isOptions(last) ? (last ?? {}) : {};
  for (const each of given) if (!isOptions(each)) P.registerParametrization(module, name, each, { unsafe });
  return module;
}
export const assigned = (module: Module, value: Tensor, name = 'weight'): Module => {
  assign(module, name, value);
  return module;
};
export const sumOf = (a?: Tensor, b?: Tensor): unknown => a && b && add(a, b);
export const first = (x?: Tensor): unknown => x && slice(x, 0, { end: 1 });
export const doubled = (x?: Tensor): unknown => x && cast(x, 'float64');
export const buffered = (): Module => {
  const module = new Module();
  module.registerBuffer('b', ones(2));
  return module;
};
export const rotation = (): Tensor => tensor([0.6, 0.8, -0.8, 0.6], [2, 2]);
export const isLeafParameter = (x: Tensor): boolean => x.requiresGrad;
export const metadataOf = (module: Module): string =>
  `{${[...(module.stateDict().metadata ?? [])].map(([key, value]) => `'${key}': ${dict(value)}`).join(', ')}}`;
