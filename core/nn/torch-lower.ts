// How a PyTorch class computes where its declaration's ops alone would not: halves, which PyTorch's CPU kernels widen, a weight that
// follows its input's dtype, and a norm's counter of batches, which moves before anything is computed.
import { TorchError } from '../errors';
import type { LowerCall, ParamTable } from '../layers/declaration';
import { add, cast, clone, expand, mul, select } from '../ops/index';
import { gradientEnabled, refuseLeaf } from '../ops/dispatch';
import { getDefaultDType } from '../tensor/default-dtype';
import { isFloatingPoint, type DType } from '../tensor/dtype';
import { encodeElements } from '../tensor/elements';
import { Tensor } from '../tensor/tensor';
import type { LayerModule } from './layer-module';
import { copyInto, newTensor, valuesOf, writeDense } from './tensor-memory';

type Call = LowerCall<ParamTable>;
const COUNTER = 'num_batches_tracked';
/** Tensors whose dtype PyTorch lets differ from the input's, by class: they are computed with in the input's. */
const FOLLOWING: Readonly<Record<string, string>> = {
  ConvTranspose1d: 'bias',
  ConvTranspose2d: 'bias',
  ConvTranspose3d: 'bias',
  RMSNorm: 'weight',
};

/** Classes whose inputs may be whole or boolean: whether the dtype is kept. */
const WHOLE: Readonly<Record<string, 'kept' | 'float'>> = {
  'torch.nn.ReLU': 'kept',
  'torch.nn.Tanh': 'float',
  'torch.nn.Sigmoid': 'float',
};

const isNarrow = (dtype: DType): boolean => dtype === 'float16' || dtype === 'bfloat16';
const castFloat = (tensor: Tensor | null, from: (dtype: DType) => boolean, to: DType): Tensor | null =>
  tensor !== null && from(tensor.dtype) ? cast(tensor, to) : tensor;

/** Lowers as PyTorch computes. What is half is computed in float32 and rounded at the end; statistics are rounded into their own memory. */
export function lowerAsTorch(layer: LayerModule, given: Call): readonly Tensor[] {
  const call = { ...given, tensors: withStandIn(spreadBias(layer, withoutStatistics(layer, given))) };
  const dtype = [...call.inputs, ...Object.values(call.tensors)].find(
    (tensor) => tensor && isFloatingPoint(tensor.dtype),
  )?.dtype;
  if (dtype === undefined) return lowerWhole(layer, call);
  const following = FOLLOWING[layer.constructor.name] ?? '';
  const own = call.tensors[following] ?? null;
  const tensors =
    own === null ? call.tensors : { ...call.tensors, [following]: castFloat(own, isFloatingPoint, dtype) };
  const empty = ofNothing(layer, call);
  if (empty !== null) return [empty];
  const isUniform = ['running_mean', 'running_var'].every(
    (name) => (tensors[name]?.dtype ?? dtype) === dtype,
  );
  if (isUniform && !isNarrow(dtype)) return layer.declaration.lower({ ...call, tensors });
  const wider = isNarrow(dtype) ? 'float32' : dtype;
  const widened = (name: string, tensor: Tensor | null): Tensor | null =>
    castFloat(tensor, name.startsWith('running_') ? () => true : isNarrow, wider);
  const wide = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, widened(name, tensor)]),
  );
  const inputs = call.inputs.map((input) => castFloat(input, isNarrow, wider));
  const outputs = layer.declaration.lower({ ...call, inputs, tensors: wide });
  for (const [name, tensor] of Object.entries(tensors))
    if (tensor && wide[name] && wide[name] !== tensor && call.isTraining && name.startsWith('running_'))
      copyInto(tensor, wide[name]);
  return outputs.map((output) => castFloat(output, (from) => from === wider, dtype) ?? output);
}

/** What PyTorch computes of whole numbers and booleans: in the default dtype, or in theirs. */
function lowerWhole({ declaration }: LayerModule, call: Call): readonly Tensor[] {
  const kind = WHOLE[declaration.torch ?? ''];
  if (kind === undefined) return declaration.lower(call);
  const [input] = call.inputs;
  const wide = kind === 'kept' ? 'float64' : getDefaultDType();
  const outputs = declaration.lower({
    ...call,
    inputs: call.inputs.map((each) => castFloat(each, () => true, wide)),
  });
  return kind === 'kept' && input ? outputs.map((output) => cast(output, input.dtype)) : outputs;
}

/** A linear layer's bias of one element is every output's. */
function spreadBias({ declaration }: LayerModule, tensors: Call['tensors']): Call['tensors'] {
  const { weight, bias } = tensors;
  if (declaration.torch !== 'torch.nn.Linear' || weight?.rank !== 2 || !bias) return tensors;
  if (bias.rank > 1 || bias.numel() !== 1) return tensors;
  return { ...tensors, bias: expand(bias, weight.shape.slice(0, 1)) };
}

/** A batch norm of no elements: the input, times the first weight and plus the first bias; nothing is counted in. */
function ofNothing({ declaration }: LayerModule, { inputs: [input], tensors }: Call): Tensor | null {
  if (!input || input.numel() > 0 || declaration.torch?.startsWith('torch.nn.BatchNorm') !== true)
    return null;
  const firstOf = (tensor: Tensor): Tensor => {
    if ((tensor.shape[0] ?? 0) > 0)
      return select(cast(tensor, isNarrow(input.dtype) ? 'float32' : input.dtype), 0, 0);
    throw new TorchError(
      'IndexError',
      'select(): index 0 out of range for tensor of size [0] at dimension 0',
      'shape_mismatch',
    );
  };
  const scaled = tensors.weight ? mul(input, firstOf(tensors.weight)) : clone(input);
  return tensors.bias ? add(scaled, firstOf(tensors.bias)) : scaled;
}

/** A training batch norm counts its batch first, whatever becomes of the call; a dry run counts nothing. */
export function countBatch(layer: LayerModule, inputs: Call['inputs']): void {
  const isCounting = layer.training && layer.params.track_running_stats === true;
  if (!isCounting || layer.declaration.torch?.startsWith('torch.nn.BatchNorm') !== true) return;
  const counter = layer.getAttribute(COUNTER);
  if (!(counter instanceof Tensor)) return;
  counter.assertUsable("<method 'add_' of 'torch._C.TensorBase' objects>");
  if (gradientEnabled()) refuseLeaf(counter);
  if (counter.dtype === 'bool')
    throw new TorchError('RuntimeError', "result type Long can't be cast to the desired output type Bool");
  if (inputs.some((input) => input?.device === 'meta')) return;
  counter.noteChange();
  if (counter.device === 'meta') return;
  const values = [...valuesOf(counter)].map((value) => Number(value) + 1);
  writeDense(counter, encodeElements(counter.dtype, values, values.length));
}

/** A batch norm that does not track has no use for statistics while training, also where somebody registered some. */
function withoutStatistics(
  { declaration, params }: LayerModule,
  { tensors, isTraining }: Call,
): Call['tensors'] {
  const isBatch = declaration.torch?.startsWith('torch.nn.BatchNorm') === true;
  if (!isBatch || !isTraining || params.track_running_stats === true) return tensors;
  return { ...tensors, running_mean: null, running_var: null, [COUNTER]: null };
}

/** The op moves a counter too: it gets one of its own, one behind the layer's. */
function withStandIn(tensors: Call['tensors']): Call['tensors'] {
  const counter = tensors[COUNTER] ?? null;
  if (counter === null) return tensors;
  const standIn = newTensor([], 'int64', counter.device);
  if (counter.device !== 'meta') {
    const [count = 1] = valuesOf(counter);
    writeDense(standIn, encodeElements('int64', [Number(count) - 1], 1));
  }
  return { ...tensors, [COUNTER]: standIn };
}
