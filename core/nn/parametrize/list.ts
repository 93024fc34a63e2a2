// ParametrizationList: the modules that make a tensor of others, in order, and the tensors that they make it of.
// Source: torch.nn.utils.parametrize. Rules: docs/spec/parametrizations.md.
import { TorchError } from '../../errors';
import { noGrad } from '../../ops/dispatch';
import { shapesEqual, torchSize } from '../../tensor/shape';
import { Tensor } from '../../tensor/tensor';
import { getSwapModuleParamsOnConversion, swapParameter } from '../future';
import type { Module } from '../module';
import { ModuleList } from '../module-lists';
import { Parameter } from '../parameter';
import { shortTypeName } from '../python-names';
import { REGISTRY } from '../registry';

/** What a parametrization may have beside `forward`: the tensors, one or several, that it would make `value` of. */
export interface Invertible {
  rightInverse(value: Tensor): unknown;
}

export const isInvertible = (module: Module): module is Module & Invertible =>
  typeof Reflect.get(module, 'rightInverse') === 'function';

/** `dest.set_(src)`: the same object over the other's memory, whatever its shape. */
function takeOver(target: Tensor, source: Tensor): void {
  if (target === source) return;
  if (getSwapModuleParamsOnConversion() && target instanceof Parameter) swapParameter(target, source);
  else target.setData(source);
}

/** Registers a Parameter as one and any other tensor as a buffer. */
export function registerTensor(module: Module, name: string, tensor: Tensor): void {
  if (tensor instanceof Parameter) module.registerParameter(name, tensor);
  else module.registerBuffer(name, tensor);
}

const valueError = (message: string): TorchError => new TorchError('ValueError', message);

/** What a parametrization returned, where it must be a tensor. */
export function expectTensor(value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  throw valueError(`A parametrization must return a tensor. Got ${shortTypeName(value)}.`);
}

/** `right_inverse` of modules that may say that they have none. */
export function tryInverse(module: Module & Invertible, value: Tensor): unknown {
  try {
    return module.rightInverse(value);
  } catch (error) {
    if (error instanceof TorchError && error.pythonClass === 'NotImplementedError') return undefined;
    throw error;
  }
}

export class ParametrizationList extends ModuleList {
  /** `original`, or `original0`, `original1` ... where the first parametrization takes several tensors. */
  declare readonly isTensor: boolean;
  declare readonly ntensors: number;
  /** Nothing is checked. */
  declare unsafe: boolean;

  constructor(modules: readonly Module[], original: Tensor, options: { readonly unsafe?: boolean } = {}) {
    if (modules.length === 0) throw valueError('ParametrizationList requires one or more modules.');
    super(modules);
    const { unsafe = false } = options;
    const { shape, dtype } = original;
    const inverse = noGrad(() => {
      let value: unknown = original;
      for (const module of [...modules].reverse())
        if (isInvertible(module)) value = tryInverse(module, value as Tensor) ?? value;
      return value;
    });
    if (!(inverse instanceof Tensor) && !Array.isArray(inverse))
      throw valueError(
        `'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got ${shortTypeName(inverse)}`,
      );
    const isTensor = inverse instanceof Tensor;
    Object.assign(this, { unsafe, isTensor, ntensors: isTensor ? 1 : inverse.length });
    if (isTensor) keepOne(this, original, inverse);
    else keepAll(this, original, inverse);
    if (!unsafe) checkResult(this, dtype, shape);
  }

  /** The tensors that the parametrized one is made of. */
  originals(): readonly Tensor[] {
    const names = this.isTensor
      ? ['original']
      : Array.from({ length: this.ntensors }, (_, index) => `original${index}`);
    return names.map((name) => this[REGISTRY].find(name) as Tensor);
  }

  /** What assigning `value` to the parametrized tensor does: each module's inverse from last to first, into the originals. */
  rightInverse(given: Tensor): void {
    noGrad(() => {
      let value: unknown = given;
      for (const module of [...this].reverse()) {
        if (!isInvertible(module))
          throw new TorchError(
            'RuntimeError',
            `parametrization ${module.constructor.name} does not implement right_inverse.`,
          );
        value = module.rightInverse(value as Tensor);
      }
      if (this.isTensor) assignOne(this, value);
      else assignAll(this, value);
    });
  }

  /** The tensor that the modules make of the originals. */
  override forward(): unknown {
    const [first, ...others] = this;
    return others.reduce<unknown>((value, module) => module.invoke([value]), first?.invoke(this.originals()));
  }
}

function keepOne(list: ParametrizationList, original: Tensor, inverse: Tensor): void {
  for (const what of ['dtype', 'device'] as const) {
    const print = (tensor: Tensor): string => (what === 'dtype' ? `torch.${tensor.dtype}` : tensor.device);
    if (original[what] === inverse[what]) continue;
    throw valueError(
      `When \`right_inverse\` outputs one tensor, it may not change the ${what}.\noriginal.${what}: ${print(original)}\nright_inverse(original).${what}: ${print(inverse)}`,
    );
  }
  takeOver(original, inverse);
  registerTensor(list, 'original', original);
}

function keepAll(list: ParametrizationList, original: Tensor, inverse: readonly unknown[]): void {
  for (const [index, each] of inverse.entries()) {
    if (!(each instanceof Tensor))
      throw valueError(
        `'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element ${index} of the sequence with type ${shortTypeName(each)}.`,
      );
    const { requiresGrad } = original;
    const kept = original instanceof Parameter ? new Parameter(each, { requiresGrad }) : each;
    kept.requiresGrad = requiresGrad;
    registerTensor(list, `original${index}`, kept);
  }
}

function checkResult(list: ParametrizationList, dtype: string, shape: readonly number[]): void {
  const made = expectTensor(list.invoke([]));
  const refuse = (what: string, before: string, after: string): never => {
    throw valueError(
      `Registering a parametrization may not change the ${what} of the tensor, unless \`unsafe\` flag is enabled.\nunparametrized ${what}: ${before}\nparametrized ${what}: ${after}`,
    );
  };
  if (made.dtype !== dtype) refuse('dtype', `torch.${dtype}`, `torch.${made.dtype}`);
  if (!shapesEqual(made.shape, shape)) refuse('shape', torchSize(shape), torchSize(made.shape));
}

function assignOne(list: ParametrizationList, value: unknown): void {
  if (!(value instanceof Tensor))
    throw valueError(`\`right_inverse\` should return a tensor. Got ${shortTypeName(value)}`);
  const [original] = list.originals();
  if (!original) return;
  if (value.dtype !== original.dtype)
    throw valueError(
      `The tensor returned by \`right_inverse\` has dtype torch.${value.dtype} while \`original\` has dtype torch.${original.dtype}`,
    );
  takeOver(original, value);
}

function assignAll(list: ParametrizationList, value: unknown): void {
  if (!Array.isArray(value))
    throw valueError(`'right_inverse' must return a sequence of tensors. Got ${shortTypeName(value)}.`);
  if (value.length !== list.ntensors)
    throw valueError(
      `'right_inverse' must return a sequence of tensors of length ${list.ntensors}. Got a sequence of length ${value.length}.`,
    );
  for (const [index, original] of list.originals().entries()) {
    const tensor: unknown = value[index];
    if (!(tensor instanceof Tensor))
      throw valueError(
        `'right_inverse' must return a sequence of tensors or reference-type opaques. Got element ${index} of type ${shortTypeName(tensor)}.`,
      );
    if (tensor.dtype !== original.dtype)
      throw valueError(
        `Tensor ${index} returned by \`right_inverse\` has dtype torch.${tensor.dtype} while \`original${index}\` has dtype torch.${original.dtype}`,
      );
    takeOver(original, tensor);
  }
}
