// LayerModule: a catalogue declaration as a module. It registers the declared tensors, learns blank sizes from its first
// input by the declaration's rules, initializes in registration order and runs `lower`.
import { LazuliError, TorchError } from '../errors';
import type { LayerDeclaration, LowerCall, ParamTable, TensorSpec } from '../layers/declaration';
import type { DType } from '../tensor/dtype';
import { shapesEqual, type PartialShape, type Shape } from '../tensor/shape';
import type { Device } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { drawsOf, initializeSteps, type Siblings } from './initialize';
import { chosenOver, type Initializer } from './initializer';
import { bindArguments, bindFirstArguments } from './layer-arguments';
import { prepareLayerLoad } from './layer-load';
import { checkInputs, materializeFrom } from './layer-materialize';
import { dryOrReal, registerTensor, withAbsent } from './layer-tensors';
import { becomeLazy, finishLazy, hasUninitializedParams, isLazyModule } from './lazy';
import { Module } from './module';
import { HAS_OWN_NAMES } from './module-names';
import type { Keywords, LoadCall } from './module-types';
import { defaultGenerator, type Generator } from './random';
import { LABEL, REGISTRY } from './registry';
import { blankParams, solveSizes, type Sizes } from './solve-sizes';
import { runSteps, type Steps } from './steps';
import { splitCall, type CallParams } from './call-params';
import { checkDeleted, checkGiven } from './torch-given';
import { countBatch, lowerAsTorch } from './torch-lower';
import { materializeAsTorch, resetAsTorch } from './torch-materialize';
import { extraReprOf, KEEPS_BIAS } from './torch-repr';
import { rulesOf } from './torch-rules';
import { copyInto, together } from './tensor-memory';
import { isLazy } from './uninitialized';

export type LayerParams = Readonly<Record<string, unknown>>;

/** Where a size came from: "in_features = 288, …". */
export interface Provenance {
  readonly param: string;
  readonly size: number | readonly number[];
  readonly explanation: string;
}

export interface LayerOptions {
  /** Default: the default generator. */
  readonly generator?: Generator;
  readonly dtype?: DType;
  readonly device?: Device;
  /** The node's name, for messages. */
  readonly name?: string;
  /**
   * 'torch' does what PyTorch does, also where it hurts; 'workbench' (default) checks before it changes anything, completes
   * partial loads and shows sizes that a checkpoint brought.
   */
  readonly semantics?: 'torch' | 'workbench';
  /** Tensors of known shape are left zero and nothing is drawn: whoever makes the layer writes their values. Default false. */
  readonly isBare?: boolean;
  /** By tensor name, instead of the declared ones. */
  readonly initializers?: Readonly<Record<string, Initializer>>;
  /** Words for an inferred size, e.g. the graph's "from 'flatten' 8·6·6". Default: the input's shape. */
  readonly explain?: (param: string, size: number | readonly number[], inputs: readonly Shape[]) => string;
}

/** Made once for params, which are never changed in place. */
const specs = new WeakMap<
  LayerParams,
  { readonly declaration: LayerDeclaration; readonly specs: readonly TensorSpec[] }
>();

/** Now, or behind what the generator puts off. */
function doOrPutOff(steps: Steps, { pending }: Generator): void {
  if (pending) pending.add(steps);
  else runSteps(steps);
}

/** Nothing to do where `from` was freed while its values were still to be drawn. */
function* copySteps(to: Tensor, from: Tensor): Steps {
  if (!from.storage.isDisposed && !to.storage.isDisposed) copyInto(to, from);
  yield;
}

export class LayerModule extends Module {
  declare readonly declaration: LayerDeclaration;
  /** Parsed params; an inferred size is null until it is known. Replaced whole, never changed in place. */
  declare params: LayerParams;
  /** By param, for every size that was inferred. */
  declare provenance: ReadonlyMap<string, Provenance>;
  /** Draws the initial values. */
  declare generator: Generator;
  /** The run's random state, given to `lower`; null outside training steps. */
  declare random: LowerCall<ParamTable>['random'];
  declare readonly options: LayerOptions;
  /** Chosen instead of the declared ones, by tensor name; they count at the next initialization. */
  declare initializers: Readonly<Record<string, Initializer>>;

  /** `params` are parsed. With every size known the values are drawn here, in registration order. */
  constructor(declaration: LayerDeclaration, params: LayerParams, options: LayerOptions = {}) {
    super();
    const { generator = defaultGenerator, name, initializers = {} } = options;
    const provenance = new Map();
    Object.assign(this, { declaration, params, provenance, generator, random: null, options, initializers });
    if (name !== undefined) this[LABEL] = name;
    const specs = this.tensorSpecs();
    together(() => {
      for (const spec of this.options.semantics === 'torch' ? withAbsent(this, specs) : specs)
        registerTensor(this, spec);
    });
    const ready = specs.filter((spec) => !isLazy(this.tensor(spec.name)));
    if (options.isBare !== true) this.initializeTensors(ready);
    if (blankParams(declaration, params).length > 0 || 'clsToBecome' in this) becomeLazy(this);
  }

  /** Declared tensors under the current params, in registration order. */
  tensorSpecs(): readonly TensorSpec[] {
    const { declaration, params } = this;
    let known = specs.get(params);
    if (known?.declaration !== declaration)
      specs.set(params, (known = { declaration, specs: declaration.tensors?.(params) ?? [] }));
    return known.specs;
  }
  /** A registered tensor, or what a parametrization makes in its place; or null. */
  tensor(name: string): Tensor | null {
    const { parameters, buffers } = this[REGISTRY];
    if (parameters.has(name) || buffers.has(name)) return parameters.get(name) ?? buffers.get(name) ?? null;
    // A weight that is made of others is computed when it is asked for.
    const computed: unknown = Reflect.get(this, name, this);
    return computed instanceof Tensor ? computed : null;
  }
  /** Sizes of a declared tensor as far as they are known, uninitialized or not. */
  partialShapeOf(name: string): PartialShape | null {
    const tensor = this.tensor(name);
    if (tensor !== null && !isLazy(tensor)) return tensor.shape;
    return this.tensorSpecs().find((spec) => spec.name === name)?.shape ?? null;
  }
  override get stateVersion(): number {
    return this.declaration.stateVersion ?? 1;
  }

  /** The one output of a layer that has one, else all of them. */
  override forward(...given: (Tensor | CallParams | null)[]): Tensor | readonly Tensor[] {
    const { declaration, training, random } = this;
    const isTorch = this.options.semantics === 'torch';
    const { inputs, params } = splitCall(this, given);
    const tensors = this.siblings();
    const rules = rulesOf(declaration);
    if (isTorch) {
      rules?.checkForward?.(present(inputs), this);
      countBatch(this, inputs);
      checkDeleted(this);
    }
    const first = tensors[rules?.looksFirstAt ?? ''] ?? null;
    for (const tensor of [first, ...Object.values(tensors)])
      tensor?.assertUsable(rules?.callable ?? `<function ${declaration.type}>`);
    if (isTorch) checkGiven(this, inputs[0], tensors);
    const call = { params, inputs, tensors: dryOrReal(tensors, inputs), isTraining: training, random };
    const outputs = isTorch ? lowerAsTorch(this, call) : declaration.lower(call);
    const [only] = outputs;
    return outputs.length === 1 && only !== undefined ? only : outputs;
  }
  /** Keywords in the places of the input ports they name. PyTorch's classes check the call as Python does. */
  override bindInputs(inputs: readonly unknown[], keywords: Keywords): readonly unknown[] {
    return this.options.semantics === 'torch' ? bindArguments(this, inputs, keywords) : inputs;
  }
  override bindFirstInputs(inputs: readonly unknown[], keywords: Keywords): readonly unknown[] {
    return this.options.semantics === 'torch' ? bindFirstArguments(this, inputs, keywords) : inputs;
  }
  /** Calls the layer, hooks included, and always returns a list. */
  run(inputs: readonly (Tensor | null)[]): readonly Tensor[] {
    const output = this.invoke(inputs);
    return (Array.isArray(output) ? output : [output]) as readonly Tensor[];
  }

  /** The lazy init hook's work: see docs/spec/lazy.md. */
  initializeParameters(...inputs: readonly unknown[]): void {
    const tensors = present(inputs);
    const shapes = inputs.map((input) => (input instanceof Tensor ? input.shape : null));
    const isTorch = this.options.semantics === 'torch';
    const rules = rulesOf(this.declaration);
    if (!isTorch) checkInputs(this, shapes);
    if (!hasUninitializedParams(this)) {
      if (isTorch) rules?.afterLoad?.(this, tensors);
      else this.settle();
      return;
    }
    if (!isTorch) return materializeFrom(this, shapes);
    rules?.checkInput?.(this, tensors);
    const given = shapes.filter((shape) => shape !== null);
    // A size of an earlier call that failed does not count.
    const inferred = Object.entries(this.declaration.params).filter(
      ([, { isInferred }]) => isInferred === true,
    );
    const params = { ...this.params, ...Object.fromEntries(inferred.map(([name]) => [name, null])) };
    const sizes = rules?.inferSizes?.(given) ?? this.declaration.inferSizes?.(params, shapes) ?? {};
    materializeAsTorch(this, given, sizes);
  }

  /** Runs the initializers of `specs` (default: all), in their draw order; later, where the generator puts draws off. */
  initializeTensors(specs: readonly TensorSpec[] = this.tensorSpecs()): void {
    const { generator } = this;
    const siblings = this.siblings();
    for (const { name, initializer } of drawsOf(specs)) {
      const tensor = siblings[name] ?? null;
      if (tensor === null) continue;
      const steps = initializeSteps(
        chosenOver(this.initializers[name], initializer),
        tensor,
        siblings,
        generator,
      );
      doOrPutOff(steps, generator);
    }
  }
  /**
   * The end of a tie: a tensor of its own in the place of the shared one under `name`, with the same values. Uninitialized while the shared
   * one is; drawn where that one has another shape or is freed already.
   */
  partTensor(name: string): void {
    const spec = this.tensorSpecs().find((each) => each.name === name);
    if (spec === undefined) return;
    const shared = this.tensor(name);
    registerTensor(this, spec);
    const own = this.tensor(name);
    const isKept = shared !== null && !isLazy(shared) && !shared.storage.isDisposed;
    if (isKept && isLazy(own)) own.materialize(shared.shape);
    if (own === null || isLazy(own)) return;
    if (!isKept || !shapesEqual(own.shape, shared.shape)) this.initializeTensors([spec]);
    else doOrPutOff(copySteps(own, shared), this.generator);
  }
  /** `reset_parameters`: nothing while anything is uninitialized or an inferred size is 0 or unknown. */
  resetParameters(): void {
    const known = blankParams(this.declaration, this.params).length === 0;
    const isEmpty = [...this.provenance.values()].some(({ size }) => size === 0);
    const waits = !known || isEmpty;
    // PyTorch's own classes that are not lazy try, and fail at what is uninitialized or was deleted.
    if (this.options.semantics === 'torch' && !isLazyModule(this)) return resetAsTorch(this, waits);
    if (waits || hasUninitializedParams(this)) return;
    if (this.options.semantics === 'torch') resetAsTorch(this, false);
    else this.initializeTensors();
  }

  /** Sets inferred sizes and remembers where they came from. */
  setSizes(sizes: Sizes, explanation: (param: string, size: number | readonly number[]) => string): void {
    this.params = { ...this.params, ...sizes };
    const provenance = new Map(this.provenance);
    for (const [param, size] of Object.entries(sizes))
      provenance.set(param, { param, size, explanation: explanation(param, size) });
    this.provenance = provenance;
  }
  /** Workbench: once a checkpoint has given every tensor its shape, the layer takes its sizes from them and is no longer lazy. */
  settle(): void {
    if (!isLazyModule(this) || hasUninitializedParams(this)) return;
    const shapes = this.tensorSpecs().map(({ name }) => [name, this.tensor(name)?.shape ?? []] as const);
    const sizes = solveSizes(this.declaration, this.params, new Map(shapes));
    if (sizes === null) return;
    this.setSizes(sizes, () => 'from the loaded weights');
    finishLazy(this);
  }

  override prepareLoad(call: LoadCall): void {
    prepareLayerLoad(this, call);
  }
  override nestedModules(): readonly string[] {
    return this.declaration.submodules?.(this.params) ?? [];
  }

  override sharedFields(): readonly string[] {
    return ['declaration', 'options', 'generator', 'random', 'initializers'];
  }
  override extraRepr(): string {
    const { parameters } = this[REGISTRY];
    // PyTorch's layers print whether they have a bias now.
    const { torch } = this.declaration;
    const isTorch = this.options.semantics === 'torch' && torch !== null && SHOWS_BIAS.test(torch);
    const shows =
      'bias' in this.params && (isTorch || (parameters.has('bias') && !KEEPS_BIAS.test(torch ?? '')));
    const hasBias = isTorch ? this.hasBiasNow() : this.tensor('bias') !== null;
    const bias = shows ? { bias: hasBias, hasBias } : {};
    return extraReprOf(this.declaration, { ...this.params, ...bias });
  }
  /** PyTorch's layers read it: AttributeError where it was deleted. A parametrization that does not compute in its dtype makes one, too. */
  private hasBiasNow(): boolean {
    try {
      return super.getAttribute('bias') !== null;
    } catch (error) {
      if (error instanceof TorchError || !(error instanceof LazuliError)) throw error;
      if (error.code !== 'dtype_mismatch') throw error;
      return true;
    }
  }
  override getAttribute(name: string): unknown {
    // `linear.bias` is the parameter, whatever the constructor was given under that name.
    const isOther = !Object.hasOwn(this.params, name);
    const isTensor = name === 'bias' && !KEEPS_BIAS.test(this.declaration.torch ?? '');
    if (isOther || isTensor || name in this || this[REGISTRY].has(name)) return super.getAttribute(name);
    return this.paramAttribute(name);
  }
  /** A param as PyTorch's field of that name: an unknown size is 0. */
  paramAttribute(name: string): unknown {
    const value = this.params[name];
    return value === null && this.declaration.params[name]?.isInferred === true ? 0 : value;
  }

  /** The declared tensors by name. */
  siblings(): Siblings {
    const specs = this.tensorSpecs();
    const all = this.options.semantics === 'torch' ? withAbsent(this, specs) : specs;
    return Object.fromEntries(all.map(({ name }) => [name, this.tensor(name)]));
  }
}

/** PyTorch's layers whose repr asks whether they have a bias now. */
const SHOWS_BIAS = /(Linear|Conv(Transpose)?\dd|(Batch|Instance)Norm\dd|LayerNorm|GroupNorm)$/;

Object.defineProperty(LayerModule.prototype, HAS_OWN_NAMES, { value: true });

/** The inputs that are there. */
const present = (inputs: readonly unknown[]): Tensor[] => inputs.filter((input) => input instanceof Tensor);
