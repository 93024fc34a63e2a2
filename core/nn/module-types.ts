// The shapes of Module's hooks, walks and loads: types only, shared by the files that make up a module.
import type { GradientList } from '../ops/pass-through';
import type { Module } from './module';
import type { ModuleMetadata, StateDict } from './state-dict';

/** Keyword arguments of a call, as hooks with `withKwargs` see them. */
export type Keywords = Readonly<Record<string, unknown>>;
/**
 * Sees the inputs before forward; what it returns (alone or as a list) replaces them. With `withKwargs` it is given the
 * keywords too, and returns `[inputs, keywords]`.
 */
export type ForwardPreHook = (module: Module, inputs: readonly unknown[], keywords?: Keywords) => unknown;
/** Sees the output after forward, with `withKwargs` after the keywords; what it returns replaces it. */
export type ForwardHook = (
  module: Module,
  inputs: readonly unknown[],
  ...rest: readonly unknown[]
) => unknown;
/**
 * Sees the gradients of the inputs and of the outputs, null for what is no tensor or needs none; what it returns replaces those
 * of the inputs. Where no input needs a gradient it is called with nulls and may replace nothing.
 */
export type BackwardHook = (
  module: Module,
  gradInputs: GradientList,
  gradOutputs: GradientList,
) => GradientList | null | undefined | void;
/** Sees the gradients of the outputs before they go on; what it returns replaces them. */
export type BackwardPreHook = (
  module: Module,
  gradOutputs: GradientList,
) => GradientList | null | undefined | void;
/** Sees what is about to be registered; what it returns is registered instead. */
export type RegistrationHook<Value> = (
  module: Module,
  name: string,
  value: Value | null,
) => Value | null | undefined | void;
/** Before a module's entries go into a state dict. */
export type StateDictPreHook = (module: Module, prefix: string, keepVars: boolean) => void;
/** After a module's entries, its children's included, are in; may change the dict and must return nothing. */
export type StateDictPostHook = (
  module: Module,
  stateDict: StateDict,
  prefix: string,
  metadata: ModuleMetadata,
) => unknown;
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
/** May change the lists in place, which decides what is an error; must return nothing. */
export type LoadStateDictPostHook = (
  module: Module,
  keys: IncompatibleKeys & { readonly missingKeys: string[]; readonly unexpectedKeys: string[] },
) => unknown;

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
