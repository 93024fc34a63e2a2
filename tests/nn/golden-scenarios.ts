// Scenarios against what PyTorch said in them: the same loop for every golden file of texts.
import { expect, it } from 'vitest';

import { said, type Scenarios } from './scenario';

/** One test per scenario, named by its rule, and one that none of the golden file is left out. */
export function testScenarios(scenarios: Scenarios, texts: Readonly<Record<string, string>>): void {
  for (const [name, [rule, body]] of Object.entries(scenarios))
    it(`${rule} ${name}`, () => {
      expect(said(body)).toBe(texts[name]);
    });

  it('every golden scenario has its counterpart here', () => {
    expect(Object.keys(scenarios).sort()).toEqual(Object.keys(texts).sort());
  });
}
