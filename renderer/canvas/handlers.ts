// What the canvas does with what the graph library reports: connections, drags, drops, menus. These functions stay the same ones: one that
// is made anew with each render is told to every card and edge, and has all of them drawn again.
import type { Connection, FinalConnectionState, ReactFlowProps } from '@xyflow/react';
import type { DragEvent, MouseEvent as ReactMouseEvent } from 'react';

import { openBlock } from '../actions/blocks';
import { connect, disconnect, graphNow } from '../actions/graph';
import { insertLayer } from '../actions/insert';
import { DRAGGED_LAYER } from '../palette/drag';
import { openDialog, select, useUi } from '../stores/ui';
import { t } from '../text';
import { CARD_WIDTH } from './card-size';
import { connectionFault, type WantedConnection } from './connection';
import { dropIntoEdge, edgeAt, isLoose, markEdge } from './edge-drop';
import { acceptNodeChanges, acceptSelection } from './flow-store';
import { cardUnder } from './hand';
import type { FlowEdge, FlowNode } from './to-flow';
import { cameraMoved, setFlow, setPointer, toCanvas } from './viewport';

/** The edge whose end is being dragged. */
let moving: string | null = null;

/** React Flow's connection as ours; null while an end is missing. */
const wanted = (
  {
    source,
    sourceHandle,
    target,
    targetHandle,
  }: Omit<Connection, 'sourceHandle' | 'targetHandle'> & {
    readonly sourceHandle?: string | null;
    readonly targetHandle?: string | null;
  },
  replaces: string | null,
): WantedConnection | null =>
  !sourceHandle || !targetHandle
    ? null
    : { from: { node: source, port: sourceHandle }, to: { node: target, port: targetHandle }, replaces };

const isPane = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('.react-flow__pane') !== null;

/** Why a connection is refused; null for one that can be drawn. */
export const faultOf = (connection: Parameters<typeof wanted>[0]): string | null => {
  const graph = graphNow();
  const asked = wanted(connection, moving);
  return graph && asked ? connectionFault(graph, asked) : t('edge.outputToInput');
};

const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState): void => {
  useUi.setState({ canvasHint: null });
  const { fromHandle, toHandle } = state;
  if (toHandle || !fromHandle?.id || moving !== null) return;
  const point = 'clientX' in event ? event : event.changedTouches[0];
  if (!point || !isPane(event.target)) return;
  const isOutput = fromHandle.type === 'source';
  openDialog({
    kind: 'layers',
    target: {
      port: { kind: isOutput ? 'output' : 'input', node: fromHandle.nodeId, port: fromHandle.id },
      position: toCanvas({ x: point.clientX - 120, y: point.clientY - (isOutput ? 0 : 60) }),
    },
  });
};

const onDragOver = (event: DragEvent): void => {
  if (!event.dataTransfer.types.includes(DRAGGED_LAYER)) return;
  event.preventDefault();
  markEdge(edgeAt({ x: event.clientX, y: event.clientY }));
};

const onDrop = (event: DragEvent): void => {
  const type = event.dataTransfer.getData(DRAGGED_LAYER);
  const edge = useUi.getState().edgeUnderDrag;
  markEdge(null);
  if (type === '') return;
  event.preventDefault();
  // The pointer holds the card by the middle of its head.
  const { x, y } = toCanvas({ x: event.clientX, y: event.clientY });
  const position = { x: x - CARD_WIDTH / 2, y: y - 18 };
  insertLayer(type, edge === null ? { position } : { position, edge });
};

/** A card without edges that is dragged onto an edge goes into it. */
const onNodeDrag = (event: MouseEvent | TouchEvent | ReactMouseEvent, node: FlowNode): void => {
  if (!('clientX' in event) || node.type !== 'layer') return;
  markEdge(isLoose(node.id) ? edgeAt({ x: event.clientX, y: event.clientY }, node.id) : null);
};

const onNodeDragStop = (_event: unknown, node: FlowNode): void => {
  const edge = useUi.getState().edgeUnderDrag;
  markEdge(null);
  if (edge !== null) dropIntoEdge(node.id, node.position, edge);
};

/** What lies under the pointer joins the selection first, so that the menu is about what is marked. */
const openMenu = (
  event: MouseEvent | ReactMouseEvent,
  under: { node?: Pick<FlowNode, 'id' | 'type'>; edge?: FlowEdge },
): void => {
  event.preventDefault();
  const { selection } = useUi.getState();
  const { node, edge } = under;
  if (node && !selection.nodes.has(node.id)) select([node.id]);
  if (edge && !selection.edges.has(edge.id)) select([], [edge.id]);
  const { nodes: chosen, edges: lines } = useUi.getState().selection;
  const isMany = chosen.size + lines.size > 1;
  const about =
    isMany && (node || edge)
      ? 'selection'
      : node?.type === 'note'
        ? 'note'
        : node
          ? 'node'
          : edge
            ? 'edge'
            : 'canvas';
  useUi.setState({ contextMenu: { x: event.clientX, y: event.clientY, about } });
};

export const HANDLERS = {
  onInit: setFlow,
  onNodesChange: acceptNodeChanges,
  onEdgesChange: (changes) => {
    acceptSelection(changes, 'edges');
  },
  isValidConnection: (connection) => faultOf(connection) === null,
  onConnect: (connection) => {
    const asked = wanted(connection, null);
    if (asked) connect(asked.from, asked.to);
  },
  onConnectEnd,
  onReconnectStart: (_event, edge) => {
    moving = edge.id;
  },
  onReconnect: (edge, connection) => {
    const asked = wanted(connection, edge.id);
    if (asked) connect(asked.from, asked.to, edge.id);
  },
  onReconnectEnd: (event, edge, _handle, state) => {
    moving = null;
    // Let go over nothing: the edge is taken away.
    if (state.isValid === null && isPane(event.target)) disconnect(edge.id);
  },
  onDragOver,
  onDragLeave: () => {
    markEdge(null);
  },
  onDrop,
  onNodeDoubleClick: (_event, node) => {
    openBlock(node.id);
  },
  onNodeDrag,
  onNodeDragStop,
  onPaneContextMenu: (event) => {
    const drawn = cardUnder(event);
    openMenu(event, drawn === null ? {} : { node: { id: drawn, type: 'layer' } });
  },
  onMove: cameraMoved,
  onNodeContextMenu: (event, node) => {
    openMenu(event, { node });
  },
  onEdgeContextMenu: (event, edge) => {
    openMenu(event, { edge });
  },
  onSelectionContextMenu: (event, [node]) => {
    openMenu(event, node ? { node } : {});
  },
  onPaneMouseMove: (event) => {
    setPointer({ x: event.clientX, y: event.clientY });
  },
  onPaneMouseLeave: () => {
    setPointer(null);
  },
} satisfies Partial<ReactFlowProps<FlowNode, FlowEdge>>;
