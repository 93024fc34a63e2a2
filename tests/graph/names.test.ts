// Node names: what Python and nn.Module refuse, and names made up for copies and new nodes.
import { expect, test } from 'vitest';

import { nameFault, nameForLayer, toValidName, uniqueName } from '#core/graph/names';
import { chain, node } from './graphs';

test.each(['conv1', '_hidden', 'Block_2', 'x'])('%s is a name', (name) => expect(nameFault(name)).toBeNull());

test.each([
  '',
  '1x',
  'a.b',
  'a b',
  'é',
  'class',
  'None',
  'forward',
  'training',
  'parameters',
  '__proto__',
  'x'.repeat(101),
])('%j is not a name and its repair is', (name) => {
  expect(nameFault(name)).not.toBeNull();
  expect(nameFault(toValidName(name))).toBeNull();
});

test('copies count on', () => {
  expect(uniqueName('fc1', ['fc1', 'fc2'])).toBe('fc3');
  expect(uniqueName('flatten', ['flatten'])).toBe('flatten_1');
  expect(uniqueName('free', ['taken'])).toBe('free');
});

test('a new node is called after its layer', () => {
  const graph = chain(node('conv1', 'conv2d'), node('relu1', 'relu'));
  expect(nameForLayer('conv2d', graph)).toBe('conv2');
  expect(nameForLayer('batch_norm2d', graph)).toBe('batch_norm1');
  expect(nameForLayer('input', graph)).toBe('input_1');
});
