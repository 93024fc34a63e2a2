// What a project can train on: every loss as slots that outputs of the graph and targets of the data fill, be it one that compares
// two tensors (core/losses), one of more (the loss layers without weights), or a loss that the graph computes itself.
import type { EdgeShape, Inference, LayerDeclaration, LayerProblem, PortSpec } from '../layers/declaration';
import { LAYERS } from '../layers/index';
import { choice, type ParamTable, type ParamsOf } from '../layers/params';
import { findDeclared } from '../layers/parse';
import { outputs } from '../layers/shapes';
import { assert } from '../errors';
import type { Tensor } from '../tensor/tensor';
import type { LossMeaning } from '../losses/declaration';
import { LOSSES, type LossDeclaration } from '../losses';
import { reduce } from '../losses/pieces';

export interface LossSlot {
  /** PyTorch's word for the argument: `input`, `target`, `anchor`. */
  readonly name: string;
  readonly help?: string;
  /** What usually fills it. */
  readonly takes: 'output' | 'target';
  /** Whole numbers: classes, labels, lengths. */
  readonly isWhole: boolean;
  /** Values are -1 and 1. */
  readonly isSign: boolean;
}

type Params = ParamsOf<ParamTable>;

/** A loss as training uses it. */
export interface TrainingLoss {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly params: ParamTable;
  check?(params: Params): readonly LayerProblem[];
  /** In PyTorch's order. */
  readonly slots: readonly LossSlot[];
  /** What `input` and `target` mean to metrics; null where a loss has other slots. */
  readonly meaning: LossMeaning | null;
  /** The declaration of a loss of one output and one target. */
  readonly declaration: LossDeclaration | null;
  /** The loss's shape for what the slots get, or why it does not fit. */
  infer(params: Params, shapes: readonly EdgeShape[]): Inference;
  lower(params: Params, given: readonly Tensor[]): Tensor;
}

const slot = (name: string, takes: LossSlot['takes'], more: Partial<LossSlot> = {}): LossSlot => ({
  name,
  takes,
  isWhole: false,
  isSign: false,
  ...more,
});

const ofPair = (loss: LossDeclaration): TrainingLoss => ({
  ...loss,
  slots: [slot('input', 'output'), slot('target', 'target', { isSign: loss.hasSignTargets === true })],
  meaning: loss,
  declaration: loss,
  infer: (params, [input = null, target = null]) => loss.infer(params, input, target),
  lower(params, [input, target]) {
    assert(input && target, `${loss.type} without an output or a target`);
    return loss.lower({ params, input, target });
  },
});

const slotOf = ({ name, help, content, isTarget, isSign }: PortSpec): LossSlot =>
  slot(name, isTarget === true || content === 'index' ? 'target' : 'output', {
    isWhole: content === 'index',
    isSign: isSign === true,
    ...(help === undefined ? {} : { help }),
  });

/** A mean and its target are numbers to metrics; what else there is does not concern them. */
function meaningOf({ inputs: [first, second], compares }: LayerDeclaration): LossMeaning | null {
  if (compares) return { targets: ['value'], compares };
  return first?.name === 'input' && second?.name === 'target' ? { targets: ['value'] } : null;
}

const ofLayer = (layer: LayerDeclaration): TrainingLoss => ({
  ...layer,
  torch: layer.torch ?? layer.type,
  slots: layer.inputs.map(slotOf),
  meaning: meaningOf(layer),
  declaration: null,
  infer: (params, shapes) => layer.infer(params, shapes),
  lower(params, inputs) {
    const [loss] = layer.lower({ params, inputs, tensors: {}, isTraining: true, random: null });
    assert(loss, `${layer.type} gave no loss`);
    return loss;
  },
});

/** For graphs that compute their loss: its mean, or sum, is what becomes small. */
const ofOutput: TrainingLoss = {
  type: 'output',
  torch: 'torch.mean',
  summary: 'For a graph that ends in a loss of its own: the output is what should become small.',
  params: {
    reduction: choice({
      options: ['mean', 'sum'],
      help: 'How the values of the output become one number.',
      initial: 'mean',
      torchDefault: 'mean',
    }),
  },
  slots: [slot('input', 'output')],
  meaning: null,
  declaration: null,
  infer: () => outputs([]),
  lower(params, [input]) {
    assert(input, 'no output to be made small');
    return reduce(input, params['reduction'] === 'sum' ? 'sum' : 'mean');
  },
};

/** Every loss that a project can name, in menu order. */
export const TRAINING_LOSSES: readonly TrainingLoss[] = [
  ...LOSSES.map(ofPair),
  ...LAYERS.filter((layer) => layer.category === 'loss' && layer.tensors === undefined).map(ofLayer),
  ofOutput,
];

/** A loss by `type` or PyTorch name (`triplet_margin`, `TripletMarginLoss`); null when there is none. */
export const findTrainingLoss = (name: string): TrainingLoss | null => findDeclared(TRAINING_LOSSES, name);
