// torch.optim, run at once over parameters that may have no shape yet. A run's own optimizer is engine/training/optimizer.
export { required, type GroupInput, type Options, type Param, type ParamGroup, type Params } from './groups';
export { Optimizer, type Closure } from './optimizer';
export type { OptimizerStateDict, SavedGroup } from './state-dict';
export { registerOptimizerStepPostHook, registerOptimizerStepPreHook, type StepHook } from './step-hooks';
export { TableOptimizer } from './table-optimizer';
export { torchOptimizers, type TorchOptimizerClass } from './torch-optimizers';
