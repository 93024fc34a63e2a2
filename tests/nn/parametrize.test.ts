// torch.nn.utils.parametrize and its older hooks, in the situations of scripts/golden/nn_parametrize.py: PyTorch's values and words.
import { describe } from 'vitest';

import golden from '../golden/nn-parametrize.json';
import { useReferenceBackend } from '../support/backend';
import { NORMS } from './norm-scenarios';
import { PARAMETRIZED } from './parametrize-scenarios';
import { testScenarios } from './golden-scenarios';

useReferenceBackend();

const SCENARIOS = { ...PARAMETRIZED, ...NORMS };

describe('as PyTorch', () => {
  testScenarios(SCENARIOS, golden.texts);
});
