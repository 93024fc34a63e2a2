// The scenarios of nn_objects about copies, pickles and parameters as one vector.
import {
  attributesOf,
  Buffer,
  deepcopy,
  init,
  Module,
  Parameter,
  parametersToVector,
  parametrize,
  registrationHooks,
  repickled,
  Sequential,
  shallowCopy,
  UninitializedBuffer as UB,
  UninitializedParameter as U,
  vectorToParameters,
  type ModuleState,
} from '#core/nn/index';
import { add, backward, select, sum, toArray } from '#core/ops/index';
import { Tensor } from '#core/tensor/tensor';

import { Mine, sub } from './object-scenarios';
import { bool, dict, keysOf, lazyLinear, linear, ofDType, ones, shape, text, zeros } from './scenario-parts';
import { repr, type Scenarios } from './scenario';
import { nn, tensor } from './support';

const tagged = <T extends Tensor>(value: T, attributes: object): T => Object.assign(value, attributes);
const nameOf = (value: object): string => value.constructor.name;
const computed = (): Tensor => add(tagged(ones(2), { requiresGrad: true }), 1);
const leafAndGradient = (value: Tensor): string => `(${bool(value.isLeaf)}, ${bool(value.requiresGrad)})`;
const uninitialized = (value: U | UB, ...more: string[]): string =>
  `(${[String(value), `torch.${value.dtype}`, ...more].join(', ')})`;
class Q extends U {}

const TENSORS: Scenarios = {
  'copy of a derived parameter': ['PARAM-11', () => nameOf(shallowCopy(new Mine(ones(2))))],
  'copy keeps attributes': [
    'PARAM-11',
    () => dict(attributesOf(shallowCopy(tagged(new Parameter(ones(2)), { tag: 1 })))),
  ],
  'copy drops the gradient': [
    'PARAM-11',
    () => shallowCopy(tagged(new Parameter(ones(2)), { grad: ones(2) })).grad ?? 'None',
  ],
  'copy shares memory': [
    'PARAM-11',
    () => {
      const p = new Parameter(ones(2));
      return bool(shallowCopy(p).storage === p.storage);
    },
  ],
  'copy of a frozen parameter': [
    'PARAM-11',
    () => bool(shallowCopy(new Parameter(ones(2), { requiresGrad: false })).requiresGrad),
  ],
  'copy of a computed tensor': ['PARAM-11', () => leafAndGradient(shallowCopy(computed()))],
  'copy of a custom type': [
    'PARAM-11',
    () => {
      const copy = shallowCopy(tagged(sub(), { z: 3 }));
      return `('${nameOf(copy)}', ${dict(attributesOf(copy))})`;
    },
  ],
  'copy of a custom parameter': [
    'PARAM-11',
    () => {
      const copy = shallowCopy<Tensor>(new Parameter(sub()));
      return `('${nameOf(copy)}', ${bool(copy instanceof Parameter)})`;
    },
  ],
  'copy of an uninitialized parameter': [
    'PARAM-11',
    () => {
      const copy = shallowCopy(tagged(new U({ requiresGrad: false, dtype: 'float64' }), { a: 1 }));
      return uninitialized(copy, bool(copy.requiresGrad), dict(attributesOf(copy)));
    },
  ],
  'copy of an uninitialized buffer': [
    'PARAM-11',
    () => {
      const copy = shallowCopy(new UB({ dtype: 'int64', persistent: false }));
      return uninitialized(copy, bool(copy.persistent));
    },
  ],
  'copy of a derived uninitialized': ['PARAM-11', () => nameOf(shallowCopy(new Q()))],
  'deepcopy of a derived parameter': [
    'PARAM-7',
    () => {
      const copy = deepcopy(tagged(new Mine(ones(2)), { a: 1, grad: ones(2) }));
      return `('${nameOf(copy)}', ${dict(attributesOf(copy))}, ${copy.grad === null ? 'None' : 'grad'})`;
    },
  ],
  'deepcopy of a derived uninitialized': ['UNINIT-11', () => nameOf(deepcopy(new Q()))],
  'deepcopy with a memo': [
    'PARAM-8',
    () => {
      const [p, q] = [new Parameter(ones(1)), new Parameter(ones(1))];
      return bool(deepcopy(p, new Map([[p, q]])) === q);
    },
  ],
  'deepcopy of a set': [
    'MODULE-13',
    () => {
      const m = Object.assign(new Module(), { seen: new Set([1]) });
      const copy = deepcopy(m);
      return `(${bool(copy.seen === m.seen)}, {${[...copy.seen].join(', ')}})`;
    },
  ],
  'copy of a state dict': [
    'STATE-3',
    () => {
      const state = linear().stateDict();
      const again = repickled(state).metadata;
      const isEqual = JSON.stringify([...(again ?? [])]) === JSON.stringify([...(state.metadata ?? [])]);
      return `(${bool(shallowCopy(state).metadata === state.metadata)}, ${bool(deepcopy(state).metadata === state.metadata)}, ${bool(isEqual)})`;
    },
  ],
};

class Kept extends Module {
  declare w: Parameter;
  declare cache: number | null;
  declare restored: boolean;
  constructor() {
    super();
    this.w = new Parameter(ones(1));
    this.cache = 5;
  }
  override getState(): ModuleState {
    return super.getState().set('cache', null);
  }
  override setState(state: ModuleState): void {
    super.setState(state);
    this.restored = true;
  }
}

class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}
const parametrized = (): Module => parametrize.registerParametrization(linear(), 'weight', new Identity());

const inEachWay = (way: string, make: <M extends Module>(module: M) => M): Scenarios => ({
  [`own state under ${way}`]: [
    'MODULE-26',
    () => {
      const made = make(new Kept());
      return `(${made.cache ?? 'None'}, ${bool(made.restored)}, ${text([...made.stateDict().keys()])})`;
    },
  ],
  [`${way} of a parametrized module`]: ['PARAMETRIZE-13', () => nameOf(make(parametrized()))],
  [`${way} of a container with one`]: [
    'PARAMETRIZE-13',
    () => nameOf(make(new Sequential([parametrized()]))),
  ],
  [`${way} of a lazy norm`]: ['MODULE-26', () => repr(make(nn('LazyBatchNorm1d')))],
});

const MODULES: Scenarios = {
  'copy of a module': [
    'MODULE-26',
    () => {
      const m = linear();
      const c = shallowCopy(m);
      const shares = c.getParameter('weight') === m.getParameter('weight');
      Object.assign(c, { extra: new Parameter(ones(1)), note: 1 });
      c.eval();
      return `('${nameOf(c)}', ${bool(shares)}, ${text([...m.stateDict().keys()])}, ${bool('note' in m)}, ${bool(m.training)}, ${bool(c.training)})`;
    },
  ],
  'copy of a container': [
    'MODULE-26',
    () => {
      const s = new Sequential([linear()]);
      const c = shallowCopy(s);
      c.append(nn('ReLU'));
      c.eval();
      return `(${s.length}, ${bool(s.training)}, ${bool(s.getSubmodule('0').training)})`;
    },
  ],
  'copy of a lazy layer, called first': [
    'MODULE-26',
    () => {
      const m = lazyLinear({ out_features: 3 });
      const c = shallowCopy(m);
      c.invoke([ones(1, 2)]);
      m.invoke([ones(1, 2)]);
      const [mine, its] = [m.getParameter('weight'), c.getParameter('weight')];
      return `${repr(c)} ${repr(m)} ${shape(mine)} ${bool(mine === its)}`;
    },
  ],
  'copy of a lazy layer, called later': [
    'MODULE-26',
    () => {
      const m = lazyLinear({ out_features: 3 });
      const c = shallowCopy(m);
      m.invoke([ones(1, 2)]);
      c.invoke([ones(1, 2)]);
      return `${repr(m)} ${repr(c)}`;
    },
  ],
  'copy shares hooks, deepcopy does not': [
    'MODULE-26',
    () => {
      const m = nn('ReLU');
      let calls = 0;
      const handle = m.registerForwardHook(() => void calls++);
      const [c, d] = [shallowCopy(m), deepcopy(m)];
      handle.remove();
      c.call(ones(1));
      d.call(ones(1));
      return calls;
    },
  ],
  ...inEachWay('copy', (module) => shallowCopy(module)),
  ...inEachWay('deepcopy', (module) => deepcopy(module)),
  ...inEachWay('pickle', (module) => repickled(module)),
  'copies register nothing': [
    'MODULE-26',
    () => {
      const m = linear();
      const seen: string[] = [];
      const handle = registrationHooks.parameter.add((_module, name) => void seen.push(name));
      shallowCopy(m);
      deepcopy(m);
      repickled(m);
      handle.remove();
      return text(seen);
    },
  ],
};

class Tied extends Module {
  declare note: unknown;
  constructor() {
    super();
    const [a, b] = [linear(2, 2), linear(2, 2)];
    Object.assign(b, { weight: a.getParameter('weight') });
    Object.assign(this, { a, b, note: [1, 'x'] });
    this.registerBuffer('h', ones(1), { persistent: false });
  }
}

const PICKLES: Scenarios = {
  'pickle of ties': [
    'MODULE-27',
    () => {
      const r = repickled(new Tied().eval());
      const isTied = r.getParameter('a.weight') === r.getParameter('b.weight');
      return `(${bool(isTied)}, ${text(r.note as unknown[])}, '${keysOf(r)}', ${bool(r.training)})`;
    },
  ],
  'pickle of a gradient': [
    'PARAM-10',
    () => repickled(tagged(new Parameter(ones(2)), { grad: ones(2) })).grad ?? 'None',
  ],
  'pickle of a derived parameter': ['PARAM-10', () => nameOf(repickled(new Mine(ones(2))))],
  'pickle of attributes': [
    'PARAM-10',
    () => dict(attributesOf(repickled(tagged(new Parameter(ones(2)), { tag: 'x' })))),
  ],
  'pickle of a buffer': [
    'BUFFER-3',
    () => {
      const b = repickled(new Buffer(ones(2), { persistent: false }));
      return `('${nameOf(b)}', ${bool(b instanceof Buffer)}, ${bool(b.persistent)})`;
    },
  ],
  'pickle of an uninitialized parameter': [
    'PARAM-10',
    () => {
      const copy = repickled(new U({ requiresGrad: false, dtype: 'float64' }));
      return uninitialized(copy, bool(copy.requiresGrad));
    },
  ],
  'pickle of an uninitialized buffer': [
    'PARAM-10',
    () => {
      const copy = repickled(new UB({ dtype: 'int64', persistent: false }));
      return uninitialized(copy, bool(copy.persistent));
    },
  ],
  'pickle of a computed tensor': ['PARAM-10', () => leafAndGradient(repickled(computed()))],
  'pickle of a custom type': ['PARAM-10', () => nameOf(repickled(sub()))],
  'pickle of a view': [
    'MODULE-27',
    () => {
      const whole = zeros(2, 3);
      const [a, b] = repickled([whole, select(whole, 0, 0)] as const);
      init.ones_(a);
      return text((toArray(b) as number[]).map((value) => value.toFixed(1))).replaceAll("'", '');
    },
  ],
  'pickle of shared uninitialized': [
    'MODULE-27',
    () => {
      const u = new U();
      const [a, b] = repickled([u, u]);
      return bool(a === b);
    },
  ],
  'pickle of a lazy layer': [
    'MODULE-27',
    () => {
      const m = lazyLinear({ out_features: 3 }, 'float64');
      m.getParameter('weight').requiresGrad = false;
      const c = repickled(m);
      const [weight, bias] = [c.getParameter('weight'), c.getParameter('bias')];
      const before = `${repr(c)} torch.${weight.dtype} ${bool(weight.requiresGrad)} ${bool(bias.requiresGrad)} `;
      c.invoke([ones(1, 2)]);
      return before + `${repr(c)} ${repr(m)}`;
    },
  ],
};

const range = (count: number): Tensor => tensor(Array.from({ length: count }, (_, index) => index));
const numbers = (value: Tensor | null): string =>
  value === null
    ? 'None'
    : `[${(toArray(value) as number[][]).map((row) => `[${row.map((each) => each.toFixed(1)).join(', ')}]`).join(', ')}]`;

const VECTORS: Scenarios = {
  'vector of parameters': ['MODULE-28', () => shape(parametersToVector(linear().parameters()))],
  'vector of lazy parameters': ['MODULE-28', () => parametersToVector(lazyLinear().parameters())],
  'vector of nothing': ['MODULE-28', () => parametersToVector([])],
  'vector of a number': ['MODULE-28', () => parametersToVector([1] as never)],
  'vector of a transposed': [
    'MODULE-28',
    () => {
      const { storage, dtype } = ones(2, 3);
      return parametersToVector([new Tensor(storage, { dtype, shape: [3, 2], strides: [1, 3] })]);
    },
  ],
  'vector too short': ['MODULE-28', () => vectorToParameters(range(7), linear().parameters())],
  'vector too long': ['MODULE-28', () => vectorToParameters(range(11), linear().parameters()) ?? 'None'],
  'vector is a list': ['MODULE-28', () => vectorToParameters([1] as never, linear().parameters())],
  'vector is a module': ['MODULE-28', () => vectorToParameters(linear() as never, linear().parameters())],
  'vector to lazy parameters': ['MODULE-28', () => vectorToParameters(ones(3), lazyLinear().parameters())],
  'vector of integers': ['MODULE-28', () => vectorToParameters(ofDType('int64', 9), linear().parameters())],
  'vector to parameters': [
    'MODULE-28',
    () => {
      const [m, v] = [linear(), ofDType('float64', 9)];
      vectorToParameters(v, m.parameters());
      init.ones_(v);
      return `(${numbers(m.getParameter('weight'))}, torch.${m.getParameter('bias').dtype})`;
    },
  ],
  'gradient through a vector': [
    'MODULE-28',
    () => {
      const m = linear();
      backward(sum(parametersToVector(m.parameters())));
      return numbers(m.getParameter('weight').grad);
    },
  ],
};

export const COPIES: Scenarios = { ...TENSORS, ...MODULES, ...PICKLES, ...VECTORS };
