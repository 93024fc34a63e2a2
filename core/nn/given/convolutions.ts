// What convolutions refuse before they compute. Source: torch.nn.modules.conv, ATen/native/Convolution.cpp.
import type { Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { tensorTypeOf, typeName } from '../python-names';
import { cpp, expected, noTensor, refuse, type Given, type GivenRules } from './rules';

/** Which convolutions PyTorch gives to MKLDNN. Source: ATen/native/Convolution.cpp, use_mkldnn. */
function usesMkldnn({ layer, input }: Given, weight: Tensor): boolean {
  if (input.dtype !== 'float32') return false;
  const isBatch = input.rank === weight.rank && (input.shape[0] ?? 0) > 1;
  const isLarge = (weight.shape.at(-1) ?? 0) > 3 && (weight.shape.at(-2) ?? 0) > 3;
  return isBatch || isLarge || Number(layer.params.groups) > 1 || input.numel() > 20_480;
}

const batchOf = ({ input }: Given, weight: Tensor): Shape =>
  input.rank === weight.rank ? input.shape : [1, ...input.shape];

/** At least a row for every group. Source: ATen/native/Convolution.cpp, check_shape_forward. */
function checkRows({ layer }: Given, { shape }: Tensor): void {
  const groups = Number(layer.params.groups);
  if ((shape[0] ?? 0) < groups)
    refuse(`Given groups=${groups}, expected weight to be at least ${groups} at dimension 0, but got weight of size [${shape.join(', ')}] instead`); // prettier-ignore
}

/** As many channels as the input has. */
function checkGroups(given: Given, weight: Tensor): void {
  const [batch, groups] = [batchOf(given, weight), Number(given.layer.params.groups)];
  const [rows = 0, perGroup = 0] = weight.shape;
  const size = `[${weight.shape.join(', ')}]`;
  if (rows % groups === 0 && batch[1] !== perGroup * groups)
    refuse(`Given groups=${groups}, weight of size ${size}, expected input[${batch.join(', ')}] to have ${perGroup * groups} channels, but got ${batch[1] ?? 0} channels instead`); // prettier-ignore
}

/** The channels of a transposed convolution's input are its weight's. */
function checkChannels(given: Given, weight: Tensor): void {
  const batch = batchOf(given, weight);
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

export const convolution = (functionName: string): GivenRules => ({
  reads: ['weight', 'bias'],
  check(given) {
    const { input, weight, bias } = given;
    if (weight === null) return noSignature(functionName, given);
    if (bias !== null && bias.dtype !== input.dtype)
      refuse(`Input type (${cpp(input)}) and bias type (${cpp(bias)}) should be the same`);
    checkSpatial(functionName, given, weight);
    checkRows(given, weight);
    checkGroups(given, weight);
    checkConvolved(given, weight, 'weight');
  },
});
export const transposed = (functionName: string): GivenRules => ({
  reads: ['weight', 'bias'],
  check(given) {
    const { weight, bias } = given;
    if (weight === null) return noTensor(functionName, 'weight', 2);
    checkSpatial(functionName, given, weight);
    checkRows(given, weight);
    checkChannels(given, weight);
    checkConvolved(given, weight, 'weight');
    if (bias !== null && usesMkldnn(given, weight)) checkConvolved(given, bias, 'bias');
  },
});

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
