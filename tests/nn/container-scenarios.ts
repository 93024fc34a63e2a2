// The scenarios of nn_behaviours about containers: Sequential, lists and dicts of modules and of parameters.
import {
  Module,
  ModuleDict,
  ModuleList,
  newTensor,
  Parameter,
  ParameterDict,
  ParameterList,
  Sequential,
} from '#core/nn/index';
import { pythonRepr, tupleRepr } from '#core/nn/python-names';
import { Tensor } from '#core/tensor/tensor';

import { loosely, names, repr, type Scenarios } from './scenario';
import { nn } from './support';

const zeros = (...shape: number[]): Tensor => newTensor(shape, 'float32');
const linear = (): Module => nn('Linear', { in_features: 2, out_features: 3 });
const chain = (): Sequential => new Sequential([linear(), nn('ReLU'), nn('Tanh')]);
const list = (...layers: string[]): ModuleList => new ModuleList(layers.map((name) => nn(name)));
const shape = (value: unknown): string => (value instanceof Tensor ? tupleRepr([...value.shape]) : 'None');
const bool = (value: boolean): string => (value ? 'True' : 'False');
const keys = (module: Module): string => [...module.stateDict().keys()].join(',');

class Words extends Module {
  override extraRepr(): string {
    return 'one\ntwo';
  }
}

export const CONTAINERS: Scenarios = {
  'sequential index': ['MODULE-15', () => repr(chain().at(-1))],
  'sequential index too big': ['MODULE-15', () => chain().at(3)],
  'sequential slice': ['MODULE-15', () => names(chain().slice(1).namedChildren())],
  'sequential set and delete': ['MODULE-15', () => {
    const sequential = chain();
    sequential.setItem(1, nn('Sigmoid'));
    sequential.deleteItem(0);
    return repr(sequential);
  }],
  'sequential insert': ['MODULE-15', () => repr(chain().insert(1, nn('Sigmoid')))],
  'sequential insert negative': ['MODULE-15', () => repr(chain().insert(-1, nn('Sigmoid')))],
  'sequential insert far': ['MODULE-15', () => chain().insert(9, nn('Sigmoid'))],
  'sequential insert number': ['MODULE-15', () => loosely(chain(), 'insert', 0, 5)],
  'sequential extend': ['MODULE-15', () => chain().extend([nn('ReLU')]).length],
  'sequential pop': ['MODULE-15', () => {
    const sequential = chain();
    return repr(sequential.pop(0)) + repr(sequential);
  }],
  'sequential plus': ['MODULE-15', () => names(chain().plus(chain()).namedChildren())],
  'sequential times': ['MODULE-15', () => names(chain().times(2).namedChildren())],
  'sequential times 0': ['MODULE-15', () => chain().times(0)],
  'sequential of number': ['MODULE-15', () => Reflect.construct(Sequential, [[5]]) as unknown],
  'sequential of dict': ['MODULE-15', () => repr(new Sequential({ a: nn('ReLU'), b: nn('Tanh') }))],
  'sequential empty': ['MODULE-15', () => repr(new Sequential())],
  'list index': ['MODULE-15', () => repr(list('ReLU', 'Tanh').at(-2))],
  'list index too small': ['MODULE-15', () => list('ReLU').at(-2)],
  'list slice': ['MODULE-15', () => repr(list('ReLU', 'Tanh').slice(0, 1))],
  'list set, delete, insert, pop': ['MODULE-15', () => {
    const modules = list('ReLU', 'Tanh');
    modules.setItem(0, nn('Sigmoid'));
    modules.insert(1, nn('GELU'));
    modules.deleteItem(2);
    return repr(modules.pop(0)) + repr(modules);
  }],
  'list extend number': ['MODULE-15', () => loosely(list(), 'extend', 5)],
  'list append number': ['MODULE-15', () => loosely(list(), 'append', 5)],
  'list plus': ['MODULE-15', () => repr(list('ReLU').plus([nn('ReLU')]))],
  'list empty': ['MODULE-15', () => repr(list())],
  'list of nested': ['MODULE-15', () => repr(new ModuleList([chain(), chain(), nn('ReLU')]))],
  'dict missing': ['MODULE-15', () => new ModuleDict().item('x')],
  'dict update, pop, clear': ['MODULE-15', () => {
    const dict = new ModuleDict({ a: nn('ReLU') });
    dict.update({ b: nn('Tanh') });
    dict.update([['c', nn('ReLU')]]);
    const before = `${repr(dict.pop('a'))} ${dict.keys().join(',')} ${bool(dict.contains('b'))}`;
    return `${before} ${pythonRepr(dict.clear())} ${dict.size}`;
  }],
  'dict update number': ['MODULE-15', () => loosely(new ModuleDict(), 'update', 5)],
  'dict update pairs of wrong length': ['MODULE-15', () => loosely(new ModuleDict(), 'update', [['a', nn('ReLU'), 1]])],
  'dict key with dot': ['MODULE-15', () => new ModuleDict({ 'a.b': nn('ReLU') })],
  'dict key of method': ['MODULE-15', () => new ModuleDict({ keys: nn('ReLU') })],
  'dict repr': ['MODULE-15', () => repr(new ModuleDict({ a: linear(), b: chain() }))],
  'parameter list': ['MODULE-20', () => {
    const values = new ParameterList([zeros(2, 3), new Parameter(zeros(1)), 5, 'x']);
    const [a, b] = [values.at(0), values.at(1)].map((value) => (value as object).constructor.name);
    return `${names(values.namedParameters())} ${values.length} ${a} ${b}\n${repr(values)}`;
  }],
  'parameter list methods': ['MODULE-20', () => {
    const values = new ParameterList([zeros(3)]);
    values.append(zeros(1)).extend([zeros(2)]);
    values.setItem(0, zeros(4));
    return `${values.length} ${shape(values.at(0))} ${shape(values.at(-1))} ${values.slice(1).length}`;
  }],
  'parameter list index': ['MODULE-20', () => new ParameterList([zeros(3)]).at(1)],
  'parameter list extend tensor': ['MODULE-20', () => loosely(new ParameterList(), 'extend', zeros(3))],
  'parameter list call': ['MODULE-20', () => loosely(new ParameterList(), 'call', 1)],
  'parameter list of double': ['MODULE-20', () => repr(new ParameterList([newTensor([2], 'float64')]))],
  'parameter dict': ['MODULE-20', () => {
    const dict = new ParameterDict({ b: zeros(2, 3), a: new Parameter(zeros(1)), n: 5 });
    return `${names(dict.namedParameters())} ${dict.size}\n${repr(dict)}`;
  }],
  'parameter dict methods': ['MODULE-20', () => {
    const dict = new ParameterDict({ a: zeros(3) });
    dict.update({ z: zeros(1), y: zeros(2) });
    const first = `${shape(dict.setDefault('q', zeros(5)))} ${pythonRepr(dict.get('nope'))} ${shape(dict.pop('a'))}`;
    const second = `${dict.popItem()[0]} ${dict.keys().join(',')} ${bool(dict.contains('y'))} ${dict.copy().size}`;
    return `${first} ${second} ${pythonRepr(dict.clear())} ${dict.size}`;
  }],
  'parameter dict missing': ['MODULE-20', () => new ParameterDict().item('x')],
  'parameter dict number key': ['MODULE-20', () => loosely(new ParameterDict(), 'setItem', 5, zeros(1))],
  'parameter dict call': ['MODULE-20', () => loosely(new ParameterDict(), 'call', 1)],
  'parameter dict state': ['MODULE-20', () => keys(new ParameterDict({ b: zeros(2), a: zeros(1) }))],
  'nested repr': ['MODULE-15', () =>
    repr(new Sequential({ a: chain(), b: new ModuleList([linear(), linear()]), c: new ParameterList([zeros(1)]) }))],
  'repr of two extra lines': ['MODULE-12', () => repr(new Words())],
  'repr of extra lines and children': ['MODULE-12', () => {
    const words = new Words();
    words.addModule('a', nn('ReLU'));
    words.addModule('n', null);
    return repr(words);
  }],
}; // prettier-ignore
