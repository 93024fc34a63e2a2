// The palette behind a drawn edge offers what can stand at its end.
import { expect, test } from 'vitest';
import { findTemplate } from '#core/document/templates';
import { inferGraph } from '#core/graph/infer';
import { layersThatFit } from '#renderer/palette/fits';

const graph = findTemplate('digits')?.project.graph ?? { nodes: [], edges: [] };
const inference = inferGraph(graph, { inputs: { input: [64, 1, 8, 8] } });
const idOf = (name: string): string => graph.nodes.find((node) => node.name === name)?.id ?? '';
const types = (node: string, kind: 'input' | 'output'): ReadonlySet<string> =>
  new Set(layersThatFit({ kind, node: idOf(node), port: kind }, inference).map(({ type }) => type));

test('behind a picture stand layers of pictures, behind a row those of rows', () => {
  const picture = types('conv1', 'output');
  for (const type of ['conv2d', 'batch_norm2d', 'relu', 'linear', 'output']) expect(picture).toContain(type);
  for (const type of ['conv1d', 'batch_norm3d', 'input']) expect(picture).not.toContain(type);
  const row = types('fc1', 'output');
  for (const type of ['linear', 'batch_norm1d', 'dropout']) expect(row).toContain(type);
  expect(row).not.toContain('conv2d');
});

test('before an input stands what has an output', () => {
  expect(types('fc1', 'input')).toContain('relu');
  expect(types('fc1', 'input')).not.toContain('output');
});

test('while no shape is known nothing is held back', () => {
  const unknown = layersThatFit({ kind: 'output', node: idOf('fc1'), port: 'output' }, null);
  expect(unknown.map(({ type }) => type)).toContain('conv3d');
});
