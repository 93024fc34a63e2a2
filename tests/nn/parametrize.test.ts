// torch.nn.utils.parametrize and its older hooks, in the situations of scripts/golden/nn_parametrize.py: PyTorch's values and words.
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-parametrize.json';
import { useReferenceBackend } from '../support/backend';
import { NORMS } from './norm-scenarios';
import { PARAMETRIZED } from './parametrize-scenarios';
import { said } from './scenario';

useReferenceBackend();

const SCENARIOS = { ...PARAMETRIZED, ...NORMS };

describe('as PyTorch', () => {
  const texts: Record<string, string> = golden.texts;
  for (const [name, [rule, body]] of Object.entries(SCENARIOS))
    it(`${rule} ${name}`, () => {
      expect(said(body)).toBe(texts[name]);
    });

  it('every golden scenario has its counterpart here', () => {
    expect(Object.keys(SCENARIOS).sort()).toEqual(Object.keys(texts).sort());
  });
});
