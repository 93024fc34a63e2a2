// What the engine offers to the command line and to the window's main process.
export { ModelSession, TrainingRun } from './session';
export type { FeedOptions, SessionOptions, TrainOptions } from './session';
export { newFromTemplate, openProject, relocateData, saveProject } from './project-files';
