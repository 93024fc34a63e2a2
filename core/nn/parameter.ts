// Parameter: a leaf tensor that a module registers when it is assigned to a field. Rules: docs/spec/parameters.md.
import { TorchError } from '../errors';
import { getDefaultDType } from '../tensor/default-dtype';
import { Tensor } from '../tensor/tensor';
import { noAttribute } from './python-names';
import { newTensor } from './tensor-memory';
import { tensorRepr } from './tensor-repr';

export interface ParameterOptions {
  /** Default true. */
  readonly requiresGrad?: boolean;
}

const emptyTensor = (): Tensor => newTensor([0], getDefaultDType());

/**
 * `torch.nn.Parameter`. Given a Tensor or a Parameter it is a new object over the same storage; given a custom tensor type
 * it is that type's own `detach()`, flagged `isParam`. Throws AttributeError for what is no tensor and RuntimeError for a
 * dtype that cannot require gradients.
 */
export class Parameter extends Tensor {
  constructor(data: Tensor | null = null, options: ParameterOptions = {}) {
    const source = data ?? emptyTensor();
    if (!(source instanceof Tensor)) throw new TorchError('AttributeError', noAttribute(source, 'detach'));
    source.assertUsable('<method detach>');
    const { requiresGrad = true } = options;
    const { storage, dtype, shape, strides, offset } = source;
    super(storage, { dtype, shape, strides, offset, requiresGrad });
    if (!isPlain(source)) return adopt(source, requiresGrad);
    this.countWith(source);
  }

  /** The flag by which a custom tensor type counts as a Parameter; true for every real one. */
  get isParam(): boolean {
    return true;
  }

  /** `Parameter containing:` and the tensor's own text. */
  override toString(): string {
    return `Parameter containing:\n${tensorRepr(this)}`;
  }

  /** Real instances, and any tensor whose `isParam` is truthy; the flag does not count for subclasses of Parameter. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    return this === Parameter && value instanceof Tensor && Boolean(Reflect.get(value, 'isParam'));
  }
}

const isPlain = (tensor: Tensor): boolean => {
  const prototype: unknown = Object.getPrototypeOf(tensor);
  return prototype === Tensor.prototype || prototype === Parameter.prototype;
};

/** A custom tensor as a parameter: it keeps its class and is only flagged. */
function adopt(source: Tensor, requiresGrad: boolean): Tensor & { isParam: boolean } {
  const detached = source.detach();
  if (Object.getPrototypeOf(detached) !== Object.getPrototypeOf(source))
    throw new TorchError(
      'RuntimeError',
      `Creating a Parameter from an instance of type ${source.constructor.name} requires that detach() returns an instance of the same type, but return type ${detached.constructor.name} was found instead. To use the type as a Parameter, please correct the detach() semantics defined by its __torch_dispatch__() implementation.`,
    );
  detached.requiresGrad = requiresGrad;
  return Object.assign(detached, { isParam: true });
}
