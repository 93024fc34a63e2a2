// One row of refusals per class of torch.nn. Source: the forward methods of torch.nn.modules and what PyTorch 2.14's CPU kernels check first.
import { TorchError } from '../../errors';
import { isFloatingPoint } from '../../tensor/dtype';
import { tensorTypeOf } from '../python-names';
import { valuesOf } from '../tensor-memory';
import { convolution, transposed } from './convolutions';
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from './norms';
import { cell, linear, recurrent } from './products';
import { noTensor, refuse, scalar, type Given, type GivenRules } from './rules';

/** Rank 2 or 3, and only the batch may be empty. */
function checkPool({ input }: Given): void {
  const { rank, shape } = input;
  if ((rank === 2 || rank === 3) && !shape.slice(-2).includes(0)) {
    if (!isFloatingPoint(input.dtype))
      refuse(`"max_pool1d_impl" not implemented for '${scalar(input)}'`, 'NotImplementedError');
    return;
  }
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

/** By class name. */
export const GIVEN: Readonly<Record<string, GivenRules>> = {
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
  LayerNorm: layerNorm,
  GroupNorm: groupNorm,
  RMSNorm: rmsNorm,
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
    check({ layer, input, weight }) {
      const padding = Number(layer.params.padding_idx ?? 0);
      if (weight === null)
        return padding === 0
          ? noTensor('embedding', 'weight', 1)
          : refuse("'NoneType' object has no attribute 'size'", 'AttributeError');
      const rows = weight.shape[0] ?? 0;
      if ((padding > 0 && padding >= rows) || padding < -rows)
        refuse('Padding_idx must be within num_embeddings', 'AssertionError');
      if (weight.rank !== 2) refuse("'weight' must be 2-D");
      const isIndex = input.dtype === 'int64' || input.dtype === 'int32';
      if (!isIndex)
        refuse(`Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got ${tensorTypeOf(input)} instead (while checking arguments for embedding)`); // prettier-ignore
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
