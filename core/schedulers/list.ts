// The one list of all schedulers, in the order the training panel shows them.
import { findDeclared } from '../layers/parse';
import { chained, sequential } from './combined';
import { cosineAnnealing, cosineRestarts } from './cosine';
import { cyclic, oneCycle } from './cycles';
import { constant, exponential, linear, multiStep, polynomial, step } from './decays';
import type { SchedulerDeclaration } from './declaration';
import { lambda, multiplicative } from './functions';
import { reduceOnPlateau } from './plateau';

/** Every scheduler, in menu order. A new scheduler is one declaration and one entry here. */
export const SCHEDULERS: readonly SchedulerDeclaration[] = [
  cosineAnnealing,
  oneCycle,
  step,
  multiStep,
  exponential,
  reduceOnPlateau,
  linear,
  constant,
  polynomial,
  cosineRestarts,
  cyclic,
  lambda,
  multiplicative,
  sequential,
  chained,
];

/** A scheduler by `type` or PyTorch name (`step_lr`, `StepLR`); null when there is none. */
export const findScheduler = (name: string): SchedulerDeclaration | null => findDeclared(SCHEDULERS, name);
