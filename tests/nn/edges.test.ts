// Modules at their edges, in the situations of scripts/golden/nn_edges.py: PyTorch's words.
import { describe } from 'vitest';

import golden from '../golden/nn-edges.json';
import { useReferenceBackend } from '../support/backend';
import { CONTAINER_EDGES } from './edge-container-scenarios';
import { LOAD_EDGES } from './edge-load-scenarios';
import { testScenarios } from './golden-scenarios';

useReferenceBackend();

const SCENARIOS = { ...CONTAINER_EDGES, ...LOAD_EDGES };

describe('as PyTorch', () => {
  testScenarios(SCENARIOS, golden.texts);
});
