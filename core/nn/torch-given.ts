// What PyTorch's functions say of a layer's own tensors before they compute: one that was deleted, is None or has another dtype.
// One row per class. Source: the forward methods of torch.nn.modules and what PyTorch 2.14's CPU kernels check first.
import { TorchError } from '../errors';
import { gradientEnabled } from '../ops/dispatch';
import { CPP_TYPES } from '../ops/infer/checks';
import { isFloatingPoint, type DType } from '../tensor/dtype';
import { numel, shapesEqual, torchSize } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { Siblings } from './initialize';
import type { LayerModule } from './layer-module';
import { scalarTypeName, typeName, tensorTypeOf } from './python-names';
import { REGISTRY } from './registry';
import { valuesOf } from './tensor-memory';
import { isLazy } from './uninitialized';

interface Given {
  readonly layer: LayerModule;
  readonly input: Tensor;
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly tensors: Siblings;
}
interface GivenRules {
  /** In the order forward reads them. */
  readonly reads: readonly string[];
  /** Throws what PyTorch throws. Nothing is uninitialized then. */
  check?(given: Given): void;
}

const refuse = (message: string, pythonClass: 'RuntimeError' | 'TypeError' | 'ValueError' | 'NotImplementedError' = 'RuntimeError'): never => {
  throw new TorchError(pythonClass, message, 'dtype_mismatch');
}; // prettier-ignore
const cpp = ({ dtype }: Tensor): string => CPP_TYPES[dtype] ?? dtype;
const scalar = ({ dtype }: Tensor): string => scalarTypeName(dtype);
const expected = (one: Tensor, other: Tensor): never =>
  refuse(`expected scalar type ${scalar(one)} but found ${scalar(other)}`);
const noTensor = (functionName: string, argument: string, position: number): never =>
  refuse(`${functionName}(): argument '${argument}' (position ${position}) must be Tensor, not NoneType`, 'TypeError'); // prettier-ignore

/** A product with a bias is addmm, of which the bias is `self`. */
function checkAdded(input: Tensor, weight: Tensor, bias: Tensor | null): void {
  if (bias !== null && bias.dtype !== weight.dtype)
    refuse(`self and mat2 must have the same dtype, but got ${scalar(bias)} and ${scalar(weight)}`);
  if (input.dtype !== weight.dtype)
    refuse(`mat1 and mat2 must have the same dtype, but got ${scalar(input)} and ${scalar(weight)}`);
}

function checkProduct({ shape }: Tensor, weight: Tensor): void {
  const [out = 0, features = 0] = weight.shape;
  const size = shape.at(-1) ?? features;
  if (weight.rank === 2 && size !== features)
    refuse(`mat1 and mat2 shapes cannot be multiplied (${numel(shape.slice(0, -1))}x${size} and ${features}x${out})`); // prettier-ignore
}

const linear: GivenRules = {
  reads: ['weight', 'bias'],
  check({ input, weight, bias }) {
    if (weight === null) return noTensor('linear', 'weight', 2);
    if (weight.rank > 2) refuse(`t() expects a tensor with <= 2 dimensions, but self is ${weight.rank}D`);
    // With a bias of the weight's dtype the other dtypes are looked at before the sizes.
    if (bias === null || bias.dtype !== weight.dtype) checkProduct(input, weight);
    if (bias === null)
      return input.dtype === weight.dtype
        ? undefined
        : refuse(`expected m1 and m2 to have the same dtype, but got: ${cpp(input)} != ${cpp(weight)}`);
    checkAdded(input, weight, bias);
  },
};

/** Which convolutions PyTorch gives to MKLDNN. Source: ATen/native/Convolution.cpp, use_mkldnn. */
function usesMkldnn({ layer, input }: Given, weight: Tensor): boolean {
  if (input.dtype !== 'float32') return false;
  const isBatch = input.rank === weight.rank && (input.shape[0] ?? 0) > 1;
  const isLarge = (weight.shape.at(-1) ?? 0) > 3 && (weight.shape.at(-2) ?? 0) > 3;
  return isBatch || isLarge || Number(layer.params.groups) > 1 || input.numel() > 20_480;
}

/** The channels of a transposed convolution's input are its weight's. */
function checkChannels({ input }: Given, weight: Tensor): void {
  const batch = input.rank === weight.rank ? input.shape : [1, ...input.shape];
  if (batch[1] !== weight.shape[0])
    refuse(`Given transposed=1, weight of size [${weight.shape.join(', ')}], expected input[${batch.join(', ')}] to have ${weight.shape[0] ?? 0} channels, but got ${batch[1] ?? 0} channels instead`); // prettier-ignore
}

/** A convolution whose weight or bias is of another type than its input: float32 goes through MKLDNN's check. */
function checkConvolved(given: Given, tensor: Tensor, name: 'weight' | 'bias'): void {
  const { input } = given;
  if (tensor.dtype === input.dtype) return;
  if (!usesMkldnn(given, given.weight ?? tensor)) return expected(input, tensor);
  refuse(
    `Input type (${tensorTypeOf(input)}) and ${name} type (${tensorTypeOf(tensor)}) should be the same or input should be a MKLDNN tensor and ${name} is a dense tensor`,
  );
}

/** The TypeError of a call that fits none of the function's two signatures. */
function noSignature(functionName: string, { layer, bias }: Given): never {
  const rank = Number(functionName.replace(/\D/g, ''));
  const last = bias === null ? 'NoneType' : typeName(bias);
  const padded = typeof layer.params.padding === 'string' ? 'str' : 'tuple';
  const tuple = `!tuple of (${rank === 1 ? 'int,' : new Array<string>(rank).fill('int').join(', ')})!`;
  const padding = padded === 'str' ? '!str!' : tuple;
  const signature = (argument: string): string =>
    [
      ` * (Tensor input, Tensor weight, Tensor bias = None, tuple of ints stride = 1, ${argument}, tuple of ints dilation = 1, int groups = 1)`,
      `      didn't match because some of the arguments have invalid types: (Tensor, !NoneType!, !${last}!, ${tuple}, ${padding}, ${tuple}, !int!)`,
    ].join('\n');
  return refuse(
    `${functionName}() received an invalid combination of arguments - got (Tensor, NoneType, ${last}, tuple, ${padded}, tuple, int), but expected one of:\n${signature('tuple of ints padding = 0')}\n${signature('str padding = "valid"')}\n`,
    'TypeError',
  );
}

const convolution = (functionName: string): GivenRules => ({
  reads: ['weight', 'bias'],
  check(given) {
    const { input, weight, bias } = given;
    if (weight === null) return noSignature(functionName, given);
    if (bias !== null && bias.dtype !== input.dtype)
      refuse(`Input type (${cpp(input)}) and bias type (${cpp(bias)}) should be the same`);
    checkSpatial(functionName, given, weight);
    checkConvolved(given, weight, 'weight');
  },
});
const transposed = (functionName: string): GivenRules => ({
  reads: ['weight', 'bias'],
  check(given) {
    const { weight, bias } = given;
    if (weight === null) return noTensor(functionName, 'weight', 2);
    checkSpatial(functionName, given, weight);
    checkChannels(given, weight);
    checkConvolved(given, weight, 'weight');
    if (bias !== null && usesMkldnn(given, weight)) checkConvolved(given, bias, 'bias');
  },
});

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

/** Source: torch.nn.modules.rnn, RNNBase.forward and RNNCellBase. */
function checkRank({ layer, input }: Given, ranks: readonly [number, number]): void {
  if (!ranks.includes(input.rank))
    refuse(`${layer.constructor.name}: Expected input to be ${ranks[0]}D or ${ranks[1]}D, got ${input.rank}D instead`, 'ValueError'); // prettier-ignore
}

const spread = (value: unknown, rank: number): readonly unknown[] =>
  Array.isArray(value) ? value : new Array<unknown>(rank).fill(value);

/** `conv2d` and `conv_transpose2d` take a batch, or one sample without it. */
function checkSpatial(functionName: string, { layer, input }: Given, weight: Tensor): void {
  const rank = Number(functionName.replace(/\D/g, ''));
  if (input.rank !== rank + 1 && input.rank !== rank + 2)
    refuse(`Expected ${rank + 1}D (unbatched) or ${rank + 2}D (batched) input to ${functionName}, but got input of size: [${input.shape.join(', ')}]`); // prettier-ignore
  if (weight.rank < 3) refuse('weight should have at least three dimensions');
  const batch = input.rank === rank + 1 ? [1, ...input.shape] : input.shape;
  if (rank > 1 && rank !== weight.rank - 2)
    refuse(`expected stride to be a single integer value or a list of ${weight.rank - 2} values to match the convolution dimensions, but got stride=[${spread(layer.params.stride, rank).join(', ')}]`); // prettier-ignore
  if (weight.rank !== batch.length)
    refuse(`Expected ${weight.rank}-dimensional input for ${weight.rank}-dimensional weight [${weight.shape.join(', ')}], but got ${batch.length}-dimensional input of size [${batch.join(', ')}] instead`); // prettier-ignore
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
const batchNorm: GivenRules = { reads: STATISTICS, check: checkBatch };
const instanceNorm: GivenRules = {
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

function checkFeatures({ layer, input }: Given): void {
  const [size, wanted] = [input.shape.at(-1) ?? 0, Number(layer.params.input_size)];
  if (size !== wanted) refuse(`input.size(-1) must be equal to input_size. Expected ${wanted}, got ${size}`);
}

const recurrent: GivenRules = {
  reads: [],
  check(given) {
    const { input, tensors } = given;
    checkRank(given, [2, 3]);
    if (input.shape[input.rank === 3 && given.layer.params.batch_first === true ? 1 : 0] === 0)
      refuse('Expected sequence length to be larger than 0 in RNN');
    const [weight = null] = Object.values(tensors);
    if (weight === null || weight.dtype === input.dtype) return checkFeatures(given);
    const [own, its] = [`torch.${input.dtype}`, `torch.${weight.dtype}`];
    refuse(
      `RNN input dtype (${own}) does not match weight dtype (${its}). Convert input: input.to(${its}), or convert model: model.to(${own})`,
      'ValueError',
    );
  },
};

const cell = (functionName: string): GivenRules => ({
  reads: ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'],
  check(given) {
    const { input, tensors } = given;
    checkRank(given, [1, 2]);
    const { weight_ih: weight = null, weight_hh: hidden = null } = tensors;
    if (weight === null) return noTensor(functionName, 'w_ih', 3);
    if (hidden === null) return noTensor(functionName, 'w_hh', 4);
    const [size, wanted] = [input.shape.at(-1) ?? 0, weight.shape[1] ?? 0];
    if (size !== wanted) refuse(`input has inconsistent input_size: got ${size} expected ${wanted}`);
    // The hidden state's product comes first; without one it has the input's dtype.
    checkAdded(input, hidden, tensors.bias_hh ?? null);
    checkAdded(input, weight, tensors.bias_ih ?? null);
  },
});

/** Rank 2 or 3, and only the batch may be empty. */
function checkPool({ input: { rank, shape } }: Given): void {
  if ((rank === 2 || rank === 3) && !shape.slice(-2).includes(0)) return;
  refuse(`max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:[${shape.join(', ')}]`); // prettier-ignore
}

/** Python's IndexError for axes that a tensor of this rank has not; a scalar counts as of one axis. */
function checkAxes({ input: { rank } }: Given, ...axes: readonly number[]): void {
  const count = Math.max(1, rank);
  const outside = axes.find((axis) => axis < -count || axis >= count);
  if (outside !== undefined)
    throw new TorchError('IndexError', `Dimension out of range (expected to be in range of [${-count}, ${count - 1}], but got ${outside})`); // prettier-ignore
}

/** One place for all is the mean over the last axes. */
const adaptiveMean = (...axes: readonly number[]): GivenRules => ({
  reads: [],
  check(given) {
    const { output_size } = given.layer.params;
    if ((output_size as readonly unknown[]).every((size) => size === 1)) checkAxes(given, ...axes);
  },
});

/** The last axes, and the weights of them. RMSNorm's message lacks a comma. */
function checkNormalized({ layer, input: { shape }, weight, bias }: Given, open: string): void {
  const sizes = layer.params.normalized_shape as readonly number[];
  for (const [name, tensor] of Object.entries({ weight, bias }))
    if (tensor && !shapesEqual(tensor.shape, sizes))
      refuse(`Expected ${name} to be of same shape as normalized_shape, but got ${name} of shape [${tensor.shape.join(', ')}] and normalized_shape = [${sizes.join(', ')}]`); // prettier-ignore
  if (!shapesEqual(shape.slice(-sizes.length), sizes))
    refuse(`Given normalized_shape=[${sizes.join(', ')}], expected input with shape ${open}${sizes.join(', ')}], but got input of size[${shape.join(', ')}]`); // prettier-ignore
}

const GIVEN: Readonly<Record<string, GivenRules>> = {
  Linear: linear,
  Conv1d: convolution('conv1d'),
  Conv2d: convolution('conv2d'),
  Conv3d: convolution('conv3d'),
  ConvTranspose1d: transposed('conv_transpose1d'),
  ConvTranspose2d: transposed('conv_transpose2d'),
  ConvTranspose3d: transposed('conv_transpose3d'),
  BatchNorm1d: batchNorm,
  BatchNorm2d: batchNorm,
  BatchNorm3d: batchNorm,
  InstanceNorm1d: instanceNorm,
  InstanceNorm2d: instanceNorm,
  InstanceNorm3d: instanceNorm,
  LayerNorm: {
    ...mixed,
    check(given) {
      const { input, weight, bias } = given;
      checkMixed(input, [weight, bias], () => checkNormalized(given, '[*, '));
    },
  },
  GroupNorm: {
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
      mixed.check?.(given);
    },
  },
  RMSNorm: {
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
  },
  PReLU: {
    reads: ['weight'],
    check({ input, weight }) {
      if (weight === null) return noTensor('prelu', 'weight', 2);
      if (weight.dtype !== input.dtype)
        refuse(`prelu: Type promoting not supported. Got ${scalar(input)} and ${scalar(weight)}`);
      const [count, channels] = [weight.numel(), input.rank > 1 ? (input.shape[1] ?? 1) : 1];
      if (count !== 1 && input.rank === 0) refuse('Not allow zero-dim input tensor.');
      if (count !== 1 && count !== channels)
        refuse(`Mismatch of parameter numbers and input channel size. Found parameter numbers = ${count} and channel size = ${channels}.`); // prettier-ignore
      if (weight.rank > 1)
        refuse(`prelu: Expected \`weight\` to be a scalar or 1D tensor, but got: ndim = ${weight.rank}`);
    },
  },
  Embedding: {
    reads: ['weight'],
    check({ input, weight }) {
      if (weight === null) return noTensor('embedding', 'weight', 1);
      const isIndex = input.dtype === 'int64' || input.dtype === 'int32';
      if (!isIndex)
        refuse(`Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got ${tensorTypeOf(input)} instead (while checking arguments for embedding)`); // prettier-ignore
      const rows = weight.shape[0] ?? 0;
      if (input.device !== 'meta' && [...valuesOf(input)].some((index) => index < 0 || index >= rows))
        throw new TorchError('IndexError', 'index out of range in self', 'shape_mismatch');
    },
  },
  MaxPool1d: { reads: [], check: checkPool },
  AdaptiveAvgPool2d: adaptiveMean(-1, -2),
  AdaptiveAvgPool3d: adaptiveMean(-1, -2, -3),
  Flatten: {
    reads: [],
    check: (given) =>
      checkAxes(given, Number(given.layer.params.start_dim), Number(given.layer.params.end_dim)),
  },
  ReLU: {
    reads: [],
    check({ input }) {
      if (input.dtype === 'bool') refuse('Boolean inputs not supported for relu', 'NotImplementedError');
    },
  },
  Softmax: {
    reads: [],
    check({ layer, input }) {
      if (isFloatingPoint(input.dtype) || input.rank === 0) return;
      const dim = Number(layer.params.dim ?? -1);
      const kernel =
        dim === -1 || dim === input.rank - 1 ? 'softmax_lastdim_kernel_impl' : 'softmax_kernel_impl';
      refuse(`"${kernel}" not implemented for '${scalar(input)}'`, 'NotImplementedError');
    },
  },
  RNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  RNNCell: cell('rnn_tanh_cell'),
  GRUCell: cell('gru_cell'),
  LSTMCell: cell('lstm_cell'),
};
const rowOf = ({ declaration }: LayerModule): GivenRules | undefined =>
  GIVEN[declaration.torch?.split('.').at(-1) ?? ''];

/** PyTorch's AttributeError for the first tensor that forward reads and somebody has deleted. */
export function checkDeleted(layer: LayerModule): void {
  const isBatch = layer.declaration.torch?.startsWith('torch.nn.BatchNorm') === true;
  const skips = isBatch && layer.training && layer.params.track_running_stats !== true;
  for (const name of (rowOf(layer)?.reads ?? []).filter((each) => !(skips && each.startsWith('running_'))))
    if (!layer[REGISTRY].has(name) && Reflect.get(layer, name) === undefined)
      throw new TorchError('AttributeError', `'${layer.constructor.name}' object has no attribute '${name}'`);
}

/** PyTorch's error for a tensor that is None or of a dtype that does not go with the input's. */
export function checkGiven(layer: LayerModule, input: Tensor | null | undefined, tensors: Siblings): void {
  if (!input || Object.values(tensors).some((tensor) => isLazy(tensor))) return;
  const { weight = null, bias = null } = tensors;
  rowOf(layer)?.check?.({ layer, input, weight, bias, tensors });
}
