// Where a shape comes from, in words: of a layer, of a block on the canvas (from the layer inside that gives it), and of any layer by its path.
import { expect, test } from 'vitest';
import { TEMPLATES } from '#core/document/templates';
import type { Project } from '#core/document/project';
import { collapseEdit } from '#core/graph/collapse';
import { applyEdit } from '#core/graph/edits';
import { flattenGraph } from '#core/graph/flatten';
import type { ModelInfo } from '#core/session/session';
import { showProject } from '#renderer/stores/document';
import { inferLive, useLive } from '#renderer/stores/live';
import { whyInputAt, whyOutput, whyOutputAt, whyResult } from '#renderer/stores/why';

const digits = TEMPLATES.find(({ name }) => name === 'digits')?.project as Project;
const idOf = (name: string) => digits.graph.nodes.find((node) => node.name === name)?.id ?? '';
/** The engine's word after a sample of 64 digits: enough for the window to infer the rest. */
const FED: ModelInfo = {
  revision: 1,
  problems: [],
  unreached: [],
  totals: { parameters: null, uninitialized: 0, flops: null, bytes: null },
  nodes: [
    { id: idOf('input'), name: 'input', layer: 'input', inputs: [], outputs: [[64, 1, 8, 8]], parameters: [], flops: 0, activationBytes: 0 },
  ],
}; // prettier-ignore

test('a block tells where the shape on its card comes from, and the layers of the report do by their paths', () => {
  const made = collapseEdit(digits.graph, new Set(['conv1', 'norm1', 'relu1'].map(idOf)), 'stem');
  if (!made) throw new Error('not collapsed');
  const { graph } = applyEdit(digits.graph, made.edit);
  showProject({ ...digits, graph }, null);
  inferLive(graph, FED, 'float32', true);

  expect(useLive.getState().views.get(made.node)?.outputs).toEqual([[64, 16, 8, 8]]);
  const conv = flattenGraph(graph).nodes.find(({ layer }) => layer === 'conv2d')?.id ?? '';
  expect(conv).not.toBe('');
  const told = whyOutputAt(conv, 0);
  expect(told).toContain("16 from '");
  expect(whyOutput(made.node, 0)).toContain("16 from '");
  expect(whyResult(made.node)).toBe(whyOutput(made.node, 0));
  expect(whyInputAt(idOf('pool1'), 0)).toBe(whyOutput(made.node, 0));
});
