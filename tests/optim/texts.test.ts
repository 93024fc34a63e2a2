// torch.optim in the situations of scripts/golden/optim.py: PyTorch's words, to the letter.
import { floatRepr, pythonRepr, quoted } from '#core/nn/python-names';
import { describe, expect, it } from 'vitest';

import golden from '../golden/optim-texts.json';
import { testScenarios } from '../nn/golden-scenarios';
import { said } from '../nn/scenario';
import { useReferenceBackend } from '../support/backend';
import { PARAMS } from './params-scenarios';
import { STATES } from './state-scenarios';
import { STEPS } from './step-scenarios';
import { optimizer, P } from './support';

describe('torch.optim as in PyTorch', () => {
  useReferenceBackend();

  it.each(golden.constructors)('OPTIM-2 $name $options', ({ name, options, text }) => {
    const given: Record<string, unknown> = Object.fromEntries(Object.entries(options));
    expect(said(() => optimizer(name, [P([2, 2])], given))).toBe(text);
  });

  it.each(Object.entries(golden.groups))('OPTIM-1 the group of %s, in order', (name, pairs) => {
    const made = optimizer(name, [P([2, 2])]);
    const [group = { params: [] }] = made.stateDict().param_groups;
    const floats = made.declaration.torchClass.floats ?? [];
    const shown = (key: string, value: unknown): string => {
      if (key === 'params') return '[0]';
      if (typeof value === 'string') return quoted(value);
      return floats.includes(key) && typeof value === 'number' ? floatRepr(value) : pythonRepr(value);
    };
    expect(Object.entries(group).map(([key, value]) => [key, shown(key, value)])).toEqual(pairs);
  });

  testScenarios({ ...PARAMS, ...STEPS, ...STATES }, golden.texts);
});
