// What linear and recurrent functions refuse before they multiply. Source: torch.nn.modules.linear and rnn, ATen/native/Linear.cpp and RNN.cpp.
import { numel } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import type { LayerModule } from '../layer-module';
import { cpp, noTensor, refuse, scalar, type Given, type GivenRules } from './rules';

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

export const linear: GivenRules = {
  reads: ['weight', 'bias'],
  check({ input, weight, bias }) {
    if (weight === null) return noTensor('linear', 'weight', 2);
    if (input.rank === 0 || weight.rank === 0)
      refuse(`both arguments to linear need to be at least 1D, but they are ${input.rank}D and ${weight.rank}D`); // prettier-ignore
    if (weight.rank > 2) refuse(`t() expects a tensor with <= 2 dimensions, but self is ${weight.rank}D`);
    // With a bias that goes into the product the dtypes are looked at before the sizes.
    if (bias === null || (input.rank > 2 && bias.rank !== 1)) checkProduct(input, weight);
    if (bias === null)
      return input.dtype === weight.dtype
        ? undefined
        : refuse(`expected m1 and m2 to have the same dtype, but got: ${cpp(input)} != ${cpp(weight)}`);
    checkAdded(input, weight, bias);
  },
};

/** Source: torch.nn.modules.rnn, RNNBase.forward and RNNCellBase. */
export function checkRank(layer: LayerModule, input: Tensor, ranks: readonly [number, number]): void {
  if (!ranks.includes(input.rank))
    refuse(`${layer.constructor.name}: Expected input to be ${ranks[0]}D or ${ranks[1]}D, got ${input.rank}D instead`, 'ValueError'); // prettier-ignore
}

function checkFeatures({ layer, input }: Given): void {
  const [size, wanted] = [input.shape.at(-1) ?? 0, Number(layer.params.input_size)];
  if (size !== wanted) refuse(`input.size(-1) must be equal to input_size. Expected ${wanted}, got ${size}`);
}

export const recurrent: GivenRules = {
  reads: [],
  check(given) {
    const { input, tensors } = given;
    checkRank(given.layer, input, [2, 3]);
    if (input.shape[input.rank === 3 && given.layer.params.batch_first === true ? 1 : 0] === 0)
      refuse('Expected sequence length to be larger than 0 in RNN');
    const [weight = null] = Object.values(tensors);
    if (weight === null) return refuse("'NoneType' object has no attribute 'dtype'", 'AttributeError');
    if (weight.dtype === input.dtype) return checkFeatures(given);
    const [own, its] = [`torch.${input.dtype}`, `torch.${weight.dtype}`];
    refuse(
      `RNN input dtype (${own}) does not match weight dtype (${its}). Convert input: input.to(${its}), or convert model: model.to(${own})`,
      'ValueError',
    );
  },
};

export const cell = (functionName: string): GivenRules => ({
  reads: ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'],
  check(given) {
    const { input, tensors } = given;
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
