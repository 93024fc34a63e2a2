// The shapes of Module's hooks, walks and loads: types only, shared by the files that make up a module.
import type { Module } from './module';
import type { ModuleMetadata, StateDict } from './state-dict';

/** Sees the inputs before forward; what it returns (alone or as a list) replaces them. */
export type ForwardPreHook = (module: Module, inputs: readonly unknown[]) => unknown;
/** Sees the output after forward; what it returns replaces it. */
export type ForwardHook = (module: Module, inputs: readonly unknown[], output: unknown) => unknown;
/** What a load reports; `toString` is PyTorch's repr. */
export interface IncompatibleKeys {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
  toString(): string;
}
export interface LoadOptions {
  /** Missing and unexpected keys are errors. Default true. */
  readonly strict?: boolean;
  /** Take the given tensors over instead of copying their values. Default false. */
  readonly assign?: boolean;
}

/** One module's part of a load: see load-state-dict. */
export interface LoadCall {
  readonly stateDict: StateDict;
  readonly prefix: string;
  readonly metadata: ModuleMetadata;
  readonly missing: string[];
  readonly unexpected: string[];
  readonly errors: string[];
}
export type LoadStateDictPreHook = (module: Module, call: LoadCall) => void;
export type LoadStateDictPostHook = (module: Module, keys: IncompatibleKeys) => void;

export interface WalkOptions {
  readonly prefix?: string;
  /** Into children. Default true. */
  readonly recurse?: boolean;
  /** Skip what was seen under another name. Default true. */
  readonly removeDuplicate?: boolean;
}
export interface StateDictOptions {
  readonly prefix?: string;
  /** Keep the Parameters themselves instead of detached tensors. Default false. */
  readonly keepVars?: boolean;
  readonly destination?: StateDict;
}
