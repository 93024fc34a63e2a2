// Arguments that PyTorch's forward takes beside tensors: `output_size` of a transposed convolution, given with each call.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { torchSize } from '../tensor/shape';
import type { LayerModule } from './layer-module';

/** Params that count for one call only; the last of its inputs. */
export class CallParams {
  constructor(readonly params: Readonly<Record<string, unknown>>) {}
}

const TRANSPOSED = /^torch\.nn\.ConvTranspose([123])d$/;

/** Names of a layer's arguments after its ports. */
export const callArguments = ({ declaration }: LayerModule): readonly string[] =>
  TRANSPOSED.test(declaration.torch ?? '') ? ['output_size'] : [];

/** The inputs that are tensors or absent, and the params of this call. */
export function splitCall(
  module: LayerModule,
  given: readonly unknown[],
): { readonly inputs: readonly (Tensor | null)[]; readonly params: LayerModule['params'] } {
  const last = given.at(-1);
  if (!(last instanceof CallParams))
    return { inputs: given as readonly (Tensor | null)[], params: module.params };
  const inputs = given.slice(0, -1) as readonly (Tensor | null)[];
  const { output_size = null } = last.params;
  const [input] = inputs;
  return output_size === null || !(input instanceof Tensor)
    ? { inputs, params: module.params }
    : { inputs, params: { ...module.params, output_size: outputSize(module, input, output_size) } };
}

/** The spatial sizes that are asked for, with PyTorch's errors. Source: torch.nn.modules.conv._ConvTransposeNd._output_padding. */
function outputSize(module: LayerModule, input: Tensor, given: unknown): readonly number[] {
  const asked = Array.isArray(given) ? (given as readonly number[]) : [Number(given)];
  const rank = Number(TRANSPOSED.exec(module.declaration.torch ?? '')?.[1] ?? 0);
  const others = input.rank === rank + 2 ? 2 : 1;
  const sizes = asked.length === others + rank ? asked.slice(others) : asked;
  if (sizes.length !== rank)
    throw new TorchError(
      'ValueError',
      `ConvTranspose${rank}D: for ${input.rank}D input, output_size must have ${rank} or ${others + rank} elements (got ${sizes.length})`,
    );
  const at = (name: string, axis: number): number =>
    (module.params[name] as readonly number[] | undefined)?.[axis] ?? 0;
  const least = sizes.map(
    (_, axis) =>
      ((input.shape[axis + others] ?? 0) - 1) * at('stride', axis) -
      2 * at('padding', axis) +
      at('dilation', axis) * (at('kernel_size', axis) - 1) +
      1,
  );
  const most = least.map((size, axis) => size + at('stride', axis) - 1);
  if (sizes.some((size, axis) => size < (least[axis] ?? 0) || size > (most[axis] ?? 0)))
    throw new TorchError(
      'ValueError',
      `requested an output size of [${sizes.join(', ')}], but valid sizes range from [${least.join(', ')}] to [${most.join(', ')}] (for an input of ${torchSize(input.shape.slice(2))})`,
      'shape_mismatch',
    );
  return sizes;
}
