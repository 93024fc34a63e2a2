// The scenarios of nn_objects about values of other types, taken names, texts, versions and uninitialized tensors.
import {
  Buffer,
  deepcopy,
  getDefaultDType,
  init,
  isLazy,
  Module,
  Parameter,
  ParameterList,
  repickled,
  Sequential,
  setDefaultDType,
  UninitializedBuffer as UB,
  UninitializedParameter as U,
} from '#core/nn/index';
import { pythonRepr, tupleRepr } from '#core/nn/python-names';
import { apply, noGrad } from '#core/ops/dispatch';
import { reshape } from '#core/ops/index';
import { Tensor } from '#core/tensor/tensor';

import { assign, bool, linear, ofDType, ones, text, zeros } from './scenario-parts';
import { loosely, names, repr, type Scenarios } from './scenario';
import { nn, tensor } from './support';

export class Sub extends Tensor {
  override detach(): Sub {
    return Object.setPrototypeOf(super.detach(), Sub.prototype) as Sub;
  }
}
export const sub = (): Sub => Object.setPrototypeOf(ones(2), Sub.prototype) as Sub;
export class Mine extends Parameter {}
class Foo {}
class Own extends Module {}

const VALUES: Readonly<Record<string, unknown>> = {
  list: [1],
  dict: {},
  'state dict': linear().stateDict(),
  array: new Float32Array(2),
  set: new Set([1]),
  class: Foo,
  instance: new Foo(),
  'own module': new Own(),
  linear: linear(),
  // Without a name, as a lambda.
  function: (
    () => () =>
      1
  )(),
  bytes: new Uint8Array(),
  number: 1.5,
  'whole number': 1,
  text: 'x',
  truth: true,
  tensor: ones(1),
  uninitialized: new U(),
  'uninitialized buffer': new UB(),
};

const TENSORS = ['tensor', 'uninitialized', 'uninitialized buffer'];
/** One scenario for every value but some. */
const each = (
  title: string,
  rule: string,
  except: readonly string[],
  body: (value: unknown) => unknown,
): Scenarios =>
  Object.fromEntries(
    Object.entries(VALUES)
      .filter(([kind]) => !except.includes(kind))
      .map(([kind, value]) => [`${title} ${kind}`, [rule, () => body(value) ?? 'None'] as const]),
  );

const OF_VALUES: Scenarios = {
  ...each('parameter of', 'PARAM-5', TENSORS, (value) => Reflect.construct(Parameter, [value])),
  ...each('buffer of', 'BUFFER-4', TENSORS, (value) => Reflect.construct(Buffer, [value])),
  ...each('load', 'STATE-7', TENSORS, (value) =>
    linear().loadStateDict({ weight: value }, { strict: false }),
  ),
  ...each('lazy load', 'LAZY-14', ['uninitialized', 'array', 'set', 'tensor'], (value) =>
    nn('LazyLinear', { out_features: 2 }).loadStateDict({ weight: value }, { strict: false }),
  ),
  ...each('load from', 'STATE-5', ['dict', 'state dict'], (value) =>
    loosely(linear(), 'loadStateDict', value),
  ),
  ...each('register_parameter', 'MODULE-2', ['uninitialized'], (value) =>
    loosely(new Module(), 'registerParameter', 'w', value),
  ),
  ...each('register_buffer', 'MODULE-3', TENSORS, (value) =>
    loosely(new Module(), 'registerBuffer', 'w', value),
  ),
  ...each('register_module', 'MODULE-4', ['own module', 'linear'], (value) =>
    loosely(new Module(), 'registerModule', 'w', value),
  ),
  ...each('set_submodule', 'MODULE-16', ['own module', 'linear'], (value) =>
    loosely(new Module(), 'setSubmodule', 'w', value),
  ),
  ...each('parameter name', 'MODULE-2', ['text'], (value) =>
    loosely(new Module(), 'registerParameter', value, null),
  ),
  ...each('sequential plus', 'MODULE-15', ['number', 'whole number', 'truth', 'text', 'function'], (value) =>
    loosely(new Sequential([]), 'plus', value),
  ),
  ...each('sequential times', 'MODULE-15', ['whole number', 'truth'], (value) =>
    loosely(new Sequential([]), 'times', value),
  ),
  ...each('parameter list of', 'MODULE-20', [...TENSORS, 'own module', 'linear'], (value) =>
    repr(new ParameterList([value])),
  ),
};

const taken = (title: string, method: string, value: () => unknown): Scenarios =>
  Object.fromEntries(
    [
      'zero_grad', 'named_parameters', 'train', 'training', 'forward', '_parameters', 'T_destination', '__init__', 'compile', 'call',
      'invoke', 'generator',
    ].map((name) => [`${title} named ${name}`, ['MODULE-25', () => loosely(new Module(), method, name, value()) ?? 'None'] as const]),
  ); // prettier-ignore

const NAMES: Scenarios = {
  ...taken('parameter', 'registerParameter', () => new Parameter(ones(1))),
  ...taken('buffer', 'registerBuffer', () => ones(1)),
  ...taken('module', 'registerModule', () => linear()),
  ...Object.fromEntries(
    ['reset_parameters', 'in_features', 'weight', 'run', 'tensor'].map((name) => [
      `linear's parameter named ${name}`,
      [
        'MODULE-25',
        () => loosely(linear(), 'registerParameter', name, new Parameter(ones(1))) ?? 'None',
      ] as const,
    ]),
  ),
};

const versionsOf = (...tensors: readonly Tensor[]): string => text(tensors.map(({ version }) => version));

const TEXTS: Scenarios = {
  'default dtype': [
    'PARAM-12',
    () => {
      const before = getDefaultDType();
      setDefaultDType('float64');
      try {
        const made = [
          new Parameter(), new Buffer(), new U(), new UB(), linear().getParameter('weight'),
          nn('LazyLinear', { out_features: 2 }).getParameter('weight'), repickled(new U({ dtype: 'float32' })),
        ]; // prettier-ignore
        const printed = `${ofDType('float64', 1).toString()}${zeros(1).toString()}`.replaceAll('0.', '1.');
        return made.map(({ dtype }) => `torch.${dtype}`).join(' ') + printed;
      } finally {
        setDefaultDType(before);
      }
    },
  ],
  'default dtype int64': ['PARAM-12', () => setDefaultDType('int64')],
  'default dtype complex': ['PARAM-12', () => setDefaultDType('complex64')],
  'repr of a custom type': ['PARAM-9', () => sub()],
  'repr of a custom type as parameter': ['PARAM-9', () => new Parameter(sub())],
  'repr of a derived parameter': ['PARAM-9', () => new Mine(ones(2))],
  'repr of an int parameter': [
    'PARAM-9',
    () => new Parameter(tensor([1, 1], [2], 'int32'), { requiresGrad: false }),
  ],
  'repr of a buffer': ['BUFFER-1', () => new Buffer(ones(2))],
  'str of a tensor': ['PARAM-9', () => zeros(2, 2)],
  'buffer of nothing': ['BUFFER-1', () => new Buffer()],
  versions: [
    'PARAM-13',
    () => {
      const x = zeros(2, 3);
      init.ones_(x);
      const p = new Parameter(x);
      const first = p.version;
      init.zeros_(p);
      const seen = [p, x, p.detach(), p.data, reshape(x, [-1]), deepcopy(p)].map(({ version }) => version);
      init.xavierUniform_(x);
      const drawn = p.version;
      p.data = ones(2);
      return text([first, ...seen, drawn, p.version]);
    },
  ],
  'versions of a layer': [
    'PARAM-13',
    () => {
      const m = linear();
      const [weight, bias] = [m.getParameter('weight'), m.getParameter('bias')];
      const before = [weight.version, bias.version];
      m.loadStateDict(linear().stateDict());
      const loaded = [weight.version, (m.stateDict().get('bias') as Tensor).version];
      return text([...before, ...loaded, m.double().getParameter('weight').version]);
    },
  ],
  'versions of a lazy layer': [
    'PARAM-13',
    () => {
      const u = new U();
      u.materialize([2]);
      const m = nn('LazyLinear', { out_features: 3 });
      m.call(ones(1, 2));
      return versionsOf(u, m.getParameter('weight'), m.getParameter('bias'));
    },
  ],
};

/** By Python's name, how it is read here and what it prints. */
const READ: Readonly<Record<string, (tensor: U | UB) => unknown>> = {
  requires_grad: (u) => u.requiresGrad,
  is_leaf: (u) => u.isLeaf,
  grad: (u) => u.grad,
  grad_fn: (u) => u.gradFn,
  ndim: (u) => u.rank,
  is_sparse: (u) => u.isSparse,
  is_quantized: (u) => u.isQuantized,
  is_meta: (u) => u.isMeta,
  is_cuda: (u) => u.isCuda,
  is_cpu: (u) => u.isCpu,
  itemsize: (u) => u.itemsize,
  nbytes: (u) => u.nbytes,
  _version: (u) => u.version,
  name: (u) => u.name,
  mT: (u) => Reflect.get(u, 'mT') as unknown,
  mH: (u) => Reflect.get(u, 'mH') as unknown,
  H: (u) => Reflect.get(u, 'H') as unknown,
  imag: (u) => Reflect.get(u, 'imag') as unknown,
};

const reading = (kind: string, make: () => U | UB): Scenarios => ({
  ...Object.fromEntries(
    Object.entries(READ).map(([name, read]) => [
      `${name} of an uninitialized ${kind}`,
      ['UNINIT-14', () => pythonRepr(read(make()))] as const,
    ]),
  ),
  [`dtype of an uninitialized ${kind}`]: ['UNINIT-14', () => `torch.${make().dtype}`],
  [`layout of an uninitialized ${kind}`]: ['UNINIT-14', () => make().layout],
  [`data of an uninitialized ${kind}`]: ['UNINIT-14', () => `('${make().data.constructor.name}', {})`],
  [`T of an uninitialized ${kind}`]: ['UNINIT-14', () => make().T.constructor.name],
  [`real of an uninitialized ${kind}`]: [
    'UNINIT-14',
    () => {
      const u = make();
      return bool(u.real === u);
    },
  ],
  [`len of an uninitialized ${kind}`]: ['UNINIT-5', () => Reflect.get(make(), 'length') as unknown],
  ...Object.fromEntries(
    [0, -1, 1].map((axis) => [
      `size of axis ${axis} of an uninitialized ${kind}`,
      ['UNINIT-13', () => make().size(axis)] as const,
    ]),
  ),
});

const materializing = (title: string, given: unknown): Scenarios => ({
  [`materialize ${title}`]: ['UNINIT-9', () => loosely(new U(), 'materialize', given)],
});

const UNINITIALIZED: Scenarios = {
  ...reading('parameter', () => new U()),
  ...reading('buffer', () => new UB()),
  ...Object.fromEntries(
    [[2, 1], [1, 1], [2], [], [0], [3, 0], [3, 2], [1]].map((shape) => [
      `copy_ of ${tupleRepr(shape)} into an uninitialized buffer`,
      ['UNINIT-13', () => new UB().copy_(zeros(...shape))] as const,
    ]),
  ), // prettier-ignore
  'copy_ of an uninitialized buffer into one': ['UNINIT-13', () => new UB().copy_(new UB())],
  'copy_ of a number into an uninitialized buffer': ['UNINIT-13', () => new UB().copy_(3)],
  'copy_ without gradients': ['UNINIT-13', () => noGrad(() => new U().copy_(ones(2)))],
  ...materializing('None', null),
  ...materializing("'a'", 'a'),
  ...materializing('2.5', 2.5),
  ...materializing('[2.5]', [2.5]),
  ...materializing("[2, 'x']", [2, 'x']),
  ...materializing('[2, 2.5]', [2, 2.5]),
  ...materializing('(2, -3)', [2, -3]),
  'materialize an int': [
    'UNINIT-8',
    () => {
      const u = new U();
      u.materialize(2);
      return tupleRepr(u.shape);
    },
  ],
  'materialize a buffer of bool': [
    'UNINIT-8',
    () => {
      const u = new UB();
      u.materialize([2], undefined, 'bool');
      return `(torch.${u.dtype}, '${u.constructor.name}', ${bool(u.persistent)})`;
    },
  ],
  'materialize after data of another dtype': [
    'UNINIT-8',
    () => {
      const u = new U();
      u.data = ofDType('float64', 3);
      const size = tupleRepr(u.size());
      u.materialize([2]);
      return `(${size}, torch.${u.dtype})`;
    },
  ],
  'requires_grad of an uninitialized int': [
    'UNINIT-2',
    () => assign(new U({ requiresGrad: false, dtype: 'int64' }) as never, 'requiresGrad', true),
  ],
  is_lazy: ['UNINIT-1', () => text([new U(), new UB(), new Parameter(), 1].map(isLazy))],
  'uninitialized parameter as buffer': [
    'MODULE-3',
    () => {
      const m = new Module();
      m.registerBuffer('w', new U());
      return names(m.namedBuffers());
    },
  ],
  'uninitialized buffer over parameter': [
    'MODULE-6',
    () => {
      const m = new Module();
      m.registerParameter('w', new Parameter(ones(1)));
      return assign(m, 'w', new UB());
    },
  ],
  'uninitialized parameter over buffer': [
    'MODULE-5',
    () => {
      const m = new Module();
      m.registerBuffer('w', ones(1));
      assign(m, 'w', new U());
      return `([], ${text([...m.namedParameters()].map(([name]) => name))})`;
    },
  ],
  'leaf in place': [
    'PARAM-14',
    () => {
      const [step, lr] = [zeros(), tensor([1], [], 'float64')];
      const options = { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false };
      apply('sgd_step', [new Parameter(ones(2)), ones(2), null, step, lr], options);
    },
  ],
};

export const OBJECTS: Scenarios = { ...OF_VALUES, ...NAMES, ...TEXTS, ...UNINITIALIZED };
