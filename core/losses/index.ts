// The losses: the one list of all declarations, in the order the training panel shows them.
import { findDeclared } from '../layers/parse';
import * as binary from './binary';
import * as classification from './classification';
import type { LossDeclaration } from './declaration';
import * as distribution from './distribution';
import * as margin from './margin';
import * as regression from './regression';

/** Every loss, in menu order. A new loss is one declaration and one entry here. */
export const LOSSES: readonly LossDeclaration[] = [
  classification.crossEntropy,
  regression.mse,
  binary.bceWithLogits,
  classification.nll,
  regression.smoothL1,
  regression.l1,
  regression.huber,
  binary.bce,
  binary.softMargin,
  distribution.klDiv,
  distribution.poissonNll,
  margin.hingeEmbedding,
  margin.multiMargin,
  margin.multilabelMargin,
  margin.multilabelSoftMargin,
];

/** A loss by `type` or PyTorch name (`mse`, `MSELoss`); null when there is none. */
export const findLoss = (name: string): LossDeclaration | null => findDeclared(LOSSES, name);

export type { LossDeclaration, LossMeaning, TargetKind } from './declaration';
