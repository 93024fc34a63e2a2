// Single objects, their copies and pickles, in the situations of scripts/golden/nn_objects.py: PyTorch's words.
import { describe, expect, it } from 'vitest';

import { UninitializedParameter } from '#core/nn/index';
import { camelCase, REFUSED_METHODS } from '#core/nn/tensor-methods';

import golden from '../golden/nn-objects.json';
import { useReferenceBackend } from '../support/backend';
import { COPIES } from './copy-scenarios';
import { testScenarios } from './golden-scenarios';
import { OBJECTS } from './object-scenarios';
import { loosely, said } from './scenario';

useReferenceBackend();

describe('as PyTorch', () => {
  testScenarios({ ...OBJECTS, ...COPIES }, golden.texts);
});

describe('methods of torch.Tensor', () => {
  it('UNINIT-5 those PyTorch refuses are refused, under the name its error gives them', () => {
    expect(Object.fromEntries(REFUSED_METHODS)).toEqual(golden.methods);
    for (const [name, callable] of REFUSED_METHODS)
      expect(said(() => loosely(new UninitializedParameter(), camelCase(name)))).toContain(
        `ValueError: Attempted to use an uninitialized parameter in ${callable}. This error`,
      );
  });
});
