// The calls of scripts/golden/nn_sequences.py: what each does to numbered modules and state dicts, and how its answer is told.
import { TorchError } from '#core/errors';
import {
  Buffer,
  deepcopy,
  defaultGenerator,
  init,
  isLazy,
  Module,
  ModuleDict,
  ModuleList,
  Parameter,
  parametersToVector,
  parametrize,
  repickled,
  Sequential,
  shallowCopy,
  UninitializedBuffer,
  UninitializedParameter,
  valuesOf,
  vectorToParameters,
  type RemovableHandle,
  type StateDict,
} from '#core/nn/index';
import { backward, fullLike } from '#core/ops/index';
import { pythonRepr } from '#core/nn/python-names';
import { canRequireGradient, type DType } from '#core/tensor/dtype';
import { newTensor } from '#core/nn/index';
import type { Device } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';

import { said, loosely } from './scenario';
import { bool, text } from './scenario-parts';
import { nn, tensor } from './support';

export type Call = readonly [name: string, ...rest: readonly unknown[]];
/** A call, PyTorch's text for it and its numbers; infinities and NaN are texts. */
export type Step = readonly [call: Call, text: string, values: readonly (number | string)[]];

interface ValueSpec {
  readonly t?: readonly number[];
  readonly p?: readonly number[];
  readonly b?: readonly number[];
  readonly u?: number;
  readonly ub?: number;
  readonly m?: number;
  readonly same?: readonly [module: number, name: string];
  readonly dtype?: DType;
  readonly device?: Device;
  readonly grad?: boolean;
  readonly persistent?: boolean;
}

/** Elements -1.25, 0.5, 2.25 ...; whole numbers are the floors, truths whether they are positive. */
function pattern(shape: readonly number[], dtype: DType = 'float32', device: Device = 'cpu'): Tensor {
  if (device === 'meta') return newTensor(shape, dtype, 'meta');
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length: count }, (_, index) => (((index * 7) % 11) - 5) / 4);
  if (dtype.startsWith('complex')) {
    // Real numbers: every second part is 0.
    const parts = tensor(values.flatMap((value) => [value, 0]));
    return new Tensor(parts.storage, { dtype, shape });
  }
  if (dtype === 'bool')
    return tensor(
      values.map((value) => Number(value > 0)),
      shape,
      dtype,
    );
  return tensor(canRequireGradient(dtype) ? values : values.map(Math.floor), shape, dtype);
}

const camelCase = (name: string): string =>
  name.replace(/(?<=\w)_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
const names = (walk: Iterable<readonly [string, unknown]>): string =>
  [...walk].map(([name]) => name).join(',');

export class Sequence {
  readonly #modules: (Module | undefined)[] = [];
  readonly #states: StateDict[] = [];
  readonly #handles: RemovableHandle[] = [];
  #log: string[] = [];
  #values: number[] = [];

  constructor(seed: number) {
    defaultGenerator.manualSeed(seed);
  }

  /** What a call says, and the elements of the tensors it tells of. */
  answer([name, ...rest]: Call): readonly [text: string, values: readonly number[]] {
    this.#log = [];
    this.#values = [];
    const call = Reflect.get(this.calls, name) as (...given: unknown[]) => unknown;
    // What kernels say on meta differs from what they say on the CPU, in PyTorch.
    const isDry = (name === 'call' || name === 'backward') && (rest[1] as ValueSpec).device === 'meta';
    let isDone = false;
    const result = said(() => {
      const value = call(...rest);
      isDone = true;
      return value instanceof Module ? value.toString() : (value ?? 'None');
    });
    if (isDry && !isDone) return ['an error on meta', []];
    // Errors about an uninitialized tensor end in its name here.
    const plain = result.replace(/ \((parameter|buffer) \\?'[^']*' of \\?'[^']*'\)/g, '');
    return [[plain, ...this.#log].join(' '), this.#values];
  }

  #module(at: number): Module {
    const module = this.#modules[at];
    if (module === undefined) throw new Error(`no module ${at}`);
    return module;
  }
  #state(at: number): StateDict {
    const state = this.#states[at];
    if (state === undefined) throw new Error(`no state dict ${at}`);
    return state;
  }

  #value(given: unknown): unknown {
    if (typeof given !== 'object' || given === null) return given;
    const spec = given as ValueSpec;
    const { dtype = 'float32', device = 'cpu' } = spec;
    if (spec.m !== undefined) return this.#module(spec.m);
    if (spec.same !== undefined) return this.#module(spec.same[0]).getParameter(spec.same[1]);
    if (spec.u !== undefined)
      return new UninitializedParameter({ dtype, device, requiresGrad: spec.grad ?? true });
    if (spec.ub !== undefined)
      return new UninitializedBuffer({ dtype, device, requiresGrad: spec.grad ?? false });
    const made = pattern(spec.t ?? spec.p ?? spec.b ?? [], dtype, device);
    if (spec.p !== undefined) return new Parameter(made, { requiresGrad: spec.grad ?? true });
    return spec.b === undefined ? made : new Buffer(made, { persistent: spec.persistent ?? true });
  }
  #tensor(given: unknown): Tensor {
    const value = this.#value(given);
    if (value instanceof Tensor) return value;
    throw new Error('no tensor');
  }

  #told(value: unknown): string {
    if (value instanceof Module) return value.toString();
    if (Array.isArray(value))
      return `(${value
        .flat(Infinity)
        .map((item) => this.#told(item))
        .join(', ')})`;
    if (!(value instanceof Tensor)) return typeof value === 'string' ? value : pythonRepr(value);
    const rest = `${value.dtype} ${value.device} ${bool(value.requiresGrad)}`;
    if (isLazy(value)) return `${String(value)} ${rest}`;
    if (value.device !== 'meta' && !value.dtype.startsWith('complex'))
      this.#values.push(...[...valuesOf(value)].map(Number));
    return `${value.constructor.name}[${value.shape.join(', ')}] ${rest}`;
  }

  #entries(pairs: Iterable<readonly [string, unknown]>): string {
    const seen = new Map<unknown, number>();
    const memory = new Map<unknown, number>();
    const numbered = (map: Map<unknown, number>, key: unknown): number => {
      if (!map.has(key)) map.set(key, map.size);
      return map.get(key) ?? 0;
    };
    return [...pairs]
      .map(([name, value]) => {
        if (!(value instanceof Tensor)) return `${name}=${this.#told(value)}`;
        const number = numbered(seen, value);
        const isPlaced = !isLazy(value) && value.device === 'cpu' && value.numel() > 0;
        const place = isPlaced ? `@${numbered(memory, value.storage)}` : '';
        return `${name}=#${number}${place} ${this.#told(value)}`;
      })
      .join('; ');
  }

  readonly #named = (at: number, path: string): Tensor => {
    const module = this.#module(at);
    const all = { removeDuplicate: false };
    const found = new Map<string, Tensor>([...module.namedParameters(all), ...module.namedBuffers(all)]).get(
      path,
    );
    if (found === undefined) throw new TorchError('KeyError', path);
    return found;
  };
  readonly #gradients = (at: number): string =>
    this.#entries([...this.#module(at).namedParameters()].map(([name, { grad }]) => [name, grad] as const));
  readonly #keep = (at: number, module: Module): Module => (this.#modules[at] = module);
  readonly #note = (number: number, kind: string, ...given: readonly unknown[]): void => {
    this.#log.push(`[${number} ${kind} ${this.#told(given)}]`);
  };

  /** By the names the script gives them. */
  readonly calls = {
    new: (at: number, name: string, keywords: Record<string, unknown>, options: { dtype?: DType; device?: Device }) =>
      this.#keep(at, nn(name, keywords, options)),
    plain: (at: number) => this.#keep(at, new Module()),
    sequential: (at: number, parts: readonly number[]) => this.#keep(at, new Sequential(parts.map((part) => this.#module(part)))),
    list: (at: number, parts: readonly number[]) => this.#keep(at, new ModuleList(parts.map((part) => this.#module(part)))),
    dict: (at: number, parts: Readonly<Record<string, number>>) =>
      this.#keep(at, new ModuleDict(Object.entries(parts).map(([name, part]) => [name, this.#module(part)] as const))),
    deepcopy: (at: number, of: number) => this.#keep(at, deepcopy(this.#module(of))),
    copy: (at: number, of: number) => this.#keep(at, shallowCopy(this.#module(of))),
    pickle: (at: number, of: number) => this.#keep(at, repickled(this.#module(of))),
    submodule: (at: number, of: number, path: string) => this.#keep(at, this.#module(of).getSubmodule(path)),

    call: (at: number, value: unknown) => {
      const input = this.#value(value);
      return this.#told(this.#module(at).invoke([input]));
    },
    backward: (at: number, value: unknown, grad: boolean) => {
      const input = this.#tensor(value);
      input.requiresGrad = grad;
      const output = this.#module(at).invoke([input]);
      const one = (Array.isArray(output) ? output[0] : output) as Tensor;
      backward(one, fullLike(one, 1));
      return `${this.#told(input.grad)} ${this.#gradients(at)}`;
    },

    set: (at: number, name: string, value: unknown) => void Reflect.set(this.#module(at), name, this.#value(value)),
    delete: (at: number, name: string) => {
      const module = this.#module(at);
      module.getAttribute(name);
      Reflect.deleteProperty(module, name);
    },
    get: (at: number, name: string) => this.#told(this.#module(at).getAttribute(name)),
    register_parameter: (at: number, name: string, value: unknown) =>
      loosely(this.#module(at), 'registerParameter', name, this.#value(value)),
    register_buffer: (at: number, name: string, value: unknown, persistent: boolean) =>
      loosely(this.#module(at), 'registerBuffer', name, this.#value(value), { persistent }),
    register_module: (at: number, name: string, value: unknown) =>
      loosely(this.#module(at), 'registerModule', name, this.#value(value)),
    set_submodule: (at: number, path: string, value: unknown) =>
      loosely(this.#module(at), 'setSubmodule', path, this.#value(value)),
    get_parameter: (at: number, path: string) => this.#told(this.#module(at).getParameter(path)),
    get_buffer: (at: number, path: string) => this.#told(this.#module(at).getBuffer(path)),

    method: (at: number, name: string) => void loosely(this.#module(at), name),
    train: (at: number, mode: boolean) => {
      this.#module(at).train(mode);
      return text([...this.#module(at).modules()].map(({ training }) => training));
    },
    requires_grad: (at: number, mode: boolean) => void this.#module(at).requiresGrad_(mode),
    zero_grad: (at: number, setToNone: boolean) => {
      this.#module(at).zeroGrad({ setToNone });
      return this.#gradients(at);
    },
    to: (at: number, target: { dtype?: DType; device?: Device }) => void this.#module(at).to(target),
    type: (at: number, dtype: DType) => void this.#module(at).type(dtype),
    to_empty: (at: number, device: Device) => void this.#module(at).toEmpty({ device }),
    apply: (at: number) => void this.#module(at).apply((module) => void this.#log.push(module.constructor.name)),
    walk: (at: number) => {
      const module = this.#module(at);
      const all = { removeDuplicate: false };
      return [
        this.#entries(module.namedParameters(all)), this.#entries(module.namedBuffers(all)),
        names(module.namedParameters()), names(module.namedBuffers()),
        names(module.namedModules()), names(module.namedModules(all)), names(module.namedChildren()),
      ].join(' | ');
    },
    repr: (at: number) => this.#module(at).toString(),

    state: (state: number, at: number, prefix: string, keepVars: boolean) => {
      const made = (this.#states[state] = this.#module(at).stateDict({ prefix, keepVars }));
      const metadata = [...(made.metadata ?? [])].map(([key, { version }]) => `${JSON.stringify(key)}: ${JSON.stringify(version ?? null)}`);
      return `${this.#entries(made)} {${metadata.join(', ')}}`;
    },
    edit: (state: number, how: string, position: number | string, value: unknown) => {
      const entries = this.#state(state);
      if (typeof position === 'string') entries.set(position, this.#value(value));
      else {
        const key = [...entries.keys()][position] ?? '';
        const old = entries.get(key);
        if (how === 'put') entries.set(key, this.#value(value));
        else entries.delete(key);
        if (how === 'rename') entries.set(String(value), old);
      }
      return text([...entries.keys()]);
    },
    forget: (state: number) => void (this.#states[state] = new Map(this.#state(state)) as unknown as StateDict),
    load: (at: number, state: number, strict: boolean, assign: boolean) =>
      this.#module(at).loadStateDict(this.#state(state), { strict, assign }),

    materialize: (at: number, path: string, shape: readonly number[], { device, dtype }: { dtype?: DType; device?: Device }) => {
      const found = this.#named(at, path);
      if (!isLazy(found)) throw new TorchError('AttributeError', `'${found.constructor.name}' object has no attribute 'materialize'`);
      found.materialize(shape, device, dtype);
      return this.#told(found);
    },
    data: (at: number, path: string, value: unknown) => {
      const found = this.#named(at, path);
      found.data = this.#tensor(value);
      return this.#told(found);
    },
    learns: (at: number, path: string, mode: boolean) => {
      const found = this.#named(at, path);
      found.requiresGrad = mode;
      return this.#told(found);
    },
    init: (at: number, path: string, name: string, given: readonly unknown[]) => {
      const found = this.#named(at, path);
      return this.#told(loosely(init, camelCase(name), found, ...given));
    },
    reset: (at: number) => void loosely(this.#module(at), 'resetParameters'),
    vector: (at: number) => this.#told(parametersToVector(this.#module(at).parameters())),
    from_vector: (at: number, value: unknown) => {
      vectorToParameters(this.#tensor(value), this.#module(at).parameters());
      return this.#entries(this.#module(at).namedParameters());
    },

    hook: (at: number, kind: string, given: { prepend?: boolean; always_call?: boolean }) => {
      const module = this.#module(at);
      const number = this.#handles.length;
      const options = { prepend: given.prepend ?? false, alwaysCall: given.always_call ?? false };
      const note = (...told: readonly unknown[]): void => this.#note(number, kind, ...told);
      const registered: Readonly<Record<string, () => RemovableHandle>> = {
        forward_pre: () => module.registerForwardPreHook((_, inputs) => note(...inputs), options),
        forward: () => module.registerForwardHook((_, inputs, output) => note(...inputs, output), options),
        backward: () => module.registerFullBackwardHook((_, into, out) => note(...into, ...out), options),
        state: () => module.registerStateDictPostHook((_, state, prefix) => note(state.size, prefix)),
        load: () =>
          module.registerLoadStateDictPostHook((_, keys) => note(keys.missingKeys.join(','), keys.unexpectedKeys.join(','))),
        state_pre: () => module.registerStateDictPreHook((_, prefix, keepVars) => note(prefix, keepVars)),
      };
      this.#handles.push((registered[kind] ?? (() => ({ remove: () => {} })))());
    },
    unhook: (number: number) => this.#handles[number]?.remove(),

    container: (at: number, name: string, ...given: readonly unknown[]) => {
      const module = this.#module(at);
      const inputs = given.map((each) => (Array.isArray(each) ? each.map((part) => this.#value(part)) : this.#value(each)));
      const method: Readonly<Record<string, string>> = { __delitem__: 'deleteItem', __setitem__: 'setItem', __getitem__: 'at' };
      const result: unknown = name === '__len__' ? Reflect.get(module, 'length') : loosely(module, method[name] ?? name, ...inputs);
      return `${result === undefined || result === null || result === module ? '' : this.#told(result)} ${names(module.namedChildren())}`;
    },
    parametrize: (at: number, kind: string, name: string) => {
      const made = { weight_norm: parametrize.weightNorm, spectral_norm: parametrize.spectralNorm, orthogonal: parametrize.orthogonal };
      loosely(made, kind, this.#module(at), name);
      return this.#module(at);
    },
    unparametrize: (at: number, name: string, leaveParametrized: boolean) =>
      parametrize.removeParametrizations(this.#module(at), name, { leaveParametrized }),
  }; // prettier-ignore
}
