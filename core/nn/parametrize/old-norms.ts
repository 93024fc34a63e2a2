// torch.nn.utils.weight_norm and spectral_norm, the older form: a hook computes the weight before each forward and leaves it in an ordinary
// field. Rules: docs/spec/parametrizations.md. Not for new models; their checkpoints load under the parametrizations too.
import { TorchError } from '../../errors';
import { asMatrix, divided, normalized, type SingularVectors } from '../../layers/parametrize/spectral-norm';
import { composeWeight, normAxis } from '../../layers/parametrize/weight-norm';
import * as ops from '../../ops';
import type { Tensor } from '../../tensor/tensor';
import type { RemovableHandle } from '../hooks';
import type { Module } from '../module';
import type { ForwardPreHook } from '../module-types';
import { Parameter } from '../parameter';
import { REGISTRY } from '../registry';
import { isLazy } from '../uninitialized';
import {
  checkIterations,
  firstVectors,
  normExcept,
  outputAxis,
  type SpectralNormOptions,
} from './parametrizations';

type Kind = 'weight_norm' | 'spectral_norm';

interface Installed {
  readonly kind: Kind;
  readonly name: string;
  /** Computes the weight; moves what it keeps while training. */
  compute(module: Module, isTraining: boolean): Tensor;
}

/** By hook, so that a deepcopy, which shares hooks, knows them too. */
const installed = new WeakMap<ForwardPreHook, Installed>();

const find = (module: Module, kind: Kind, name: string): ForwardPreHook | undefined =>
  module[REGISTRY].forwardPreHooks.list().find((hook) => {
    const made = installed.get(hook);
    return made?.kind === kind && made.name === name;
  });

function refuseSecond(module: Module, kind: Kind, name: string): void {
  if (find(module, kind, name))
    throw new TorchError('RuntimeError', `Cannot register two ${kind} hooks on the same parameter ${name}`);
}

function refuseUninitialized(tensor: unknown, hook: string, what: string): void {
  if (isLazy(tensor))
    throw new TorchError(
      'ValueError',
      `The module passed to \`${hook}\` can't have uninitialized parameters. Make sure to run the dummy forward before applying ${what}`,
      'uninitialized',
    );
}

function install(module: Module, made: Installed): RemovableHandle {
  const hook: ForwardPreHook = (target) => {
    Reflect.set(target, made.name, made.compute(target, target.training), target);
  };
  installed.set(hook, made);
  return module.registerForwardPreHook(hook);
}

const part = (module: Module, name: string): Tensor => module.getAttribute(name) as Tensor;

/** Learns `module[name]` as `<name>_g` · `<name>_v` / ‖`<name>_v`‖. */
export function weightNormHook<M extends Module>(module: M, name = 'weight', dim: number | null = 0): M {
  refuseSecond(module, 'weight_norm', name);
  const weight = module.getAttribute(name) as Tensor;
  refuseUninitialized(weight, 'WeightNorm', 'weight normalization');
  const axis = dim ?? -1;
  const made: Installed = {
    kind: 'weight_norm',
    name,
    compute: (target) => {
      const direction = part(target, `${name}_v`);
      return composeWeight(direction, part(target, `${name}_g`), normAxis(axis, direction.rank));
    },
  };
  Reflect.deleteProperty(module, name);
  module.registerParameter(`${name}_g`, new Parameter(normExcept(weight, axis)));
  module.registerParameter(`${name}_v`, new Parameter(weight.detach()));
  Reflect.set(module, name, made.compute(module, false), module);
  install(module, made);
  return module;
}

/** Divides `module[name]` by its largest singular value: parameter `<name>_orig`, buffers `<name>_u` and `<name>_v`. */
export function spectralNormHook<M extends Module>(
  module: M,
  name = 'weight',
  { nPowerIterations = 1, eps = 1e-12, dim }: SpectralNormOptions = {},
): M {
  refuseSecond(module, 'spectral_norm', name);
  checkIterations(nPowerIterations);
  const { parameters } = module[REGISTRY];
  if (!parameters.has(name)) throw new TorchError('KeyError', name);
  const weight = parameters.get(name) ?? null;
  if (weight === null)
    throw new TorchError('ValueError', `\`SpectralNorm\` cannot be applied as parameter \`${name}\` is None`);
  refuseUninitialized(weight, 'SpectralNorm', 'spectral normalization');
  const axis = dim ?? outputAxis(module);
  const { u, v } = firstVectors(weight, axis < 0 ? axis + weight.rank : axis, eps, 0);
  Reflect.deleteProperty(module, name);
  module.registerParameter(`${name}_orig`, weight);
  Reflect.set(module, name, weight.detach(), module);
  module.registerBuffer(`${name}_u`, u);
  module.registerBuffer(`${name}_v`, v);
  install(module, {
    kind: 'spectral_norm',
    name,
    compute(target, isTraining) {
      const original = part(target, `${name}_orig`);
      const matrix = asMatrix(original, axis < 0 ? axis + original.rank : axis);
      const kept = { u: part(target, `${name}_u`), v: part(target, `${name}_v`) };
      if (!isTraining) return divided(original, matrix, kept);
      const moved = rightFirst(matrix, kept, nPowerIterations, eps);
      ops.assign(kept.u, moved.u);
      ops.assign(kept.v, moved.v);
      return divided(original, matrix, moved);
    },
  });
  return module;
}

/** Power iterations in the older order: the right vector follows first. */
const rightFirst = (matrix: Tensor, { u, v }: SingularVectors, times: number, eps: number): SingularVectors =>
  ops.noGrad(() => {
    let [left, right] = [u, v];
    for (let time = 0; time < times; time++) {
      right = normalized(ops.matmul(left, matrix), eps);
      left = normalized(ops.matmul(matrix, right), eps);
    }
    return { u: left, v: right };
  });

function remove<M extends Module>(module: M, kind: Kind, name: string, parts: readonly string[]): M {
  const hook = find(module, kind, name);
  const made = hook && installed.get(hook);
  if (!hook || !made)
    throw new TorchError('ValueError', `${kind} of '${name}' not found in ${String(module)}`);
  const weight = made.compute(module, false).detach();
  for (const each of [name, ...parts.map((suffix) => name + suffix)]) Reflect.deleteProperty(module, each);
  module.registerParameter(name, new Parameter(weight));
  module[REGISTRY].forwardPreHooks.delete(hook);
  return module;
}

/** The weight of now as an ordinary parameter. ValueError where there is no such hook. */
export const removeWeightNorm = <M extends Module>(module: M, name = 'weight'): M =>
  remove(module, 'weight_norm', name, ['_g', '_v']);
export const removeSpectralNorm = <M extends Module>(module: M, name = 'weight'): M =>
  remove(module, 'spectral_norm', name, ['_u', '_v', '_orig']);
