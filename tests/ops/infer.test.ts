// Inference: PyTorch's words for what does not fit, and meta tensors that take the shapes real ones take.
import { describe, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { INFER } from '#core/ops/infer';
import { SIGNATURES } from '#core/ops/signatures';
import type { DType } from '#core/tensor/dtype';
import type { Tensor } from '#core/tensor/tensor';

import { goldenCases, RUNS } from './golden-cases';

const meta = (shape: readonly number[], dtype: DType = 'float32'): Tensor => ops.zeros(shape, dtype, 'meta');
const long = (...shape: number[]): Tensor => meta(shape, 'int64');

test('every op has a signature and an inference, and only ops have', () => {
  expect(Object.keys(INFER)).toEqual(Object.keys(SIGNATURES));
});

describe('meta tensors take the shape and dtype of real results', () => {
  test.each(
    goldenCases
      .filter((_, index) => index % 2 === 0)
      .map((golden, index) => [`${index} ${golden.op}`, golden] as const),
  )('%s', (_title, golden) => {
    const inputs = golden.inputs.map(({ shape, dtype }) => meta(shape, dtype ?? golden.dtype));
    const output = RUNS[golden.op]?.(golden.options, ...inputs);
    expect(output?.device).toBe('meta');
    expect(output?.shape).toEqual(golden.output.shape);
    expect(output?.dtype).toBe(golden.op === 'argmax' ? 'int64' : golden.dtype);
  });
});

const conv = (x: Tensor, w: Tensor, options: ops.ConvolutionOptions = {}, bias: Tensor | null = null) =>
  ops.convolution(x, w, bias, options);

/** Every message is what PyTorch 2.13 says in the same situation. */
const REFUSED: readonly (readonly [string, () => unknown, string])[] = [
  [
    'linear',
    () => ops.linear(meta([64, 5]), meta([4, 3])),
    'mat1 and mat2 shapes cannot be multiplied (64x5 and 3x4)',
  ],
  [
    'linear, one row',
    () => ops.linear(meta([5]), meta([4, 3])),
    'mat1 and mat2 shapes cannot be multiplied (1x5 and 3x4)',
  ],
  [
    'linear, 3-D',
    () => ops.linear(meta([2, 3, 5]), meta([4, 3])),
    'mat1 and mat2 shapes cannot be multiplied (6x5 and 3x4)',
  ],
  [
    'linear, dtypes',
    () => ops.linear(meta([2, 5]), meta([4, 5], 'float64')),
    'expected m1 and m2 to have the same dtype, but got: float != double',
  ],
  [
    'linear, integers',
    () => ops.linear(long(2, 5), meta([4, 5])),
    'expected m1 and m2 to have the same dtype, but got: long int != float',
  ],
  [
    'linear, bias',
    () => ops.linear(meta([2, 5]), meta([4, 5]), meta([3])),
    'The expanded size of the tensor (4) must match the existing size (3) at non-singleton dimension 1.  Target sizes: [2, 4].  Tensor sizes: [3]',
  ],
  [
    'matmul',
    () => ops.matmul(meta([2, 5]), meta([4, 5])),
    'mat1 and mat2 shapes cannot be multiplied (2x5 and 4x5)',
  ],
  [
    'matmul, vector',
    () => ops.matmul(meta([2, 5]), meta([4])),
    'size mismatch, got input (2), mat (2x5), vec (4)',
  ],
  [
    'matmul, vectors',
    () => ops.matmul(meta([5]), meta([4])),
    'inconsistent tensor size, expected tensor [5] and src [4] to have the same number of elements, but got 5 and 4 elements respectively',
  ],
  [
    'matmul, scalar',
    () => ops.matmul(meta([]), meta([4])),
    'both arguments to matmul need to be at least 1D, but they are 0D and 1D',
  ],
  [
    'matmul, batches',
    () => ops.matmul(meta([2, 3, 5]), meta([2, 4, 5])),
    'Expected size for first two dimensions of batch2 tensor to be: [2, 5] but got: [2, 4].',
  ],
  [
    'matmul, broadcast',
    () => ops.matmul(meta([2, 3, 5]), meta([3, 5, 5])),
    'The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0',
  ],
  [
    'add',
    () => ops.add(meta([2, 3]), meta([2, 4])),
    'The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1',
  ],
  [
    'convolution, channels',
    () => conv(meta([1, 3, 8, 8]), meta([4, 2, 3, 3])),
    'Given groups=1, weight of size [4, 2, 3, 3], expected input[1, 3, 8, 8] to have 2 channels, but got 3 channels instead',
  ],
  [
    'convolution, rank',
    () => conv(meta([1, 1, 3, 8, 8]), meta([4, 2, 3, 3])),
    'Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [1, 1, 3, 8, 8]',
  ],
  [
    'convolution, groups',
    () => conv(meta([1, 4, 8, 8]), meta([5, 2, 3, 3]), { groups: 2 }),
    'Given groups=2, expected weight to be divisible by 2 at dimension 0, but got weight of size [[5, 2, 3, 3]] instead',
  ],
  [
    'convolution, small',
    () => conv(meta([1, 3, 2, 2]), meta([4, 3, 3, 3])),
    "Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size can't be greater than actual input size",
  ],
  [
    'convolution, bias',
    () => conv(meta([1, 3, 8, 8]), meta([4, 3, 3, 3]), {}, meta([3])),
    'Given weight of size [4, 3, 3, 3], expected bias to be 1-dimensional with 4 elements, but got bias of size [3] instead',
  ],
  [
    'convolution, stride',
    () => conv(meta([1, 3, 8, 8]), meta([4, 3, 3, 3]), { stride: 0 }),
    'non-positive stride is not supported',
  ],
  [
    'convolution, padding',
    () => conv(meta([1, 3, 8, 8]), meta([4, 3, 3, 3]), { padding: -1 }),
    'negative padding is not supported',
  ],
  [
    'convolution, dilation',
    () => conv(meta([1, 3, 8, 8]), meta([4, 3, 3, 3]), { dilation: 0 }),
    'dilation should be greater than zero, but got [0, 0]',
  ],
  [
    'transposed, channels',
    () => ops.convolutionTranspose(meta([1, 3, 8, 8]), meta([4, 2, 3, 3])),
    'Given transposed=1, weight of size [4, 2, 3, 3], expected input[1, 3, 8, 8] to have 4 channels, but got 3 channels instead',
  ],
  [
    'transposed, small',
    () => ops.convolutionTranspose(meta([1, 3, 1, 1]), meta([3, 2, 1, 1]), null, { padding: 2 }),
    'Given input size per channel: (1 x 1). Calculated output size per channel: (-3 x -3). Output size is too small',
  ],
  [
    'max pool, small',
    () => ops.maxPool(meta([1, 3, 2, 2]), { kernel: [3, 3] }),
    'Given input size: (3x2x2). Calculated output size: (3x0x0). Output size is too small',
  ],
  [
    'max pool, 1-D',
    () => ops.maxPool(meta([1, 3, 2]), { kernel: [3] }),
    'max_pool1d() Invalid computed output size: 0',
  ],
  [
    'max pool, padding',
    () => ops.maxPool(meta([1, 3, 8, 8]), { kernel: [3, 3], padding: 2 }),
    'pad should be at most half of effective kernel size, but got pad=2, kernel_size=3 and dilation=1',
  ],
  [
    'max pool, stride',
    () => ops.maxPool(meta([1, 1, 8, 8]), { kernel: [3, 3], stride: 0 }),
    'stride should not be zero',
  ],
  [
    'average pool, 1-D',
    () => ops.avgPool(meta([1, 3, 2]), { kernel: [3] }),
    'Given input size: (3x1x2). Calculated output size: (3x1x0). Output size is too small',
  ],
  [
    'average pool, divisor',
    () => ops.avgPool(meta([1, 3, 8, 8]), { kernel: [3, 3], divisorOverride: 0 }),
    'divisor must be not zero',
  ],
  [
    'adaptive pool',
    () => ops.adaptiveAvgPool(meta([8, 8]), [3, 3]),
    'adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got [8, 8]',
  ],
  [
    'adaptive pool, empty',
    () => ops.adaptiveAvgPool(meta([1, 2, 0, 8]), [3, 3]),
    'adaptive_avg_pool2d(): Expected input to have non-zero size for non-batch dimensions, but input has sizes [1, 2, 0, 8] with dimension 2 being empty',
  ],
  [
    'batch norm, one value',
    () => ops.batchNorm(meta([1, 3]), { isTraining: true }),
    'Expected more than 1 value per channel when training, got input size torch.Size([1, 3])',
  ],
  [
    'batch norm, state',
    () => ops.batchNorm(meta([2, 3]), { isTraining: true, runningMean: meta([4]), runningVar: meta([4]) }),
    'running_mean should contain 3 elements not 4',
  ],
  [
    'batch norm, weight',
    () => ops.batchNorm(meta([2, 3]), { isTraining: true, weight: meta([4]) }),
    'weight should contain 3 elements not 4',
  ],
  [
    'batch norm, evaluation',
    () => ops.batchNorm(meta([2, 3]), { isTraining: false }),
    'running_mean must be defined in evaluation mode',
  ],
  [
    'layer norm',
    () => ops.layerNorm(meta([2, 3]), [4]),
    'Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[2, 3]',
  ],
  [
    'layer norm, weight',
    () => ops.layerNorm(meta([2, 3]), [3], { weight: meta([4]) }),
    'Expected weight to be of same shape as normalized_shape, but got weight of shape [4] and normalized_shape = [3]',
  ],
  [
    'group norm',
    () => ops.groupNorm(meta([2, 3]), 2),
    'Expected number of channels in input to be divisible by num_groups, but got input of shape [2, 3] and num_groups=2',
  ],
  [
    'group norm, weight',
    () => ops.groupNorm(meta([2, 4]), 2, { weight: meta([3]) }),
    'Expected weight to be a vector of size equal to the number of channels in input, but got weight of shape [3] and input of shape [2, 4]',
  ],
  [
    'nll, batch',
    () => ops.nll(meta([64, 3]), long(32)),
    'Expected input batch_size (64) to match target batch_size (32).',
  ],
  [
    'nll, multi-target',
    () => ops.nll(meta([64, 3]), long(64, 2)),
    '0D or 1D target tensor expected, multi-target not supported',
  ],
  ['nll, dtype', () => ops.nll(meta([64, 3]), meta([64])), 'expected target dtype to be Long, but got Float'],
  [
    'nll, weight',
    () => ops.nll(meta([64, 3]), long(64), { weight: meta([2]) }),
    'weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]',
  ],
  [
    'nll, planes',
    () => ops.nll(meta([2, 3, 4, 4]), long(2, 4, 5)),
    'size mismatch (got input: [2, 3, 4, 4] , target: [2, 4, 5]',
  ],
  ['nll, lines', () => ops.nll(meta([2, 3, 4]), long(2, 5)), 'Expected target size [2, 4], got [2, 5]'],
  [
    'concatenate, sizes',
    () => ops.concatenate([meta([2, 3]), meta([3, 4])], 0),
    'Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor number 1 in the list.',
  ],
  [
    'concatenate, ranks',
    () => ops.concatenate([meta([2, 3]), meta([3])], 0),
    'Tensors must have same number of dimensions: got 2 and 1',
  ],
  [
    'concatenate, axis',
    () => ops.concatenate([meta([2, 3])], 5),
    'Dimension out of range (expected to be in range of [-2, 1], but got 5)',
  ],
  ['concatenate, nothing', () => ops.concatenate([], 0), 'torch.cat(): expected a non-empty list of Tensors'],
  ['reshape', () => ops.reshape(meta([2, 3]), [4, 2]), "shape '[4, 2]' is invalid for input of size 6"],
  ['reshape, -1', () => ops.reshape(meta([2, 3]), [4, -1]), "shape '[4, -1]' is invalid for input of size 6"],
  ['reshape, two -1', () => ops.reshape(meta([2, 3]), [-1, -1]), 'only one dimension can be inferred'],
  [
    'reshape, empty',
    () => ops.reshape(meta([0, 3]), [0, -1]),
    'cannot reshape tensor of 0 elements into shape [0, -1] because the unspecified dimension size -1 can be any value and is ambiguous',
  ],
  [
    'reshape, -2',
    () => ops.reshape(meta([2, 3]), [-2, 3]),
    'invalid shape dimension -2 at index 0 of shape [-2, 3]',
  ],
  ['permute, twice', () => ops.permute(meta([2, 3]), [0, 0]), 'permute(): duplicate dims are not allowed.'],
  [
    'transpose',
    () => ops.transpose(meta([2, 3]), 0, 2),
    'Dimension out of range (expected to be in range of [-2, 1], but got 2)',
  ],
  [
    'expand',
    () => ops.expand(meta([2, 3]), [4, 3]),
    'The expanded size of the tensor (4) must match the existing size (2) at non-singleton dimension 0.  Target sizes: [4, 3].  Tensor sizes: [2, 3]',
  ],
  [
    'expand, -1',
    () => ops.expand(meta([2, 3]), [-1, 2, 3]),
    "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension 0",
  ],
  [
    'select',
    () => ops.select(meta([2, 3]), 0, 5),
    'select(): index 5 out of range for tensor of size [2, 3] at dimension 0',
  ],
  ['slice', () => ops.slice(meta([2, 3]), 0, { step: 0 }), 'slice step must be positive'],
  [
    'unsqueeze',
    () => ops.unsqueeze(meta([2, 3]), 4),
    'Dimension out of range (expected to be in range of [-3, 2], but got 4)',
  ],
  [
    'flatten',
    () => ops.flatten(meta([2, 3]), 1, 0),
    'flatten() has invalid args: start_dim cannot come after end_dim',
  ],
  [
    'unflatten',
    () => ops.unflatten(meta([2, 6]), 1, [4, -1]),
    "unflatten: Provided sizes [4, -1] don't multiply up to the size of dim 1 (6) in the input tensor",
  ],
  ['unflatten, nothing', () => ops.unflatten(meta([2, 6]), 1, []), 'unflatten: sizes must be non-empty'],
  [
    'sum, axis',
    () => ops.sum(meta([2, 3]), [2]),
    'Dimension out of range (expected to be in range of [-2, 1], but got 2)',
  ],
  ['sum, twice', () => ops.sum(meta([2, 3]), [0, 0]), 'dim 0 appears multiple times in the list of dims'],
  [
    'amax, empty',
    () => ops.amax(meta([0, 3]), [0]),
    'amax(): Expected reduction dim 0 to have non-zero size.',
  ],
  [
    'argmax, empty',
    () => ops.argmax(meta([0, 3]), 0),
    'argmax(): Expected reduction dim 0 to have non-zero size.',
  ],
  [
    'pad, reflect',
    () => ops.pad(meta([1, 1, 3]), [3, 0], { mode: 'reflect' }),
    'Argument #4: Padding size should be less than the corresponding input dimension, but got: padding (3, 0) at dimension 2 of input [1, 1, 3]',
  ],
  [
    'pad, circular',
    () => ops.pad(meta([1, 1, 3]), [4, 0], { mode: 'circular' }),
    'Padding value causes wrapping around more than once.',
  ],
  ['pad, crop', () => ops.pad(meta([3]), [-2, -2]), 'narrow(): length must be non-negative.'],
  [
    'dropout',
    () => ops.dropout(meta([3]), { probability: 1.5, state: long(2), stream: 0 }),
    'dropout probability has to be between 0 and 1, but got 1.5',
  ],
  ['item', () => ops.item(meta([2, 3])), 'a Tensor with 6 elements cannot be converted to Scalar'],
  ['values of meta', () => ops.toNumbers(meta([2])), 'Cannot copy out of meta tensor; no data!'],
  ['integers', () => ops.exp(long(2)), 'elementwise ops compute in float32 or float64, got Long'],
];

test.each(REFUSED)('refused in words: %s', (_name, call, message) => {
  expect(call).toThrow(message);
});

test('two float dtypes meet in the wider one; scalars do not widen', () => {
  expect(ops.add(meta([2]), meta([2], 'float64')).dtype).toBe('float64');
  expect(ops.add(meta([2]), meta([], 'float64')).dtype).toBe('float32');
  expect(ops.add(meta([]), long(2)).dtype).toBe('float32');
});
