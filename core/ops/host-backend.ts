// A backend without native code: it keeps tensors where no addon runs (the window, unit tests) and does only what moving
// and converting parameters needs. Everything else throws `not_supported` with the op's name.
import { LazuliError } from '../errors';
import { elementSize } from '../tensor/dtype';
import { readElement, writeElement } from '../tensor/elements';
import { HostStorage } from '../tensor/host-storage';
import { numel } from '../tensor/shape';
import type { Backend, DenseTensor } from '../tensor/storage';
import type { AttributeValue } from './signatures';

type Attributes = Readonly<Record<string, AttributeValue>>;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function read({ storage, offset, dtype, shape }: DenseTensor): Uint8Array {
  return storage.read(offset * elementSize(dtype), numel(shape) * elementSize(dtype));
}

/** Writes every element of `output` as `value` gives it. */
function write(
  { storage, offset, dtype, shape }: DenseTensor,
  value: (index: number) => number | bigint,
): void {
  const size = elementSize(dtype);
  const bytes = new Uint8Array(numel(shape) * size);
  const view = viewOf(bytes);
  for (let index = 0; index < numel(shape); index++) writeElement(view, index * size, dtype, value(index));
  storage.write(offset * size, bytes);
}

function cast(x: DenseTensor, output: DenseTensor): void {
  const view = viewOf(read(x));
  const size = elementSize(x.dtype);
  write(output, (index) => readElement(view, index * size, x.dtype));
}

function stridedCopy(x: DenseTensor, output: DenseTensor, attributes: Attributes): void {
  const source = read(x);
  const size = elementSize(x.dtype);
  const { strides, offset } = attributes as { readonly strides: readonly number[]; readonly offset: number };
  const bytes = new Uint8Array(numel(output.shape) * size);
  for (let index = 0; index < numel(output.shape); index++) {
    let rest = index;
    let from = offset;
    for (let axis = output.shape.length - 1; axis >= 0; axis--) {
      const n = output.shape[axis] ?? 1;
      from += (rest % n) * (strides[axis] ?? 0);
      rest = Math.floor(rest / n);
    }
    bytes.set(source.subarray(from * size, (from + 1) * size), index * size);
  }
  output.storage.write(output.offset * size, bytes);
}

/** Install with `useBackend(hostBackend)`. Supports `fill`, `cast` and `strided_copy`. */
export const hostBackend: Backend = {
  device: 'cpu',
  allocate: (bytes) => new HostStorage(bytes),
  execute(op, inputs, outputs, attributes) {
    const [x] = inputs;
    const [output] = outputs;
    if (op === 'fill' && output) write(output, () => Number(attributes.value));
    else if (op === 'cast' && x && output) cast(x, output);
    else if (op === 'strided_copy' && x && output) stridedCopy(x, output, attributes);
    else
      throw new LazuliError('not_supported', `op '${op}' needs a native backend; none is open`, {
        where: op,
        hint: 'open one with openCpuBackend() and useBackend()',
      });
  },
};
