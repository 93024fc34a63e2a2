// "Arrange automatically": lays the graph out and moves every node there, as one step of the history.
import { moveNodes } from '../actions/graph';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { perform } from '../actions/perform';
import { cardSize } from './card-size';
import { layOut } from './elk';
import { useFlow } from './flow-store';
import { fitView } from './viewport';

export async function arrange(): Promise<void> {
  const graph = useDocument.getState().project?.graph;
  if (!graph || graph.nodes.length === 0) return;
  const measured = new Map(useFlow.getState().nodes.map((node) => [node.id, node.measured]));
  const { views } = useLive.getState();
  const boxes = graph.nodes.map(({ id }) => {
    const { width, height } = cardSize(views.get(id));
    return { id, width: measured.get(id)?.width ?? width, height: measured.get(id)?.height ?? height };
  });
  const links = graph.edges.map(({ id, from, to }) => ({ id, source: from.node, target: to.node }));
  const box = document.querySelector('.react-flow')?.getBoundingClientRect();
  const aspect = box && box.height > 0 ? box.width / box.height : 1.5;
  const placed = await perform('The graph was not arranged', null, () => layOut(boxes, links, aspect));
  // Edited meanwhile: the answer is about another graph.
  if (!placed || useDocument.getState().project?.graph !== graph) return;
  moveNodes(placed, 'Arrange');
  requestAnimationFrame(fitView);
}
