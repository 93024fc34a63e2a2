// What norms refuse before they compute. Source: torch.nn.modules.batchnorm and normalization, ATen/native/Normalization.cpp,
// group_norm.cpp and layer_norm.cpp.
import { gradientEnabled } from '../../ops/dispatch';
import { isFloatingPoint, type DType } from '../../tensor/dtype';
import { numel, shapesEqual, torchSize } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import type { LayerModule } from '../layer-module';
import { expected, refuse, scalar, type Given, type GivenRules } from './rules';

const isNarrow = (dtype: DType): boolean => dtype === 'float16' || dtype === 'bfloat16';

/** All of the input's dtype, or a narrow input beside float32. Source: ATen/native/cpu/mixed_data_type.h. */
function checkMixed(
  input: Tensor,
  parameters: readonly (Tensor | null)[],
  checkShape = (): void => {},
): void {
  const given = parameters.filter((tensor) => tensor !== null);
  const [first] = given;
  if (first === undefined) return checkShape();
  if (first.dtype === input.dtype) {
    checkShape();
    const other = given.find((tensor) => tensor.dtype !== input.dtype);
    return other === undefined ? undefined : expected(input, other);
  }
  if (given.some(({ dtype }) => dtype !== 'float32'))
    refuse('mixed dtype (CPU): expect parameter to have scalar type of Float');
  if (!isNarrow(input.dtype)) refuse('mixed dtype (CPU): all inputs must share same datatype.');
  checkShape();
}

/** Spatial axes of `InstanceNorm2d`. */
const spatialOf = ({ declaration }: LayerModule): number =>
  Number(/(\d)d$/.exec(declaration.torch ?? '')?.[1] ?? 0);
const samplesOf = (layer: LayerModule, input: Tensor): number =>
  input.rank === spatialOf(layer) + 2 ? (input.shape[0] ?? 1) : 1;

function checkBatch({ layer, input, weight, bias, tensors }: Given): void {
  const { running_mean: mean = null, running_var: variance = null } = tensors;
  const isTracked = layer.params.track_running_stats === true || !layer.training;
  const statistics = isTracked ? [mean, variance] : [];
  const isInstance = layer.declaration.torch?.includes('InstanceNorm') === true;
  const perChannel = numel(input.shape.filter((_, axis) => axis !== 1));
  if (!isInstance && (layer.training || (mean === null && variance === null)) && perChannel === 1)
    refuse(`Expected more than 1 value per channel when training, got input size ${torchSize(input.shape)}`, 'ValueError'); // prettier-ignore
  if (input.numel() === 0) return;
  const samples = isInstance ? samplesOf(layer, input) : 1;
  const axis = isInstance ? input.rank - spatialOf(layer) - 1 : 1;
  const channels = samples * (input.shape[axis] ?? 0);
  for (const [name, tensor] of Object.entries({
    running_mean: statistics[0],
    running_var: statistics[1],
    weight,
    bias,
  }))
    if (tensor && samples * tensor.numel() !== channels)
      refuse(`${name} should contain ${channels} elements not ${samples * tensor.numel()}`);
  if (statistics.length > 0 && (mean === null) !== (variance === null))
    refuse('running_mean and running_var must either both be None or neither be None', 'ValueError');
  if (gradientEnabled())
    for (const [name, tensor] of [['running_mean', statistics[0]], ['running_var', statistics[1]]] as const)
      if (tensor?.requiresGrad === true)
        refuse(`The function 'native_batch_norm' is not differentiable with respect to argument '${name}'. This input cannot have requires_grad True.`); // prettier-ignore
  if (!input.dtype.includes('float'))
    refuse(`"batch_norm" not implemented for '${scalar(input)}'`, 'NotImplementedError');
  // An instance norm repeats the statistics in its input's dtype.
  const repeats = isInstance && (layer.training || layer.params.track_running_stats !== true);
  checkMixed(input, repeats ? [weight, bias] : [weight, bias, ...statistics]);
}
const STATISTICS = ['running_mean', 'running_var', 'weight', 'bias'];
export const batchNorm: GivenRules = { reads: STATISTICS, check: checkBatch };
export const instanceNorm: GivenRules = {
  reads: STATISTICS,
  check(given) {
    // One batch norm over samples and channels: what belongs to the channels is repeated for each sample.
    if (STATISTICS.some((name) => (given.tensors[name]?.rank ?? 0) > 1))
      refuse('Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor');
    checkBatch(given);
  },
};
const mixed: GivenRules = {
  reads: ['weight', 'bias'],
  check: ({ input, weight, bias }) => checkMixed(input, [weight, bias]),
};

/** The last axes, and the weights of them. RMSNorm's message lacks a comma. */
function checkNormalized({ layer, input: { shape }, weight, bias }: Given, open: string): void {
  const sizes = layer.params.normalized_shape as readonly number[];
  for (const [name, tensor] of Object.entries({ weight, bias }))
    if (tensor && !shapesEqual(tensor.shape, sizes))
      refuse(`Expected ${name} to be of same shape as normalized_shape, but got ${name} of shape [${tensor.shape.join(', ')}] and normalized_shape = [${sizes.join(', ')}]`); // prettier-ignore
  if (!shapesEqual(shape.slice(-sizes.length), sizes))
    refuse(`Given normalized_shape=[${sizes.join(', ')}], expected input with shape ${open}${sizes.join(', ')}], but got input of size[${shape.join(', ')}]`); // prettier-ignore
}

export const layerNorm: GivenRules = {
  ...mixed,
  check(given) {
    const { input, weight, bias } = given;
    checkMixed(input, [weight, bias], () => checkNormalized(given, '[*, '));
  },
};
export const groupNorm: GivenRules = {
  ...mixed,
  check(given) {
    const [{ rank, shape }, groups] = [given.input, Number(given.layer.params.num_groups)];
    if (rank < 2) refuse(`Expected at least 2 dimensions for input tensor but received ${rank}`);
    const [samples = 0, channels = 0, ...rest] = shape;
    const parts = [Math.floor((samples * channels) / groups), groups, ...rest];
    if (numel([parts[0] ?? 0, ...rest]) === 1)
      refuse(`Expected more than 1 value per channel when training, got input size [${parts.join(', ')}]`, 'ValueError'); // prettier-ignore
    const isPlain = given.weight === null && given.bias === null && channels % groups === 0;
    if (isPlain && !isFloatingPoint(given.input.dtype))
      refuse(`"GroupNormKernelImpl" not implemented for '${scalar(given.input)}'`, 'NotImplementedError');
    if (channels === 0) refuse('Expected number of channels to be greater than 0, got 0');
    if (channels % groups === 0)
      for (const [name, tensor] of Object.entries({ weight: given.weight, bias: given.bias }))
        if (tensor && !shapesEqual(tensor.shape, [channels]))
          refuse(`Expected ${name} to be a vector of size equal to the number of channels in input, but got ${name} of shape [${tensor.shape.join(', ')}] and input of shape [${shape.join(', ')}]`); // prettier-ignore
    mixed.check?.(given);
  },
};
export const rmsNorm: GivenRules = {
  reads: ['weight'],
  check(given) {
    const {
      layer,
      input: { shape },
    } = given;
    const sizes = layer.params.normalized_shape as readonly number[];
    if (shape.length < sizes.length)
      refuse(`Input tensor must have at least ${sizes.length} dimensions, but got ${shape.length}`, 'ValueError'); // prettier-ignore
    checkNormalized(given, '[*');
  },
};
