// What modules, parameters, state dicts and hooks do in the situations of scripts/golden/nn_behaviours.py: PyTorch 2.14's words.
// The situations stand by topic in *-scenarios.ts.
import { UninitializedParameter } from '#core/nn/index';
import { noGrad } from '#core/ops/dispatch';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-behaviours.json';
import { CONTAINERS } from './container-scenarios';
import { MODULES } from './module-scenarios';
import { HOOKS } from './hook-scenarios';
import { STATE_DICTS } from './state-dict-scenarios';
import { LAZY } from './lazy-scenarios';
import { testScenarios } from './golden-scenarios';
import type { Scenarios } from './scenario';
import { zeros } from './scenario-parts';
import { TENSORS } from './tensor-scenarios';

const SCENARIOS: Scenarios = { ...MODULES, ...HOOKS, ...STATE_DICTS, ...LAZY, ...TENSORS, ...CONTAINERS };

describe('as PyTorch 2.14', () => {
  testScenarios(SCENARIOS, golden.texts);

  it('UNINIT-13 copy_ into a parameter is allowed where no gradient is recorded', () => {
    const parameter = new UninitializedParameter();
    noGrad(() => parameter.copy_(zeros(1)));
    expect(parameter.size()).toEqual([0]);
  });
});
