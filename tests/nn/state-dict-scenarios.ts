// The scenarios of nn_behaviours about saving and loading state dicts.
import { Buffer, deepcopy, Module, Parameter, Sequential, StateDict, valuesOf } from '#core/nn/index';
import { quoted } from '#core/nn/python-names';
import { HostStorage } from '#core/tensor/host-storage';
import { Tensor } from '#core/tensor/tensor';

import { loosely, said, type Scenarios } from './scenario';
import { nn, tensor } from './support';
import {
  assign,
  bool,
  dict,
  flat,
  linear,
  norm,
  ofDType,
  ones,
  text,
  withMore,
  zeros,
} from './scenario-parts';

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

const metadataText = (state: StateDict): string =>
  `{${[...(state.metadata ?? [])].map(([place, { version }]) => `${quoted(place)}: {'version': ${version}}`).join(', ')}}`;

export const STATE_DICTS: Scenarios = {
  get_extra_state: ['STATE-12', () => loosely(new Module(), 'getExtraState')],
  set_extra_state: ['STATE-12', () => loosely(new Module(), 'setExtraState', 5)],
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
}; // prettier-ignore
