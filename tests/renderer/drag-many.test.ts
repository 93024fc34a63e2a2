// Dragging a card of a large graph that is selected with others: those that are only drawn go with it.
import { expect, test } from 'vitest';
import type { Project } from '#core/document/project';
import { TEMPLATES } from '#core/document/templates';

import { acceptNodeChanges, useFlow } from '../../renderer/canvas/flow-store';
import { makeScene } from '../../renderer/canvas/scene';
import { useApp } from '../../renderer/stores/app';
import { showProject, useDocument } from '../../renderer/stores/document';
import { select } from '../../renderer/stores/ui';

const COUNT = 400;

function open(): Project {
  const blank = TEMPLATES.find(({ name }) => name === 'blank')?.project;
  if (!blank) throw new Error('there is no blank project');
  const nodes = Array.from({ length: COUNT }, (_, at) => ({
    id: `n${at}`,
    name: `relu${at}`,
    layer: 'relu',
    params: {},
    position: { x: at, y: 100 },
  }));
  const project: Project = { ...blank, graph: { nodes, edges: [] } };
  showProject(project, null);
  useApp.setState(({ preferences }) => ({ preferences: { ...preferences, snapping: false } }));
  useFlow.setState({
    scene: makeScene(project.graph, new Map(), null),
    nodes: [{ id: 'n0', type: 'layer', data: {}, position: { x: 0, y: 100 } }],
  });
  return project;
}

const drag = (dragging: boolean) => {
  acceptNodeChanges([{ type: 'position', id: 'n0', position: { x: 40, y: 130 }, dragging }]);
};
const places = () => useDocument.getState().project?.graph.nodes.map(({ position }) => position);

test('the whole selection is drawn shifted and moved as one step', () => {
  const project = open();
  select(project.graph.nodes.slice(0, 300).map(({ id }) => id));
  drag(true);
  expect(useFlow.getState().shift).toEqual({ x: 40, y: 30 });
  drag(false);
  expect(useFlow.getState().shift).toBeNull();
  expect(places()).toEqual(
    project.graph.nodes.map((_, at) => (at < 300 ? { x: at + 40, y: 130 } : { x: at, y: 100 })),
  );
  expect(useDocument.getState().past).toHaveLength(1);
});

test('a card that is not selected with others moves alone', () => {
  const project = open();
  select(['n0']);
  drag(true);
  expect(useFlow.getState().shift).toBeNull();
  drag(false);
  expect(places()?.slice(0, 2)).toEqual([{ x: 40, y: 130 }, project.graph.nodes[1]?.position]);
});
