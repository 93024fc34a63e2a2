// Node names: what Python and nn.Module refuse, and names made up for copies and new nodes.
import { expect, test } from 'vitest';

import { FreshNames, nameFault, nameForLayer, toValidName, uniqueName } from '#core/graph/names';
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

test('several new names differ from each other and say what single ones would', () => {
  const taken = new Set(['fc1', 'fc2', 'fc4', 'flatten']);
  const fresh = new FreshNames(taken);
  const asked = ['fc1', 'fc2', 'fc1', 'flatten', 'flatten', 'fc3', 'free', 'free'];
  const given = asked.map((base) => fresh.next(base));
  expect(given).toEqual(['fc3', 'fc5', 'fc6', 'flatten_1', 'flatten_2', 'fc7', 'free', 'free_1']);
  const soFar = new Set(taken);
  for (const [at, base] of asked.entries()) {
    expect(given[at]).toBe(uniqueName(base, soFar));
    soFar.add(given[at] ?? '');
  }
  expect([fresh.take('fc8'), fresh.take('fc8'), fresh.take('fc1')]).toEqual([true, false, false]);
});

test('a new node is called after its layer', () => {
  const graph = chain(node('conv1', 'conv2d'), node('relu1', 'relu'));
  expect(nameForLayer('conv2d', graph)).toBe('conv2');
  expect(nameForLayer('batch_norm2d', graph)).toBe('batch_norm1');
  expect(nameForLayer('input', graph)).toBe('input_1');
});
