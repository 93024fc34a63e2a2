// Backward hooks and hooks on registration in the situations of scripts/golden/nn_hooks.py: PyTorch 2.14's order and words.
import { TorchError } from '#core/errors';
import {
  Buffer,
  deepcopy,
  Module,
  Parameter,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
  registrationHooks,
  Sequential,
  valuesOf,
  type BackwardHook,
  type BackwardPreHook,
  type RemovableHandle,
} from '#core/nn/index';
import { pythonRepr, tupleRepr } from '#core/nn/python-names';
import { add, backward, mul, noGrad, sum } from '#core/ops/index';
import { Tensor } from '#core/tensor/tensor';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-hooks.json';
import { useReferenceBackend } from '../support/backend';
import { testScenarios } from './golden-scenarios';
import { loosely, type Scenarios } from './scenario';
import { nn, tensor } from './support';

/** Its inputs times a weight of 3; what is no tensor goes through. */
class Scale extends Module {
  weight = new Parameter(tensor([3]));
  declare other: Parameter | null;
  declare state: Tensor;
  declare child: Module | null;
  declare after: Parameter;
  declare afterBuffer: Tensor;
  declare afterChild: Module;
  override forward(...inputs: unknown[]): unknown {
    const out = inputs.map((input) => (input instanceof Tensor ? mul(input, this.weight) : input));
    return out.length === 1 ? out[0] : out;
  }
}

type Gradients = readonly (Tensor | null)[];
type Setup = (module: Module, log: string[]) => readonly (RemovableHandle | void)[] | void;

const leaf = (values: readonly number[], requiresGrad = true): Tensor => {
  const made = tensor(values);
  made.requiresGrad = requiresGrad;
  return made;
};
const x =
  (...values: number[]): (() => Tensor) =>
  () =>
    leaf(values);
const plain =
  (...values: number[]): (() => Tensor) =>
  () =>
    leaf(values, false);
const two = (): Tensor => tensor([10, 20]);

const shown = (gradients: Gradients): string =>
  `(${gradients.map((each) => (each ? `[${[...valuesOf(each)].map((value) => pythonFloat(value)).join(', ')}]` : 'None')).join(', ')})`;
const pythonFloat = (value: number): string =>
  Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value * 1e4) / 1e4);
const classOf = (module: Module): string => module.constructor.name;

const hook =
  (log: string[], name: string, result?: Gradients): BackwardHook =>
  (module, gradInputs, gradOutputs) => {
    log.push(`${name} ${classOf(module)} in ${shown(gradInputs)} out ${shown(gradOutputs)}`);
    return result;
  };
const preHook =
  (log: string[], name: string, result?: Gradients): BackwardPreHook =>
  (module, gradOutputs) => {
    log.push(`${name} ${classOf(module)} out ${shown(gradOutputs)}`);
    return result;
  };

function run(setup: Setup, inputs: readonly unknown[], use: readonly number[] | null = null) {
  return (): string => {
    const log: string[] = [];
    const net = new Scale();
    const handles = setup(net, log) ?? [];
    const given = inputs.map((value): unknown =>
      typeof value === 'function' ? (value as () => unknown)() : value,
    );
    try {
      const out = net.invoke(given);
      const outs: readonly unknown[] = Array.isArray(out) ? out : [out];
      const chosen = (use?.map((index) => outs[index]) ?? outs).filter((value) => value instanceof Tensor);
      backward(chosen.map((value) => sum(value)).reduce((a, b) => add(a, b)));
      const tensors = given.filter((value) => value instanceof Tensor);
      log.push(`grads ${shown(tensors.map(({ grad }) => grad))}`);
      log.push(`weight ${shown([net.weight.grad])}`);
    } catch (error) {
      if (!(error instanceof TorchError)) throw error;
      log.push(`${error.pythonClass}: ${error.message}`);
    }
    for (const handle of handles) handle?.remove();
    return log.join('; ');
  };
}

const both: Setup = (module, log) => [
  module.registerFullBackwardHook(hook(log, 'a')),
  module.registerFullBackwardPreHook(preHook(log, 'p')),
];
const one =
  (body: (module: Module, log: string[]) => RemovableHandle): Setup =>
  (module, log) => [body(module, log)];

type Kind = keyof typeof registrationHooks;

function registered(kind: Kind, replacement: (() => unknown) | null = null) {
  return (): string => {
    const log: string[] = [];
    const seen = (module: Module, name: string, value: unknown): unknown => {
      const type =
        value === null
          ? 'NoneType'
          : value instanceof Parameter
            ? 'Parameter'
            : value instanceof Tensor
              ? 'Tensor'
              : (value as object).constructor.name;
      log.push(`${classOf(module)}.${name} ${type} ${pythonRepr(name in module)}`);
      return replacement && value !== null ? replacement() : undefined;
    };
    const handle = loosely(registrationHooks[kind], 'add', seen) as RemovableHandle;
    const net = new Scale();
    net.other = new Parameter(tensor([0, 0]));
    net.other = null;
    net.registerParameter('third', null);
    net.state = new Buffer(tensor([0]));
    net.state = tensor([1]);
    net.registerBuffer('none', null);
    net.child = nn('ReLU');
    net.child = null;
    net.addModule('second', nn('ReLU'));
    net.registerModule('third_child', null);
    handle.remove();
    net.after = new Parameter(tensor([0]));
    net.afterBuffer = new Buffer(tensor([0]));
    net.afterChild = nn('ReLU');
    const sizes = [...net.namedParameters(), ...net.namedBuffers()];
    return [
      ...log,
      ...sizes.map(([name, { shape }]) => `${name}${tupleRepr([...shape])}`),
      ...[...net.namedChildren()].map(([name, child]) => `${name} ${classOf(child)}`),
    ]
      .join('; ')
      .replace('afterBuffer', 'after_buffer')
      .replace('afterChild', 'after_child');
  };
}

const SCENARIOS: Scenarios = {
  'backward hook': ['MODULE-21', run(one((m, log) => m.registerFullBackwardHook(hook(log, 'a'))), [x(1, 2)])],
  'backward hooks in order, one first': ['MODULE-21', run((m, log) => [
    m.registerFullBackwardHook(hook(log, 'a')), m.registerFullBackwardHook(hook(log, 'b')),
    m.registerFullBackwardHook(hook(log, 'c'), { prepend: true }),
  ], [x(1, 2)])],
  'backward hook replaces': ['MODULE-21', run((m, log) => [
    m.registerFullBackwardHook(hook(log, 'a', [two()])), m.registerFullBackwardHook(hook(log, 'b')),
  ], [x(1, 2)])],
  'backward hook of another length': ['MODULE-21', run(one((m, log) =>
    m.registerFullBackwardHook(hook(log, 'a', [two(), two()]))), [x(1, 2)])],
  'backward pre hook': ['MODULE-21', run(one((m, log) => m.registerFullBackwardPreHook(preHook(log, 'p'))), [x(1, 2)])],
  'backward pre hook replaces': ['MODULE-21', run((m, log) => [
    m.registerFullBackwardPreHook(preHook(log, 'p', [two()])), m.registerFullBackwardPreHook(preHook(log, 'q')),
    m.registerFullBackwardPreHook(preHook(log, 'r'), { prepend: true }), m.registerFullBackwardHook(hook(log, 'a')),
  ], [x(1, 2)])],
  'backward pre hook of another length': ['MODULE-21', run(one((m, log) =>
    m.registerFullBackwardPreHook(preHook(log, 'p', [two(), two()]))), [x(1, 2)])],
  'backward hook removed': ['MODULE-21', run((m, log) => {
    m.registerFullBackwardHook(hook(log, 'a')).remove();
  }, [x(1, 2)])],
  'global backward hooks come first': ['MODULE-21', run((m, log) => [
    m.registerFullBackwardHook(hook(log, 'own')), m.registerFullBackwardPreHook(preHook(log, 'own pre')),
    registerModuleFullBackwardHook(hook(log, 'global')), registerModuleFullBackwardPreHook(preHook(log, 'global pre')),
  ], [x(1, 2)])],
  'forward hooks see watched inputs': ['MODULE-21', run((m, log) => {
    const isLeaf = (value: unknown): string => pythonRepr(value instanceof Tensor && value.isLeaf);
    return [
      m.registerFullBackwardHook(hook(log, 'a')),
      m.registerForwardHook((_, [input], out) => {
        log.push(`forward leaf ${isLeaf(input)}`);
        return out instanceof Tensor ? mul(out, tensor([2])) : undefined;
      }),
      m.registerForwardPreHook((_, [input]) => void log.push(`pre leaf ${isLeaf(input)}`)),
    ];
  }, [x(1, 2)])],
  'backward hook without a gradient at the input': ['MODULE-21', run(both, [plain(1, 2)])],
  'backward hook without a gradient may give nones': ['MODULE-21', run(one((m, log) =>
    m.registerFullBackwardHook(hook(log, 'a', [null]))), [plain(1)])],
  'backward hook without a gradient may replace nothing': ['MODULE-21', run(one((m, log) =>
    m.registerFullBackwardHook(hook(log, 'a', [two()]))), [plain(1, 2)])],
  'backward hook with a number between': ['MODULE-21', run(both, [x(1, 2), 5, x(3)])],
  'backward hook of two outputs, both used': ['MODULE-21', run(both, [x(1, 2), x(3)])],
  'backward hook of two outputs, one used': ['MODULE-21', run(both, [x(1, 2), x(3)], [0])],
  'backward hook of two inputs, one with gradient': ['MODULE-21', run(both, [x(1, 2), plain(3)])],
  'backward hook replaces one with none': ['MODULE-21', run(one((m, log) =>
    m.registerFullBackwardHook(hook(log, 'a', [null, tensor([10])]))), [x(1, 2), x(3)])],
  'backward hook replaces with a tensor alone': ['MODULE-21', run(one((m) =>
    m.registerFullBackwardHook(() => [tensor([])])), [x(1)])],
  'backward hooks of nested modules': ['MODULE-21', () => {
    const log: string[] = [];
    const net = new Sequential([new Scale(), new Sequential([new Scale(), new Scale()])]);
    for (const [place, module] of net.namedModules()) {
      module.registerFullBackwardPreHook(preHook(log, `pre '${place}'`));
      module.registerFullBackwardHook(hook(log, `'${place}'`));
    }
    backward(sum(net.invoke([leaf([1])]) as Tensor));
    return log.join('; ');
  }],
  'backward hooks run at each backward': ['MODULE-21', () => {
    const log: string[] = [];
    const net = new Scale();
    net.registerFullBackwardHook(hook(log, 'a'));
    const out = sum(net.invoke([leaf([1])]) as Tensor);
    backward(out, null, { retainGraph: true });
    backward(out);
    return log.join('; ');
  }],
  'backward hooks without recording': ['MODULE-21', () => {
    const log: string[] = [];
    const net = new Scale();
    net.registerFullBackwardHook(hook(log, 'a'));
    const out = noGrad(() => net.invoke([leaf([1])]) as Tensor);
    return `${pythonRepr(out.requiresGrad)} [${log.join(', ')}]`;
  }],
  'backward hooks are copied': ['MODULE-21', () => {
    const log: string[] = [];
    const net = new Scale();
    net.registerFullBackwardHook(hook(log, 'a'));
    backward(sum(deepcopy(net).invoke([leaf([1])]) as Tensor));
    return log.join('; ');
  }],
  'backward hook registered after the call': ['MODULE-21', () => {
    const log: string[] = [];
    const net = new Scale();
    const out = sum(net.invoke([leaf([1])]) as Tensor);
    net.registerFullBackwardHook(hook(log, 'a'));
    backward(out);
    return `[${log.join(', ')}]`;
  }],
  'parameter registration hook': ['MODULE-22', registered('parameter')],
  'parameter registration hook replaces': ['MODULE-22', registered('parameter', () =>
    new Parameter(tensor([0, 0, 0, 0, 0, 0, 0])))],
  'buffer registration hook': ['MODULE-22', registered('buffer')],
  'buffer registration hook replaces': ['MODULE-22', registered('buffer', () => tensor([0, 0, 0, 0, 0, 0, 0]))],
  'module registration hook': ['MODULE-22', registered('module')],
  'module registration hook replaces': ['MODULE-22', registered('module', () => nn('Tanh'))],
}; // prettier-ignore

describe('hooks as in PyTorch 2.14', () => {
  useReferenceBackend();
  testScenarios(SCENARIOS, golden.texts);

  it('MODULE-21 a hook may keep the gradients it was given', () => {
    const stored: (Tensor | null)[] = [];
    const net = new Scale();
    net.registerFullBackwardHook((_, gradInputs) => void stored.push(...gradInputs));
    backward(sum(net.invoke([leaf([1])]) as Tensor));
    expect(shown(stored)).toBe('([3.0])');
  });
});
