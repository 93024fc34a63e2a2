// The scenarios of nn_behaviours about modules: access by name, walks, registration, conversion.
import { Module, Parameter, Sequential, valuesOf } from '#core/nn/index';
import { pythonRepr } from '#core/nn/python-names';

import { loosely, names, type Scenarios } from './scenario';
import { nn } from './support';
import {
  assign,
  at,
  bool,
  conv,
  dtypes,
  keysOf,
  linear,
  net,
  ofDType,
  ones,
  shape,
  text,
  zeros,
} from './scenario-parts';

const submodule =
  (target: string, module: unknown, strict = false) =>
  () => {
    const root = net();
    loosely(root, 'setSubmodule', target, module ?? linear(2, 2), { strict });
    return names(root.namedModules());
  };

const bufferAt = (target: string) => (): string => shape(net().getBuffer(target));

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

export const MODULES: Scenarios = {
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
  'type of a net': ['MODULE-14', () => dtypes(net().type('float64').stateDict())],
  'half of a net': ['MODULE-14', () => dtypes(net().half().stateDict())],
  'bfloat16 of a net': ['MODULE-14', () => dtypes(net().bfloat16().stateDict())],
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
}; // prettier-ignore
