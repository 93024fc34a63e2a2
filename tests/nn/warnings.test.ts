// What modules warn of, in the situations of scripts/golden/nn_warnings.py: PyTorch's words.
import {
  catchWarnings,
  init,
  Module,
  onWarning,
  registerModuleForwardHook,
  Sequential,
  type RemovableHandle,
} from '#core/nn/index';
import { TorchError } from '#core/errors';
import { newTensor } from '#core/nn/tensor-memory';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-warnings.json';
import { useReferenceBackend } from '../support/backend';
import { testScenarios } from './golden-scenarios';
import { said, type Scenarios } from './scenario';
import { linear, ones } from './scenario-parts';
import { nn, tensor } from './support';

const warned = (body: () => unknown) =>
  [
    'MODULE-29',
    () =>
      catchWarnings(() => said(body))
        .warnings.map(({ category, message }) => `${category}: ${message}`)
        .join('; '),
  ] as const;

class Echo extends Module {
  override forward(x: unknown): unknown {
    if (x === 'fail') throw new TorchError('ValueError', 'failed');
    return x;
  }
}
const fails = (): never => {
  throw new TorchError('ValueError', 'hook failed');
};
const always = (register: (echo: Echo) => RemovableHandle) => (): unknown => {
  const echo = new Echo();
  const handle = register(echo);
  try {
    return echo.invoke(['fail']);
  } finally {
    handle.remove();
  }
};
const watched = (value: unknown) => (): unknown => {
  const echo = new Echo();
  echo.registerFullBackwardHook(() => undefined);
  return echo.invoke([value]);
};
const leaf = () => {
  const made = tensor([1]);
  made.requiresGrad = true;
  return made;
};
const onMeta = (): Module => linear(2, 1).to({ device: 'meta' });
const instanceNorm = (features: number): Module => nn('InstanceNorm1d', { num_features: features });

const SCENARIOS: Scenarios = {
  'a linear layer': warned(() => linear().invoke([ones(1, 2)])),
  'a linear layer of no inputs': warned(() => linear(0, 3)),
  'a lazy layer of no inputs': warned(() => nn('LazyLinear', { out_features: 3 }).invoke([newTensor([2, 0], 'float32', 'meta')])),
  'kaiming_uniform_ of nothing': warned(() => init.kaimingUniform_(newTensor([0, 2], 'float32'))),
  'kaiming_normal_ of nothing': warned(() => init.kaimingNormal_(newTensor([2, 0], 'float32'))),
  'trunc_normal_ far from its range': warned(() => init.truncNormal_(ones(3), { mean: 9 })),
  'trunc_normal_ near its range': warned(() => init.truncNormal_(ones(3), { mean: 4 })),
  'an instance norm of another size': warned(() => instanceNorm(5).invoke([ones(2, 3, 4)])),
  'an instance norm of another size, without a batch': warned(() => instanceNorm(5).invoke([ones(3, 4)])),
  'an instance norm of its size': warned(() => instanceNorm(3).invoke([ones(2, 3, 4)])),
  'a hook that is always called fails': warned(always((echo) => echo.registerForwardHook(fails, { alwaysCall: true }))),
  'a global hook that is always called fails': warned(always(() => registerModuleForwardHook(fails, { alwaysCall: true }))),
  'backward hooks and a result that is no tensor': warned(watched(5)),
  'backward hooks and a tensor': warned(() => watched(leaf())()),
  'values loaded into meta': warned(() => onMeta().loadStateDict(linear(2, 1).stateDict())),
  'values assigned over meta': warned(() => onMeta().loadStateDict(linear(2, 1).stateDict(), { assign: true })),
  'meta loaded into meta': warned(() => onMeta().loadStateDict(onMeta().stateDict())),
  'a module made complex': warned(() => new Sequential([linear(2, 1), linear(1, 2)]).to({ dtype: 'complex64' })),
  'a module made double': warned(() => linear(2, 1).to({ dtype: 'float64' })),
}; // prettier-ignore

describe('warnings as in PyTorch', () => {
  useReferenceBackend();
  testScenarios(SCENARIOS, golden.texts);

  it('MODULE-29 a listener hears until it is taken back', () => {
    const heard: string[] = [];
    const end = onWarning(({ message }) => heard.push(message));
    linear(0, 1);
    end();
    linear(0, 1);
    expect(heard).toEqual(['Initializing zero-element tensors is a no-op']);
  });
});
