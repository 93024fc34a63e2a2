// What modules, parameters, state dicts and hooks do in the situations of scripts/golden/nn_behaviours.py: PyTorch 2.14's words.
import {
  Buffer,
  deepcopy,
  defaultGenerator,
  init,
  Module,
  newTensor,
  Parameter,
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  Sequential,
  shallowCopy,
  StateDict,
  UninitializedBuffer,
  UninitializedParameter,
  valuesOf,
  type RemovableHandle,
} from '#core/nn/index';
import { pythonRepr, quoted, tupleRepr } from '#core/nn/python-names';
import { noGrad } from '#core/ops/dispatch';
import { HostStorage } from '#core/tensor/host-storage';
import type { DType } from '#core/tensor/dtype';
import { Tensor } from '#core/tensor/tensor';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-behaviours.json';
import { CONTAINERS } from './container-scenarios';
import { loosely, names, said, type Scenarios } from './scenario';
import { meta, nn, tensor } from './support';

const zeros = (...shape: number[]): Tensor => newTensor(shape, 'float32');
const ones = (...shape: number[]): Tensor =>
  tensor(new Array(shape.reduce((n, size) => n * size, 1)).fill(1), shape);
const ofDType = (dtype: DType, ...shape: number[]): Tensor => newTensor(shape, dtype);
const linear = (inFeatures = 2, outFeatures = 3): Module =>
  nn('Linear', { in_features: inFeatures, out_features: outFeatures });
const norm = (): Module => nn('BatchNorm1d', { num_features: 3 });
const U = UninitializedParameter;
const UB = UninitializedBuffer;

class Net extends Module {
  declare p: Parameter;
  declare m: Module;
  declare b: Tensor;
  declare hidden: Tensor;
  declare x: unknown;
  constructor() {
    super();
    this.p = new Parameter(zeros(2));
    this.registerBuffer('b', zeros(2));
    this.registerBuffer('hidden', zeros(1), { persistent: false });
    this.m = new Sequential([linear(), norm()]);
    this.x = 5;
  }
}
const net = (): Net => new Net();
const assign = (target: Module, name: string, value: unknown): unknown => Reflect.set(target, name, value);
const shape = (value: Tensor | null | undefined): string => tupleRepr([...(value?.shape ?? [])]);
const text = (list: readonly unknown[]): string => `[${list.map((item) => pythonRepr(item)).join(', ')}]`;
const dtypes = (state: Iterable<readonly [string, unknown]>): string =>
  text([...state].flatMap(([, value]) => (value instanceof Tensor ? [`torch.${value.dtype}`] : [])));
const keysOf = (module: Module): string => [...module.stateDict().keys()].join(',');
const bool = (value: boolean): string => (value ? 'True' : 'False');
const flat = (value: Tensor | null | undefined): string =>
  value ? `[${[...valuesOf(value)].map((each) => each.toFixed(1)).join(', ')}]` : 'None';

const submodule =
  (target: string, module: unknown, strict = false) =>
  () => {
    const root = net();
    loosely(root, 'setSubmodule', target, module ?? linear(2, 2), { strict });
    return names(root.namedModules());
  };

/** Runs the hooks of a module that returns its first input, and writes down what they see. */
function hooked(
  setup: (echo: Module, log: string[]) => readonly RemovableHandle[] | void,
  inputs: readonly unknown[],
  keywords: Record<string, unknown> = {},
) {
  return (): string => {
    const log: string[] = [];
    class Echo extends Module {
      override forward(...given: unknown[]): unknown {
        const last = given.at(-1);
        const named = typeof last === 'object' && last !== null;
        const args = named ? given.slice(0, -1) : given;
        log.push(`forward${tupleRepr(args)}${dict(named ? last : {})}`);
        if (args[0] === 'fail') throw new TypeError('failed');
        return args[0];
      }
    }
    const echo = new Echo();
    const handles = setup(echo, log) ?? [];
    try {
      log.push(`-> ${pythonRepr(echo.invoke(inputs, keywords))}`);
    } catch (error) {
      log.push(
        error instanceof TypeError
          ? `ValueError: ${error.message}`
          : said(() => {
              throw error as Error;
            }),
      );
    }
    for (const handle of handles) handle.remove();
    return log.join('; ');
  };
}
const dict = (record: object): string =>
  `{${Object.entries(record)
    .map(([key, value]) => `${quoted(key)}: ${pythonRepr(value)}`)
    .join(', ')}}`;
const shown = (value: unknown): string =>
  Array.isArray(value)
    ? tupleRepr(value)
    : typeof value === 'object' && value !== null
      ? dict(value)
      : pythonRepr(value);
const note =
  (log: string[], name: string, result?: unknown) =>
  (_module: Module, ...rest: readonly unknown[]): unknown => {
    log.push(`${name}(${rest.map(shown).join(', ')}${rest.length === 1 ? ',' : ''})`);
    return result;
  };
const failing = (log: string[]) => (): never => {
  log.push('failing');
  throw new TypeError('hook failed');
};
const nothing = (..._handles: unknown[]): void => {};

const load =
  (make: () => Module, state: (module: Module) => unknown, strict = true, assigns = false) =>
  (): string => {
    const module = make();
    return String(loosely(module, 'loadStateDict', state(module), { strict, assign: assigns }));
  };
const without = (module: Module, key: string): StateDict => {
  const state = module.stateDict();
  state.delete(key);
  return state;
};
const withMore = (module: Module, more: Record<string, unknown>): Map<string, unknown> =>
  new Map([...module.stateDict(), ...Object.entries(more)]);
const metadataText = (state: StateDict): string =>
  `{${[...(state.metadata ?? [])].map(([place, { version }]) => `${quoted(place)}: {'version': ${version}}`).join(', ')}}`;

const lazily =
  (make: () => Module, source: () => unknown, strict = true, assigns = false) =>
  (): string => {
    const module = make();
    const keys = loosely(module, 'loadStateDict', source(), { strict, assign: assigns });
    const list = [...module.parameters()].map(({ dtype }) => `torch.${dtype}`);
    return `${String(keys)} ${String(module)} [${list.join(', ')}]`;
  };
const lazyLinear = (more: Record<string, unknown> = {}, dtype: DType = 'float32'): Module =>
  nn('LazyLinear', { out_features: 4, ...more }, { dtype });
const conv = { out_channels: 4, kernel_size: 3 };
const loadedRuns =
  (lazy: Module, source: Module, ...size: number[]) =>
  (): string => {
    lazy.loadStateDict(source.stateDict());
    const before = defaultGenerator.getState();
    lazy.invoke([meta(...size)]);
    const same = defaultGenerator.getState().every((byte, at) => byte === before[at]);
    return `${String(lazy)} ${bool(same)}`;
  };

const CONVERSIONS = ['half', 'float', 'double', 'char', 'short', 'int', 'long', 'cpu'] as const;
const REFUSED = ['bfloat16', 'byte', 'bool', 'numel'] as const;
const pair = (
  kind: string,
  rule: string,
  make: () => UninitializedParameter | UninitializedBuffer,
): Scenarios => ({
  [`size of uninitialized ${kind}`]: ['UNINIT-3', () => tupleRepr(make().size())],
  [`is_floating_point of uninitialized ${kind}`]: ['UNINIT-3', () => bool(make().isFloatingPoint())],
  [`is_complex of uninitialized ${kind}`]: ['UNINIT-3', () => bool(make().isComplex())],
  [`get_device of uninitialized ${kind}`]: ['UNINIT-3', () => make().getDevice()],
  ...Object.fromEntries(
    CONVERSIONS.map((name) => [
      `${name} of uninitialized ${kind}`,
      [
        rule,
        () => {
          const given = make();
          const result = given[name]();
          const persistent: unknown = Reflect.get(result, 'persistent');
          return `${bool(result === given)} ${result.constructor.name} torch.${result.dtype} ${pythonRepr(persistent)}`;
        },
      ] as const,
    ]),
  ),
  [`to of uninitialized ${kind}`]: [
    rule,
    () => {
      const given = make();
      const result = given.to({ dtype: 'float64' });
      return `${result.constructor.name} torch.${result.dtype} ${bool(given.to({ dtype: 'float32' }) === given)}`;
    },
  ],
  ...Object.fromEntries(
    REFUSED.map((name) => [`${name} of uninitialized ${kind}`, ['UNINIT-5', () => make()[name]()] as const]),
  ),
});

const at = (target: string) => (): string => shape(net().getParameter(target));
const bufferAt = (target: string) => (): string => shape(net().getBuffer(target));

const SCENARIOS: Scenarios = {
  ...Object.fromEntries(
    ['', 'm', 'm.0', 'm.5', 'p', 'x', 'm.0.weight', 'x.y'].map((target) => [
      `get_submodule '${target}'`,
      ['MODULE-16', () => net().getSubmodule(target).constructor.name] as const,
    ]),
  ),
  ...Object.fromEntries(
    ['p', 'm.0.weight', 'b', 'm', 'm.0.foo', 'foo.bar', 'x', ''].map((target) => [
      `get_parameter '${target}'`,
      ['MODULE-16', at(target)] as const,
    ]),
  ),
  ...Object.fromEntries(
    ['b', 'm.1.running_mean', 'p', 'x', 'm.1.foo', 'hidden'].map((target) => [
      `get_buffer '${target}'`,
      ['MODULE-16', bufferAt(target)] as const,
    ]),
  ),
  'set_submodule m.0': ['MODULE-16', submodule('m.0', null)],
  'set_submodule new': ['MODULE-16', submodule('other', null)],
  'set_submodule strict new': ['MODULE-16', submodule('other', null, true)],
  'set_submodule empty': ['MODULE-16', submodule('', null)],
  'set_submodule not a module': ['MODULE-16', submodule('m.0', 5)],
  'set_submodule over parameter': ['MODULE-16', submodule('p', null)],
  'set_submodule missing parent': ['MODULE-16', submodule('q.r', null)],
  'tied walks': ['MODULE-9', () => {
    const root = new Module();
    const [a, b, t] = [linear(), linear(), new Module()];
    assign(root, 'a', a);
    assign(root, 'b', b);
    assign(b, 'weight', a.getParameter('weight'));
    assign(root, 'c', a);
    const s = zeros(1);
    root.registerBuffer('s', s);
    assign(root, 't', t);
    t.registerBuffer('s', s);
    return [
      names(root.namedParameters()), names(root.namedParameters({ removeDuplicate: false })),
      names(root.namedParameters({ prefix: 'x', recurse: false })), names(root.namedModules()),
      names(root.namedModules({ removeDuplicate: false })), names(root.namedModules({ prefix: 'top' })),
      names(root.namedBuffers()), names(root.namedBuffers({ removeDuplicate: false })),
      names(root.namedChildren()), keysOf(root),
    ].join('|');
  }],
  zero_grad: ['MODULE-10', () => {
    const layer = linear(1, 1);
    const [weight, bias] = [layer.getParameter('weight'), layer.getParameter('bias')];
    const grad = ones(1, 1);
    weight.grad = grad;
    layer.zeroGrad({ setToNone: false });
    const first = `${bool(weight.grad === grad)} ${valuesOf(grad)[0]?.toFixed(1)} ${bool(bias.grad === null)}`;
    layer.zeroGrad();
    return `${first} ${bool(weight.grad === null)}`;
  }],
  'train with a number': ['MODULE-10', () => loosely(net(), 'train', 1)],
  'train returns': ['MODULE-10', () => {
    const root = net();
    return bool(root.train(false) === root && !root.getSubmodule('m.1').training);
  }],
  'requires_grad_ of a net': ['MODULE-10', () => text([...net().requiresGrad_(false).parameters()].map((p) => p.requiresGrad))],
  'to int64': ['MODULE-14', () => net().to({ dtype: 'int64' })],
  'meta to cpu': ['MODULE-14', () => nn('Linear', { in_features: 2, out_features: 3 }, { device: 'meta' }).to({ device: 'cpu' })],
  'to_empty of meta': ['MODULE-14', () =>
    shape(nn('Linear', { in_features: 2, out_features: 3 }, { device: 'meta' }).toEmpty({ device: 'cpu' }).getParameter('weight'))],
  'lazy to_empty': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }).toEmpty({ device: 'cpu' })],
  'lazy type': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }).type('float64')],
  'type of a net': ['MODULE-14', () => dtypes(net().type('float64').stateDict())],
  'half of a net': ['MODULE-14', () => dtypes(net().half().stateDict())],
  'bfloat16 of a net': ['MODULE-14', () => dtypes(net().bfloat16().stateDict())],
  'lazy share_memory': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }).shareMemory()],
  'lazy half': ['LAZY-10', () => dtypes(nn('LazyLinear', { out_features: 3 }).half().namedParameters())],
  'lazy meta to cpu': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }, { device: 'meta' }).to({ device: 'cpu' })],
  ...Object.fromEntries(
    (
      [
        ['ones_', init.ones_], ['zeros_', init.zeros_], ['eye_', init.eye_], ['dirac_', init.dirac_],
        ['xavier_uniform_', init.xavierUniform_], ['xavier_normal_', init.xavierNormal_],
        ['kaiming_uniform_', init.kaimingUniform_], ['kaiming_normal_', init.kaimingNormal_],
        ['orthogonal_', init.orthogonal_], ['trunc_normal_', init.truncNormal_],
      ] as const
    ).map(([name, fill]) => [
      `lazy apply ${name}`,
      ['UNINIT-6', () =>
        nn('LazyLinear', { out_features: 3 }).apply((module) => void fill(module.getParameter('weight')))] as const,
    ]),
  ),
  get_extra_state: ['STATE-12', () => loosely(new Module(), 'getExtraState')],
  set_extra_state: ['STATE-12', () => loosely(new Module(), 'setExtraState', 5)],
  'delete attributes': ['MODULE-5', () => {
    const root = net();
    for (const name of ['p', 'b', 'm']) Reflect.deleteProperty(root, name);
    return `${keysOf(root)}|${bool('p' in root)}`;
  }],
  'parameter over field, buffer and module': ['MODULE-5', () => {
    const root = net();
    for (const name of ['x', 'b', 'm', 'hidden']) assign(root, name, new Parameter(zeros(1)));
    return `${names(root.namedParameters())}|${keysOf(root)}`;
  }],
  'module over buffers and field': ['MODULE-5', () => {
    const root = net();
    for (const name of ['b', 'hidden', 'x']) assign(root, name, nn('ReLU'));
    return `${names(root.namedModules())}|${keysOf(root)}`;
  }],
  'None over parameter, buffer and module': ['MODULE-6', () => {
    const root = net();
    for (const name of ['p', 'b', 'm']) assign(root, name, null);
    const values = ['p', 'b', 'm'].map((name) => pythonRepr(Reflect.get(root, name)));
    return `${keysOf(root)}|${values.join('')}|${String(root)}`;
  }],
  'register over own kinds': ['MODULE-2', () => {
    const root = net();
    root.registerParameter('p', null);
    root.registerBuffer('b', zeros(3), { persistent: false });
    root.registerModule('m', null);
    return `${keysOf(root)}|${shape(root.b)}`;
  }],
  'parameter named as a method': ['MODULE-2', () => assign(new Module(), 'forward', new Parameter(zeros(1)))],
  'buffer named as a method': ['MODULE-3', () => new Module().registerBuffer('train', zeros(1))],
  "register_parameter of a buffer's name": ['MODULE-2', () => net().registerParameter('b', new Parameter(zeros(1)))],
  "register_buffer of a parameter's name": ['MODULE-3', () => net().registerBuffer('p', zeros(1))],
  "register_module of a parameter's name": ['MODULE-4', () => net().registerModule('p', nn('ReLU'))],
  'register_parameter None name': ['MODULE-2', () => loosely(net(), 'registerParameter', null, null)],
  'register_parameter text': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', 'text')],
  'register_parameter list': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', [1])],
  'register_parameter double': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', ofDType('float64', 1))],
  'register_parameter bool tensor': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', ofDType('bool', 1))],
  'register_parameter uint16': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', ofDType('uint16', 1))],
  'register_parameter complex': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', ofDType('complex64', 1))],
  'register_parameter LazyConv2d': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', nn('LazyConv2d', conv))],
  'register_parameter MaxPool2d': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', nn('MaxPool2d', { kernel_size: 3 }))],
  'register_buffer LayerNorm': ['MODULE-3', () => loosely(net(), 'registerBuffer', 'q', nn('LayerNorm', { normalized_shape: [3] }))],
  'register_buffer list': ['MODULE-3', () => loosely(net(), 'registerBuffer', 'q', [1])],
  'register_module tensor': ['MODULE-4', () => loosely(net(), 'registerModule', 'q', zeros(1))],
  'assign text to parameter': ['MODULE-6', () => assign(net(), 'p', 'text')],
  'assign ReLU to parameter': ['MODULE-6', () => assign(net(), 'p', nn('ReLU'))],
  'assign Sequential to parameter': ['MODULE-6', () => assign(net(), 'p', new Sequential())],
  'assign module to nothing and int over it': ['MODULE-6', () => {
    const root = net();
    assign(root, 'q', nn('ReLU'));
    assign(root, 'q', 1.5);
  }],
  'assign list to buffer': ['MODULE-6', () => assign(net(), 'b', [1])],
  'assign parameter before init': ['MODULE-2', () => assignRaw('w', new Parameter(zeros(1)))],
  'assign module before init': ['MODULE-4', () => assignRaw('w', nn('ReLU'))],
  'register_buffer before init': ['MODULE-3', () =>
    loosely(Object.create(Module.prototype) as object, 'registerBuffer', 'w', null)],
  'hook order': ['MODULE-11', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a')), m.registerForwardPreHook(note(log, 'b'), { prepend: true }),
    m.registerForwardHook(note(log, 'c')), m.registerForwardHook(note(log, 'd'), { prepend: true })), [1, 2])],
  'hook replaces': ['MODULE-11', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a', 7)), m.registerForwardPreHook(note(log, 'b', [8, 9])),
    m.registerForwardHook(note(log, 'c', 10)), m.registerForwardHook(note(log, 'd'))), [1])],
  'hook with keywords': ['MODULE-17', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a', [[3], { k: 4 }]), { withKwargs: true }), m.registerForwardPreHook(note(log, 'b')),
    m.registerForwardHook(note(log, 'c'), { withKwargs: true })), [1], { k: 2 })],
  'hook with keywords returns wrongly': ['MODULE-17', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a', 5), { withKwargs: true })), [1])],
  'hook always called': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(note(log, 'a')), m.registerForwardHook(note(log, 'b'), { alwaysCall: true }),
    m.registerForwardHook(note(log, 'c'), { alwaysCall: true, withKwargs: true })), ['fail'])],
  'hook always called after success': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(note(log, 'b'), { alwaysCall: true })), [1])],
  'hook that fails, always called later': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(failing(log)), m.registerForwardHook(note(log, 'b'), { alwaysCall: true })), [1])],
  'hook always called that fails': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(failing(log), { alwaysCall: true }), m.registerForwardHook(note(log, 'b', 5), { alwaysCall: true }),
    m.registerForwardHook(note(log, 'c'), { alwaysCall: true })), ['fail'])],
  'global hooks': ['MODULE-19', hooked((m, log) => [
    m.registerForwardPreHook(note(log, 'own')), registerModuleForwardPreHook(note(log, 'global')),
    m.registerForwardHook(note(log, 'own after')), registerModuleForwardHook(note(log, 'global after'))], [1])],
  'global hooks always called': ['MODULE-19', hooked((m, log) => [
    registerModuleForwardHook(note(log, 'global'), { alwaysCall: true }),
    m.registerForwardHook(note(log, 'own'), { alwaysCall: true })], ['fail'])],
  'hook removed while running': ['MODULE-11', () => {
    const log: string[] = [];
    const identity = nn('Identity');
    const first = identity.registerForwardPreHook(() => {
      log.push('first');
      first.remove();
    });
    identity.registerForwardPreHook(() => void log.push('second'));
    identity.invoke([meta(1)]);
    log.length = 0;
    identity.invoke([meta(1)]);
    return log.join(',');
  }],
  'lazy keyword input': ['LAZY-3', () => {
    const layer = lazyLinear();
    const output = layer.invoke([], { input: meta(2, 3) });
    return `${layer.constructor.name} ${shape(output instanceof Tensor ? output : null)}`;
  }],
  'linear without input': ['MODULE-17', () => linear().invoke([])],
  'linear with unknown keyword': ['MODULE-17', () => linear().invoke([meta(1, 2)], { foo: 1 })],
  'linear with input twice': ['MODULE-17', () => linear().invoke([meta(1, 2)], { input: meta(1, 2) })],
  'linear with two inputs': ['MODULE-17', () => linear().invoke([meta(1, 2), meta(1, 2)])],
  'lazy global pre hook changes the input': ['LAZY-3', () => {
    const handle = registerModuleForwardPreHook(() => [meta(2, 9)]);
    const layer = lazyLinear();
    try {
      layer.invoke([meta(2, 3)]);
    } finally {
      handle.remove();
    }
    return String(layer);
  }],
  'lazy user hook sees the final class': ['LAZY-3', () => {
    const [layer, log]: [Module, string[]] = [nn('LazyConv1d', { out_channels: 2, kernel_size: 1 }), []];
    layer.registerForwardPreHook((module) => void log.push(module.constructor.name));
    layer.registerForwardPreHook((module) => void log.push(module.constructor.name), { prepend: true });
    layer.invoke([meta(1, 3, 4)]);
    return log.join(',');
  }],
  'state dict hooks': ['STATE-13', () => {
    const log: string[] = [];
    const [layer] = [linear()];
    const root = new Sequential([layer]);
    root.registerStateDictPreHook((_module, prefix, keepVars) => void log.push(`pre ${quoted(prefix)} ${bool(keepVars)}`));
    layer.registerStateDictPreHook((_module, prefix) => void log.push(`pre ${quoted(prefix)}`));
    layer.registerStateDictPostHook((_module, state, prefix, metadata) => {
      state.delete(`${prefix}bias`);
      log.push(`post ${quoted(prefix)} ${dict(metadata)}`);
    });
    return `${[...root.stateDict({ prefix: 'p.' }).keys()].join(',')}|${log.join('; ')}`;
  }],
  'state dict post hook returns': ['STATE-13', () => {
    const layer = linear();
    layer.registerStateDictPostHook(() => 5);
    return layer.stateDict();
  }],
  'load post hook returns': ['STATE-11', () => {
    const layer = linear();
    layer.registerLoadStateDictPostHook(() => 5);
    layer.loadStateDict(layer.stateDict());
  }],
  'load post hook clears the missing': ['STATE-11', () => {
    const layer = linear();
    layer.registerLoadStateDictPostHook((_module, keys) => void (keys.missingKeys.length = 0));
    return String(layer.loadStateDict({}));
  }],
  'extra state': ['STATE-12', () => {
    class Extra extends Module {
      w = new Parameter(zeros(1));
      b = new Buffer(zeros(1));
      inner = linear(1, 1);
      note: unknown = null;
      override getExtraState(): unknown {
        return { a: 1 };
      }
      override setExtraState(state: object): void {
        this.note = dict(state);
      }
    }
    const extra = new Extra();
    const state = extra.stateDict();
    const keys = [...state.keys()].join(',');
    extra.loadStateDict(state);
    state.delete('_extra_state');
    const missing = extra.loadStateDict(state, { strict: false });
    const unexpected = new Module().loadStateDict({ _extra_state: 5 }, { strict: false });
    return `${keys}|${String(extra.note)}|${String(missing)}|${String(unexpected)}`;
  }],
  'load None': ['STATE-5', load(linear, () => null)],
  'load text': ['STATE-5', load(linear, () => 'x')],
  'load int value': ['STATE-7', load(linear, () => ({ weight: 5, bias: zeros(3) }))],
  'load None value': ['STATE-7', load(linear, () => ({ weight: null, bias: 'x' }))],
  'load list value': ['STATE-7', load(linear, () => ({ weight: [[1]], bias: 1.5 }))],
  'load bool value': ['STATE-7', load(linear, () => ({ weight: true, bias: {} }))],
  'load sizes': ['STATE-7', load(linear, () => ({ weight: zeros(3), bias: zeros(3, 1) }))],
  'load sizes not strict': ['STATE-7', load(linear, () => ({ weight: zeros(3) }), false)],
  'load unexpected': ['STATE-6', load(linear, (m) => withMore(m, { foo: 1, 'foo.bar': 2, 'weight.x': 3 }))],
  'load unexpected not strict': ['STATE-6', load(linear, (m) => withMore(m, { foo: 1, 'foo.bar': 2 }), false)],
  'load unexpected in child': ['STATE-6', load(() => new Sequential([linear()]), (m) =>
    withMore(m, { '0.foo': 1, '0.a.b': 2, '1.weight': 3, foo: 4 }))],
  'load missing in child': ['STATE-6', load(() => new Sequential([linear(), norm()]), () => ({}))],
  'load missing with metadata': ['STATE-10', load(norm, (m) => without(m, 'num_batches_tracked'))],
  'load missing without metadata': ['STATE-10', load(norm, (m) => new Map(without(m, 'num_batches_tracked')))],
  'load scalar from vector': ['STATE-8', load(norm, (m) => withMore(m, { num_batches_tracked: tensor([4], [1], 'int64') }))],
  'load scalar from long vector': ['STATE-8', load(norm, (m) => withMore(m, { num_batches_tracked: tensor([4, 5], [2], 'int64') }))],
  'load scalar from empty vector': ['STATE-8', load(norm, (m) => withMore(m, { num_batches_tracked: zeros(0) }))],
  'load instance norm statistics without metadata': ['STATE-14', load(() => nn('InstanceNorm1d', { num_features: 3 }), () =>
    ({ running_mean: zeros(3), running_var: zeros(3) }))],
  'load instance norm mean without metadata': ['STATE-14', load(() => nn('InstanceNorm2d', { num_features: 3, affine: true }), () =>
    ({ running_mean: zeros(3), weight: zeros(3), bias: zeros(3) }))],
  'load instance norm statistics with metadata': ['STATE-14', load(() => nn('InstanceNorm1d', { num_features: 3 }), (m) => {
    const state = m.stateDict();
    state.set('running_mean', zeros(3));
    return state;
  })],
  'load nested instance norm statistics': ['STATE-14', load(() => new Sequential([nn('InstanceNorm1d', { num_features: 3 })]), () =>
    ({ '0.running_mean': zeros(3) }))],
  'load casts': ['STATE-8', () => {
    const layer = linear(1, 2);
    layer.loadStateDict({ weight: tensor([1.5, 2.5], [2, 1], 'float64'), bias: tensor([1, 2], [2], 'int64') });
    const weight = layer.getParameter('weight');
    return `torch.${weight.dtype} ${flat(weight)} ${flat(layer.getParameter('bias'))}`;
  }],
  'load complex into float': ['STATE-8', () => {
    const complex = (parts: number[], ...size: number[]): Tensor =>
      new Tensor(new HostStorage(new Uint8Array(Float32Array.from(parts).buffer)), { dtype: 'complex64', shape: size });
    const layer = linear(1, 2);
    layer.loadStateDict({ weight: complex([1, 2, 3, -1], 2, 1), bias: complex([0, 1, 2, 0], 2) });
    return `${flat(layer.getParameter('weight'))} ${flat(layer.getParameter('bias'))}`;
  }],
  'load into int buffer': ['STATE-8', () => {
    const layer = nn('BatchNorm1d', { num_features: 1 });
    layer.loadStateDict(withMore(layer, { num_batches_tracked: tensor([3.7], []) }));
    return valuesOf(layer.getBuffer('num_batches_tracked') ?? zeros())[0];
  }],
  'load keeps loaded ones when it fails': ['STATE-7', () => {
    const layer = linear(1, 2);
    said(() => layer.loadStateDict({ weight: ones(2, 1), bias: zeros(5) }));
    return flat(layer.getParameter('weight'));
  }],
  'load assign': ['STATE-9', () => {
    const layer = linear(1, 2);
    const before = layer.getParameter('weight');
    before.requiresGrad = false;
    const state = { weight: ones(2, 1), bias: new Parameter(ones(2), { requiresGrad: false }) };
    layer.loadStateDict(state, { assign: true });
    const [weight, bias] = [layer.getParameter('weight'), layer.getParameter('bias')];
    return [weight === before, weight.storage === state.weight.storage, weight.requiresGrad, bias === state.bias, bias.requiresGrad]
      .map(bool).join(' ');
  }],
  'load assign then plain load still assigns': ['STATE-9', () => {
    const state = linear(1, 2).stateDict();
    linear(1, 2).loadStateDict(state, { assign: true });
    const other = linear(1, 2);
    other.loadStateDict(state);
    const given = state.get('weight');
    const isShared = given instanceof Tensor && other.getParameter('weight').storage === given.storage;
    return `{'': ${dict(state.metadata?.get('') ?? {})}} ${bool(isShared)}`;
  }],
  'load assign another dtype': ['STATE-9', () => {
    const layer = linear(1, 2);
    layer.loadStateDict({ weight: tensor([1, 1], [2, 1], 'float64'), bias: ones(2) }, { assign: true });
    return `torch.${layer.getParameter('weight').dtype}`;
  }],
  'load assign int': ['STATE-9', load(linear, () => ({ weight: ofDType('int64', 3, 2), bias: ones(3) }), true, true)],
  'state dict metadata': ['STATE-1', () => metadataText(new Sequential([
    linear(), norm(), nn('InstanceNorm1d', { num_features: 3 }), nn('MultiheadAttention', { embed_dim: 4, num_heads: 2 }),
    nn('TransformerEncoderLayer', { d_model: 4, nhead: 2, dim_feedforward: 8 }),
  ]).stateDict())],
  'state dict metadata of stacks': ['STATE-1', () => {
    const sizes = { d_model: 4, nhead: 2, dim_feedforward: 8 };
    const state = new Sequential({
      e: nn('TransformerEncoder', { ...sizes, num_layers: 2 }),
      d: nn('TransformerDecoder', { ...sizes, num_layers: 1, norm: true }),
    }).stateDict();
    return `${[...(state.metadata?.keys() ?? [])].join(',')}|${[...state.keys()].join(',')}`;
  }],
  'state dict copies': ['STATE-3', () => {
    const state = linear().stateDict();
    return text([state.clone(), deepcopy(state), state.copy(), new StateDict(state)].map(({ metadata }) => metadata !== null));
  }],
  'state dict entries': ['STATE-2', () => {
    const root = new Module();
    const [a, b] = [linear(), linear()];
    assign(root, 'a', a);
    assign(root, 'b', b);
    assign(b, 'weight', a.getParameter('weight'));
    const [state, kept] = [root.stateDict(), root.stateDict({ keepVars: true })];
    const [first, second] = [state.get('a.weight'), state.get('b.weight')];
    if (!(first instanceof Tensor && second instanceof Tensor)) throw new Error('no tensors');
    const flags = [first === second, first.storage === second.storage, first.requiresGrad, kept.get('a.weight') === a.getParameter('weight')];
    return `${flags.map(bool).join(' ')} ${first.constructor.name}`;
  }],
  'lazy from initialized': ['LAZY-11', lazily(lazyLinear, () => linear(3, 4).stateDict())],
  'lazy from wider': ['LAZY-11', lazily(lazyLinear, () => linear(3, 7).stateDict())],
  'lazy from odd shapes': ['LAZY-11', lazily(lazyLinear, () => ({ weight: zeros(2, 3, 4), bias: zeros() }))],
  'lazy double from float': ['LAZY-11', lazily(() => lazyLinear({}, 'float64'), () => linear(3, 4).stateDict())],
  'lazy from half': ['LAZY-11', lazily(lazyLinear, () => linear(3, 4).half().stateDict())],
  'lazy conv from initialized': ['LAZY-11', lazily(() => nn('LazyConv2d', conv), () => nn('Conv2d', { in_channels: 2, ...conv }).stateDict())],
  'lazy norm from initialized': ['LAZY-11', lazily(() => nn('LazyBatchNorm2d'), () => nn('BatchNorm2d', { num_features: 3 }).stateDict())],
  'lazy from lazy': ['LAZY-13', lazily(() => nn('LazyConv1d', conv), () => nn('LazyConv1d', conv).stateDict())],
  'lazy norm from lazy': ['LAZY-13', lazily(() => nn('LazyBatchNorm2d'), () => nn('LazyBatchNorm2d').stateDict())],
  'lazy norm from nothing': ['LAZY-14', lazily(() => nn('LazyBatchNorm2d'), () => ({}))],
  'lazy norm from nothing with metadata': ['LAZY-14', lazily(() => nn('LazyBatchNorm2d'), () =>
    new StateDict([], nn('BatchNorm2d', { num_features: 3 }).stateDict().metadata))],
  'lazy from nothing': ['LAZY-14', lazily(lazyLinear, () => ({}))],
  'lazy from a part': ['LAZY-14', lazily(lazyLinear, () => ({ weight: zeros(4, 3) }), false)],
  'lazy from a part, strict': ['LAZY-14', lazily(lazyLinear, () => ({ weight: zeros(4, 3) }))],
  'lazy from text': ['LAZY-14', lazily(lazyLinear, () => ({ weight: 'x', bias: zeros(4) }))],
  'lazy from None': ['LAZY-14', lazily(lazyLinear, () => ({ weight: null, bias: zeros(4) }))],
  'lazy from unexpected': ['LAZY-14', lazily(lazyLinear, () => withMore(linear(3, 4), { foo: zeros(1) }))],
  'lazy without bias from bias': ['LAZY-14', lazily(() => lazyLinear({ bias: false }), () => linear(3, 4).stateDict())],
  'initialized from lazy': ['LAZY-13', lazily(() => linear(3, 4), () => lazyLinear().stateDict())],
  'initialized norm from lazy': ['LAZY-13', lazily(norm, () => nn('LazyBatchNorm1d').stateDict(), false)],
  'loaded lazy from lazy': ['LAZY-13', () => {
    const layer = lazyLinear();
    layer.loadStateDict(linear(3, 4).stateDict());
    layer.loadStateDict(lazyLinear().stateDict());
  }],
  'lazy assign': ['LAZY-15', lazily(lazyLinear, () => linear(3, 4).stateDict(), true, true)],
  'lazy assign from lazy': ['LAZY-15', lazily(() => nn('LazyConv1d', conv), () => nn('LazyConv1d', conv).stateDict(), true, true)],
  'lazy norm assign from lazy': ['LAZY-15', lazily(() => nn('LazyBatchNorm1d'), () => nn('LazyBatchNorm1d').stateDict(), true, true)],
  'lazy loaded twice': ['LAZY-11', () => {
    const layer = lazyLinear();
    layer.loadStateDict(linear(3, 4).stateDict());
    layer.loadStateDict(linear(5, 4).stateDict());
  }],
  'lazy loaded, reset_parameters': ['LAZY-12', () => {
    const layer = nn('LazyLinear', { out_features: 2 });
    layer.loadStateDict({ weight: ones(2, 1), bias: ones(2) });
    layer.resetParameters();
    return flat(layer.tensor('weight'));
  }],
  'loaded LazyConv2d runs': ['LAZY-12', () => loadedRuns(nn('LazyConv2d', conv), nn('Conv2d', { in_channels: 2, ...conv }), 1, 2, 5, 5)()],
  'loaded LazyConvTranspose1d runs': ['LAZY-12', () =>
    loadedRuns(nn('LazyConvTranspose1d', conv), nn('ConvTranspose1d', { in_channels: 2, ...conv }), 1, 2, 5)()],
  'loaded LazyBatchNorm1d runs': ['LAZY-12', () => loadedRuns(nn('LazyBatchNorm1d'), norm(), 4, 3)()],
  'loaded LazyInstanceNorm1d runs': ['LAZY-20', () => loadedRuns(nn('LazyInstanceNorm1d'),
    nn('InstanceNorm1d', { num_features: 3, affine: true, track_running_stats: true }), 2, 3, 4)()],
  'loaded LazyInstanceNorm1d without affine runs': ['LAZY-20', () => loadedRuns(nn('LazyInstanceNorm1d', { affine: false }),
    nn('InstanceNorm1d', { num_features: 3, track_running_stats: true }), 2, 3, 4)()],
  'loaded LazyLinear runs': ['LAZY-12', () => loadedRuns(lazyLinear(), linear(3, 4), 2, 3)()],
  'lazy without bias': ['LAZY-3', () => {
    const layer = lazyLinear({ bias: false });
    layer.invoke([meta(1, 3)]);
    return `${String(layer)} ${pythonRepr(Reflect.get(layer, 'bias') ?? null)} ${keysOf(layer)}`;
  }],
  'deepcopy of a lazy layer keeps its hooks to itself': ['MODULE-13', () => {
    const layer = lazyLinear();
    const [c, d] = [deepcopy(layer), deepcopy(layer)];
    c.invoke([meta(1, 3)]);
    d.loadStateDict(linear(5, 4).stateDict());
    layer.invoke([meta(1, 2)]);
    return `${String(layer)} ${String(c)} ${String(d)} ${shape(d.getParameter('weight'))}`;
  }],
  'parameter of scalar number': ['PARAM-5', () => Reflect.construct(Parameter, [1.5]) as unknown],
  'parameter of text': ['PARAM-5', () => Reflect.construct(Parameter, ['x']) as unknown],
  'parameter of dict': ['PARAM-5', () => Reflect.construct(Parameter, [{}]) as unknown],
  'parameter of bool tensor': ['PARAM-6', () => new Parameter(ofDType('bool', 1))],
  'parameter of complex': ['PARAM-6', () => bool(new Parameter(ofDType('complex64', 1)).requiresGrad)],
  'requires_grad of int': ['PARAM-6', () => {
    const parameter = new Parameter(ofDType('int64', 1), { requiresGrad: false });
    parameter.requiresGrad = true;
  }],
  'data of int': ['PARAM-6', () => new Parameter(zeros(1)).setData(ofDType('int64', 1))],
  'data changes shape': ['PARAM-2', () => {
    const parameter = new Parameter(zeros(2));
    parameter.setData(zeros(3, 4));
    return `${shape(parameter)} ${bool(parameter.requiresGrad)} ${parameter.constructor.name}`;
  }],
  'copy of a parameter': ['PARAM-11', () => {
    const parameter = Object.assign(new Parameter(zeros(2), { requiresGrad: false }), { note: 'x' });
    const copy = shallowCopy(parameter);
    const flags = `${bool(copy === parameter)} ${copy.constructor.name} ${bool(copy.storage === parameter.storage)} ${bool(copy.requiresGrad)}`;
    return `${flags} ${String(Reflect.get(copy, 'note'))}`;
  }],
  'copy of a buffer': ['PARAM-11', () => {
    const buffer = new Buffer(zeros(2), { persistent: false });
    const copy = shallowCopy(buffer);
    return `${copy.constructor.name} ${bool(copy.storage === buffer.storage)} ${pythonRepr(Reflect.get(copy, 'persistent'))} ${bool(copy instanceof Buffer)}`;
  }],
  'buffer positional': ['BUFFER-1', () => Reflect.construct(Buffer, [zeros(1), true]) as unknown],
  'parameter of sliced deepcopy': ['PARAM-7', () =>
    tupleRepr(deepcopy(new Parameter(new Tensor(zeros(4, 4).storage, { dtype: 'float32', shape: [4, 2], strides: [4, 2] }))).strides)],
  'parameter of transposed deepcopy': ['PARAM-7', () =>
    tupleRepr(deepcopy(new Parameter(new Tensor(zeros(4, 3).storage, { dtype: 'float32', shape: [3, 4], strides: [1, 3] }))).strides)],
  'parameter of permuted deepcopy': ['PARAM-7', () =>
    tupleRepr(deepcopy(new Parameter(new Tensor(zeros(2, 3, 4).storage, { dtype: 'float32', shape: [4, 2, 3], strides: [1, 12, 4] }))).strides)],
  'deepcopy of computed': ['PARAM-7', () => {
    const computed = zeros(1);
    computed.gradFn = { name: 'MulBackward0', inputs: [], outputs: [] };
    return deepcopy(computed);
  }],
  ...pair('parameter', 'UNINIT-13', () => new U()),
  ...pair('buffer', 'UNINIT-13', () => new UB()),
  'copy_ of size 2 into uninitialized buffer': ['UNINIT-13', () => new UB().copy_(zeros(2))],
  'copy_ of size 1 into uninitialized buffer': ['UNINIT-13', () => {
    const buffer = new UB();
    buffer.copy_(zeros(1));
    return tupleRepr(buffer.size());
  }],
  'copy_ into uninitialized parameter': ['UNINIT-13', () => new U().copy_(zeros(1))],
  'deepcopy of uninitialized': ['UNINIT-11', () => {
    const copy = deepcopy(new U({ requiresGrad: false, dtype: 'float64' }));
    return `${copy.constructor.name} torch.${copy.dtype} ${bool(copy.requiresGrad)}`;
  }],
  'materialize scalar': ['UNINIT-8', () => {
    const given: Tensor = new U({ requiresGrad: false });
    loosely(given, 'materialize', []);
    return `${given.constructor.name} ${shape(given)} ${bool(given.requiresGrad)}`;
  }],
  'materialize with data set before': ['UNINIT-8', () => {
    const given = new U();
    given.setData(ofDType('float64', 0));
    given.materialize(2);
    return `torch.${given.dtype}`;
  }],
  'materialize two negative': ['UNINIT-9', () => new U().materialize([-3, -1])],
  'share_memory_ named class': ['UNINIT-4', () => new (class Mine extends U {})().shareMemory_()],
  'numel of derived class': ['UNINIT-5', () => new (class Mine extends U {})().numel()],
  'repr of derived class': ['UNINIT-7', () => String(new (class Mine extends U {})())],
  ...CONTAINERS,
}; // prettier-ignore

/** Before the constructor ran nothing traps assignments: what the trap does is asked directly. */
function assignRaw(name: string, value: unknown): unknown {
  class Raw extends Module {
    constructor() {
      super();
      Reflect.deleteProperty(this, Object.getOwnPropertySymbols(this)[0] ?? '');
    }
  }
  return assign(new Raw(), name, value);
}

describe('as PyTorch 2.14', () => {
  const texts: Record<string, string> = golden.texts;
  for (const [name, [rule, body]] of Object.entries(SCENARIOS))
    it(`${rule} ${name}`, () => {
      expect(said(body)).toBe(texts[name]);
    });

  it('every golden scenario has its counterpart here', () => {
    expect(Object.keys(SCENARIOS).sort()).toEqual(Object.keys(texts).sort());
  });

  it('UNINIT-13 copy_ into a parameter is allowed where no gradient is recorded', () => {
    const parameter = new U();
    noGrad(() => parameter.copy_(zeros(1)));
    expect(parameter.size()).toEqual([0]);
  });
});
