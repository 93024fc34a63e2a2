// What the engine offers to the command line and to the window's main process.
export { coreCount, devices } from './backend';
export { formatOfWeights } from './convert';
export { dataFromFile, describeData } from './datasets/describe';
export { checkWritable, withFile, writeFileAtomically, writeTextAtomically } from './files';
export {
  historyBeside,
  isHistoryOff,
  pointsCsv,
  RunHistory,
  RunRecorder,
  runsCsv,
  weightsOfRun,
  withHistory,
  withRuns,
  copyHistory,
  type HistoryPlace,
  type RestorableWeights,
} from './history/index';
export { writePredictions } from './predictions';
export { saveProject } from './project-files';
export { createProjectFile, readProjectFile, writeProjectFile } from './projects';
export {
  ModelSession,
  type EvaluateOptions,
  type EvaluationResult,
  type FeedOptions,
  type SessionOptions,
  type TrainOptions,
} from './session';
export { type Prediction } from './training/predict';
export { preflight, type Preflight } from './training/preflight';
export { type RunOutcome, type RunResult } from './training/parts';
export { TrainingRun } from './training/run';
export { tensorboardFolder, TensorboardWriter } from './training/tensorboard';
