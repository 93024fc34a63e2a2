// Buffer: module state that is saved and moved with the module but not trained. Rules: docs/spec/parameters.md.
import { TorchError } from '../errors';
import { getDefaultDType } from '../tensor/default-dtype';
import { Tensor } from '../tensor/tensor';
import { noAttribute } from './python-names';
import { newTensor } from './tensor-memory';

export interface BufferOptions {
  /** Whether the buffer is part of the state dict. Default true. */
  readonly persistent?: boolean;
}

/**
 * `torch.nn.Buffer`: no class of its own at run time. The result is `data.detach()` with data's requiresGrad and the
 * attributes `persistent` and `isBuffer`; `instanceof Buffer` follows the attribute.
 */
export class Buffer extends Tensor {
  declare persistent: boolean;
  declare isBuffer: boolean;

  constructor(data: Tensor | null = null, options: BufferOptions = {}) {
    // `persistent` is a keyword only: a bare second argument is one too many.
    if (typeof options !== 'object')
      throw new TorchError(
        'TypeError',
        'Buffer.__new__() takes from 1 to 2 positional arguments but 3 were given',
      );
    const source = data ?? newTensor([0], getDefaultDType());
    if (!(source instanceof Tensor)) throw new TorchError('AttributeError', noAttribute(source, 'detach'));
    source.assertUsable('<method detach>');
    super(source.storage, { dtype: source.dtype, shape: source.shape });
    const { persistent = true } = options;
    const detached = source.detach();
    detached.requiresGrad = source.requiresGrad;
    return Object.assign(detached, { persistent, isBuffer: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Tensor && Boolean(Reflect.get(value, 'isBuffer'));
  }
}
