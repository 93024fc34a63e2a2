// What PyTorch's own layer classes do beyond their declaration: the checks and texts of their first call. One row per class.
import { TorchError } from '../errors';
import type { LayerDeclaration } from '../layers/declaration';
import { torchSize, type Shape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { checkRank } from './given/products';
import type { LayerModule } from './layer-module';
import { warn } from './warnings';

export interface TorchRules {
  /** The function its forward calls, as Python prints it. */
  readonly callable: string;
  /** The tensor that function looks at first, when it is not the first registered. */
  readonly looksFirstAt?: string;
  /** A parameter that is no longer uninitialized is an AssertionError in the first call. */
  readonly assertsKind?: boolean;
  /** Before a first call materializes anything. */
  checkInput?(module: LayerModule, inputs: readonly Tensor[]): void;
  /** At the first call of a lazy layer whose tensors a checkpoint already brought. */
  afterLoad?(module: LayerModule, inputs: readonly Tensor[]): void;
  /** Sizes that PyTorch reads elsewhere than the declaration does. */
  inferSizes?(inputs: readonly Shape[]): Readonly<Record<string, number>>;
  /** Before every forward. */
  checkForward?(inputs: readonly Tensor[], module: LayerModule): void;
}

const axisMissing = (): TorchError =>
  new TorchError('IndexError', 'tuple index out of range', 'shape_mismatch');

const built = (functionName: string): string => `<built-in method ${functionName} of type object>`;

const linear: TorchRules = {
  callable: '<built-in function linear>',
  checkInput(_module, [input]) {
    if (input?.shape.length === 0) throw axisMissing();
  },
  // 2.14: the inferred size is noted and must be the loaded weight's.
  afterLoad(module, [input]) {
    // A first call that failed has noted its size already.
    if (module.paramAttribute('in_features') !== 0) return;
    const size = input?.shape.at(-1);
    const weight = module.getAttribute('weight');
    if (size === undefined) throw axisMissing();
    if (weight === null) throw new TorchError('AttributeError', "'NoneType' object has no attribute 'shape'");
    const loaded = (weight as Tensor).shape.at(-1);
    if (size !== loaded)
      throw new TorchError(
        'AssertionError',
        `The in_features inferred from input: ${size} is not equal to in_features from self.weight: ${loaded}`,
        'shape_mismatch',
      );
    module.setSizes({ in_features: size }, () => 'from the input, equal to the loaded weight');
  },
};

const convolution = (dimensions: number, functionName: string): TorchRules => ({
  callable: built(functionName),
  assertsKind: true,
  checkInput(module, [input]) {
    const shape = input?.shape ?? [];
    const [least, most] = [dimensions + 1, dimensions + 2];
    if (shape.length !== least && shape.length !== most)
      throw new TorchError(
        'RuntimeError',
        `Expected ${least}D (unbatched) or ${most}D (batched) input to ${module.constructor.name}, but got input of size: ${torchSize(shape)}`,
        'shape_mismatch',
      );
    const channels = shape[shape.length - least] ?? 0;
    const groups = Number(module.params.groups);
    if (channels % groups === 0) return;
    module.setSizes({ in_channels: channels }, () => 'from the input');
    throw new TorchError('ValueError', 'in_channels must be divisible by groups');
  },
  checkForward(_inputs, module) {
    const [groups, outputs] = [Number(module.params.groups), Number(module.params.out_channels)];
    if (outputs % groups === 0) return;
    const shape = module.partialShapeOf('weight') ?? [];
    if (functionName.startsWith('conv_transpose'))
      throw new TorchError(
        'RuntimeError',
        `Given transposed=1, weight of size [${shape.join(', ')}], expected bias to be 1-dimensional with ${Math.floor(outputs / groups) * groups} elements, but got bias of size [${outputs}] instead`,
        'shape_mismatch',
      );
    throw new TorchError(
      'RuntimeError',
      `Given groups=${groups}, expected weight to be divisible by ${groups} at dimension 0, but got weight of size [[${shape.join(', ')}]] instead`,
      'shape_mismatch',
    );
  },
});

const batchNorm = (...ranks: readonly number[]): TorchRules => ({
  callable: '<function batch_norm>',
  assertsKind: true,
  looksFirstAt: 'running_mean',
  // The size is read and the tensors are made before the rank is checked.
  checkInput(_module, [input]) {
    if (input?.shape[1] === undefined) throw axisMissing();
  },
  checkForward([input]) {
    const rank = input?.shape.length ?? 0;
    if (ranks.includes(rank)) return;
    const expected = ranks.map((allowed) => `${allowed}D`).join(' or ');
    throw new TorchError('ValueError', `expected ${expected} input (got ${rank}D input)`, 'shape_mismatch');
  },
});

const instanceNorm = (rank: number): TorchRules => ({
  callable: '<function instance_norm>',
  assertsKind: true,
  looksFirstAt: 'running_mean',
  checkInput(_module, [input]) {
    if (input?.shape[1] === undefined) throw axisMissing();
  },
  // Axis 1 also where the input has no batch and axis 0 are the channels.
  inferSizes: ([input = []]) => ({ num_features: input[1] ?? 0 }),
  checkForward([input], module) {
    const shape = input?.shape ?? [];
    const axis = shape.length - rank - 1;
    if (axis !== 0 && axis !== 1)
      throw new TorchError(
        'ValueError',
        `expected ${rank + 1}D or ${rank + 2}D input (got ${shape.length}D input)`,
        'shape_mismatch',
      );
    const features = Number(module.getAttribute('num_features'));
    if (shape[axis] === features) return;
    if (module.params.affine !== true)
      warn(
        'UserWarning',
        `input's size at dim=${axis} does not match num_features. You can silence this warning by not passing in num_features, which is not used because affine=False`,
      );
    else
      throw new TorchError(
        'ValueError',
        `expected input's size at dim=${axis} to match num_features (${features}), but got: ${shape[axis]}.`,
        'shape_mismatch',
      );
  },
});

/** The rank is looked at before the weights are read. */
const cell = (functionName: string): TorchRules => ({
  callable: built(functionName),
  checkForward([input], module) {
    if (input) checkRank(module, input, [1, 2]);
  },
});

/** By PyTorch's class name. */
const TORCH_RULES: Readonly<Record<string, TorchRules>> = {
  'torch.nn.Linear': linear,
  'torch.nn.PReLU': { callable: built('prelu') },
  'torch.nn.Bilinear': { callable: built('bilinear') },
  'torch.nn.RNN': { callable: built('rnn_tanh') },
  'torch.nn.GRU': { callable: built('gru') },
  'torch.nn.LSTM': { callable: built('lstm') },
  'torch.nn.RNNCell': cell('rnn_tanh_cell'),
  'torch.nn.GRUCell': cell('gru_cell'),
  'torch.nn.LSTMCell': cell('lstm_cell'),
  'torch.nn.Conv1d': convolution(1, 'conv1d'),
  'torch.nn.Conv2d': convolution(2, 'conv2d'),
  'torch.nn.Conv3d': convolution(3, 'conv3d'),
  'torch.nn.ConvTranspose1d': convolution(1, 'conv_transpose1d'),
  'torch.nn.ConvTranspose2d': convolution(2, 'conv_transpose2d'),
  'torch.nn.ConvTranspose3d': convolution(3, 'conv_transpose3d'),
  'torch.nn.BatchNorm1d': batchNorm(2, 3),
  'torch.nn.BatchNorm2d': batchNorm(4),
  'torch.nn.BatchNorm3d': batchNorm(5),
  'torch.nn.InstanceNorm1d': instanceNorm(1),
  'torch.nn.InstanceNorm2d': instanceNorm(2),
  'torch.nn.InstanceNorm3d': instanceNorm(3),
};

export const rulesOf = ({ torch }: LayerDeclaration): TorchRules | undefined =>
  torch === null ? undefined : TORCH_RULES[torch];
