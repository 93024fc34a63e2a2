// Modules at their edges, in the situations of scripts/golden/nn_edges.py: PyTorch's words.
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-edges.json';
import { useReferenceBackend } from '../support/backend';
import { CONTAINER_EDGES } from './edge-container-scenarios';
import { LOAD_EDGES } from './edge-load-scenarios';
import { said } from './scenario';

useReferenceBackend();

const SCENARIOS = { ...CONTAINER_EDGES, ...LOAD_EDGES };

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
