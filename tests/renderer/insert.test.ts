// Layers put into the graph: where they go, what makes room for them, and what is selected then. No page: frames never come.
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';

import { TEMPLATES } from '#core/document/templates';
import type { Project } from '#core/document/project';
import { insertLayer } from '#renderer/actions/insert';
import { followSelection } from '#renderer/actions/selection';
import { nodeOf, showProject, step, useDocument } from '#renderer/stores/document';
import { select, useUi } from '#renderer/stores/ui';

const digits = TEMPLATES.find(({ name }) => name === 'digits')?.project as Project;

beforeEach(() => {
  vi.stubGlobal('requestAnimationFrame', () => 0);
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  showProject(digits, null);
});

test('what an undo takes away is selected no more; the rest of the selection stays', () => {
  onTestFinished(followSelection());
  insertLayer('dropout', { position: { x: 0, y: 0 } });
  const { nodes } = useUi.getState().selection;
  const [added = ''] = nodes;
  expect(nodeOf(useDocument.getState().project?.graph, added)?.layer).toBe('dropout');
  select([added, 'n2'], ['e1']);
  step('undo');
  expect(useUi.getState().selection).toEqual({ nodes: new Set(['n2']), edges: new Set(['e1']) });
});

test('a layer put into an edge stands between its ends, in their column, and what follows makes room for all of it', () => {
  const place = (name: string) => {
    const found = useDocument.getState().project?.graph.nodes.find((node) => node.name === name);
    if (!found) throw new Error(`no node ${name}`);
    return found.position;
  };
  const edgeTo = (id: string) => digits.graph.edges.find(({ to }) => to.node === id)?.id ?? '';
  const relu = digits.graph.nodes.find(({ name }) => name === 'relu1');
  const before = { norm1: place('norm1'), relu1: place('relu1'), pool1: place('pool1') };
  insertLayer('batch_norm2d', { position: { x: 9, y: 9 }, edge: edgeTo(relu?.id ?? '') });
  const made = place('batch_norm1');
  expect(made.x).toBe(before.norm1.x);
  expect(made.y).toBeGreaterThan(before.norm1.y);
  // Five parameters and buffers make a tall card.
  expect(place('relu1').y - made.y).toBeGreaterThan(230);
  expect(place('norm1')).toEqual(before.norm1);
  expect(place('pool1')).toEqual(before.pool1);
  step('undo');
  expect(place('relu1')).toEqual(before.relu1);

  // An edge that crosses over to the next column has no place of its own: the layer stays where it was dropped.
  const pool = digits.graph.nodes.find(({ name }) => name === 'pool1');
  insertLayer('tanh', { position: { x: 8, y: 400 }, edge: edgeTo(pool?.id ?? '') });
  expect(place('tanh1')).toEqual({ x: 8, y: 400 });
});
