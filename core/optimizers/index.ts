// The optimizers: the one list of all declarations, in the order the training panel shows them.
import { findDeclared } from '../layers/parse';
import { adafactor } from './adafactor';
import { adam, adamw } from './adam';
import { adadelta, adagrad, adamax } from './composed';
import { asgd, nadam, radam, rprop } from './composed-more';
import type { OptimizerDeclaration } from './declaration';
import { lbfgs } from './lbfgs';
import { muon } from './muon';
import { rmsprop } from './rmsprop';
import { sgd } from './sgd';

/** Every optimizer, in menu order. A new optimizer is one declaration and one entry here. */
export const OPTIMIZERS: readonly OptimizerDeclaration[] = [
  adam,
  adamw,
  sgd,
  rmsprop,
  adagrad,
  adadelta,
  adamax,
  nadam,
  radam,
  asgd,
  rprop,
  adafactor,
  muon,
  lbfgs,
];

/** An optimizer by `type` or PyTorch name (`adamw`, `AdamW`); null when there is none. */
export const findOptimizer = (name: string): OptimizerDeclaration | null => findDeclared(OPTIMIZERS, name);

export { IGNORED_OPTIONS, type OptimizerDeclaration, type StateSpec } from './declaration';
