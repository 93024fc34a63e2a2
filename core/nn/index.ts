// The parameter system's public face: what the engine, the graph, the formats and tests import.
export { Buffer, type BufferOptions } from './buffer';
export {
  clipGradNorm_,
  clipGradsWithNorm_,
  clipGradValue_,
  getTotalNorm,
  type NormOptions,
} from './clip-grad';
export { converted, type Conversion } from './convert';
export { attributesOf } from './attributes';
export { getDefaultDType, setDefaultDType } from '../tensor/default-dtype';
export type { Memo } from './copier';
export { deepcopy } from './deepcopy';
export type { ModuleState } from './module-state';
export * as future from './future';
export type { RemovableHandle } from './hooks';
export * as init from './inits';
export { initialize } from './initialize';
export type { Initializer } from './initializer';
export { findInitializer, INITIALIZERS, type InitializerRow } from './initializers';
export { LayerModule, type LayerOptions, type LayerParams, type Provenance } from './layer-module';
export {
  becomeLazy,
  finishLazy,
  hasUninitializedParams,
  isLazyModule,
  LazyModule,
  type LazyParts,
} from './lazy';
export { Module } from './module';
export {
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
} from './module-call';
export { registrationHooks } from './registry';
export { ModuleDict } from './module-dict';
export { ModuleList, Sequential } from './module-lists';
export type * from './module-types';
export * as parametrize from './parametrize';
export { Parameter, type ParameterOptions } from './parameter';
export { ParameterDict, ParameterList } from './parameter-containers';
export {
  DEFAULT_SEED,
  defaultGenerator,
  Generator,
  type GeneratorSnapshot,
  type RandomDType,
  type RandomValues,
} from './random';
export { StateDict, type Metadata, type ModuleMetadata, type StateDictLike } from './state-dict';
export {
  cloneTensor,
  copyInto,
  denseBytes,
  newTensor,
  together,
  valuesOf,
  writeDense,
} from './tensor-memory';
export {
  classNameOf,
  createLayerModule,
  lazyClassNameOf,
  torchClasses,
  type TorchClass,
} from './torch-classes';
export {
  isLazy,
  UninitializedBuffer,
  UninitializedParameter,
  type UninitializedTensor,
} from './uninitialized';
export { compareState, converts, type CompareOptions, type WeightVerdict } from './compare-state';
export { slotsOf, type Slot } from './slots';
export {
  loadEntries,
  stateDictContent,
  stateDictFrom,
  type FromOptions,
  type LoadEntriesOptions,
} from './state-dict-io';
export type { MapLocation } from './map-location';
export { materialize, materializeInTurns, type Materialization, type Materialized } from './transaction';
export {
  catchWarnings,
  onWarning,
  warn,
  type TorchWarning,
  type WarningClass,
  type WarningListener,
} from './warnings';
export { parametersToVector, vectorToParameters } from './vector';
export { rebuilt, reduceForm, repickled, shallowCopy, type ReduceForm } from './reduce';
export { StepQueue, type Steps } from './steps';
