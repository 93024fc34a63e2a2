// Layers, fills and generators at their edges, in the situations of scripts/golden/nn_layers.py: PyTorch's words.
import { describe } from 'vitest';

import golden from '../golden/nn-layers.json';
import { useReferenceBackend } from '../support/backend';
import { FILL_SCENARIOS } from './fill-scenarios';
import { testScenarios } from './golden-scenarios';
import { LAYER_SCENARIOS } from './layer-scenarios';

useReferenceBackend();

describe('as PyTorch', () => {
  testScenarios({ ...LAYER_SCENARIOS, ...FILL_SCENARIOS }, golden.texts);
});
