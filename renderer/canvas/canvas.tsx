// The canvas: React Flow over the window's own graph. Who re-renders when: this component when flow-store's lists change (edits,
// selection, every frame of a drag); a card only when its own node, view or selection changes; nothing here while training.
import {
  Background,
  BackgroundVariant,
  ConnectionMode,
  MiniMap,
  ReactFlow,
  SelectionMode,
  useNodesInitialized,
  type Connection,
  type FinalConnectionState,
  type HandleType,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useEffect, useRef, type DragEvent, type JSX, type MouseEvent as ReactMouseEvent } from 'react';

import { connect, disconnect, graphNow } from '../actions/graph';
import { openBlock } from '../actions/blocks';
import { insertLayer } from '../actions/insert';
import { shownGraph, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { openDialog, select, useUi } from '../stores/ui';
import { DRAGGED_LAYER } from '../palette/drag';
import { AfterStatus } from './before-after';
import { Breadcrumbs } from './breadcrumbs';
import { CanvasControls } from './canvas-controls';
import { CanvasHint } from './canvas-hint';
import { connectionFault, type WantedConnection } from './connection';
import { ContextMenu } from './context-menu';
import { dropIntoEdge, edgeAt, isLoose, markEdge } from './edge-drop';
import { DrawnLayer } from './drawn-layer';
import { EmptyCanvas } from './empty-canvas';
import { acceptNodeChanges, acceptSelection, startFlow, useFlow } from './flow-store';
import { cardUnder, Hand } from './hand';
import { HelperLines } from './helper-lines';
import { Lasso } from './lasso';
import { LayerNode } from './layer-node';
import { NoteNode } from './note-node';
import { Overview } from './overview';
import { ShapeEdge } from './shape-edge';
import type { FlowEdge, FlowNode } from './to-flow';
import { CARD_WIDTH } from './card-size';
import { cameraMoved, LEAST_ZOOM, setFlow, setMeasured, setPointer, toCanvas } from './viewport';
import './canvas.css';
import { t } from '../text';

const NODE_TYPES = { layer: LayerNode, note: NoteNode };
const EDGE_TYPES = { shape: ShapeEdge };
const PAN_BUTTONS = [1, 2];
const MINIMAP = { width: 112, height: 104 };

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

export function Canvas(): JSX.Element {
  const nodes = useFlow((state) => state.nodes);
  const edges = useFlow((state) => state.edges);
  const isLarge = useFlow((state) => state.scene !== null);
  const isEmpty = useDocument((state) => shownGraph(state)?.nodes.length === 0);
  const moving = useRef<string | null>(null);

  useEffect(() => startFlow(), []);
  useEffect(
    () => () => {
      setFlow(null);
    },
    [],
  );

  const faultOf = (connection: Parameters<typeof wanted>[0]): string | null => {
    const graph = graphNow();
    const asked = wanted(connection, moving.current);
    return graph && asked ? connectionFault(graph, asked) : t('edge.outputToInput');
  };

  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState): void => {
    useUi.setState({ canvasHint: null });
    const { fromHandle, toHandle } = state;
    if (toHandle || !fromHandle?.id || moving.current !== null) return;
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

  return (
    <main className="canvas" aria-label={t('canvas.graph')}>
      <Hand>
        {isLarge ? <DrawnLayer /> : null}
        <ReactFlow<FlowNode, FlowEdge>
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onInit={setFlow}
          onNodesChange={acceptNodeChanges}
          onEdgesChange={(changes) => {
            acceptSelection(changes, 'edges');
          }}
          isValidConnection={(connection) => faultOf(connection) === null}
          onConnect={(connection) => {
            const asked = wanted(connection, null);
            if (asked) connect(asked.from, asked.to);
          }}
          onConnectEnd={onConnectEnd}
          onReconnectStart={(_event: unknown, edge: FlowEdge, _handle: HandleType) => {
            moving.current = edge.id;
          }}
          onReconnect={(edge, connection) => {
            const asked = wanted(connection, edge.id);
            if (asked) connect(asked.from, asked.to, edge.id);
          }}
          onReconnectEnd={(event, edge, _handle, state) => {
            moving.current = null;
            // Let go over nothing: the edge is taken away.
            if (state.isValid === null && isPane(event.target)) disconnect(edge.id);
          }}
          reconnectRadius={14}
          onDragOver={onDragOver}
          onDragLeave={() => {
            markEdge(null);
          }}
          onDrop={onDrop}
          onNodeDoubleClick={(_event, node) => {
            openBlock(node.id);
          }}
          onNodeDrag={onNodeDrag}
          onNodeDragStop={onNodeDragStop}
          onPaneContextMenu={(event) => {
            const drawn = cardUnder(event);
            openMenu(event, drawn === null ? {} : { node: { id: drawn, type: 'layer' } });
          }}
          onMove={cameraMoved}
          onNodeContextMenu={(event, node) => {
            openMenu(event, { node });
          }}
          onEdgeContextMenu={(event, edge) => {
            openMenu(event, { edge });
          }}
          onSelectionContextMenu={(event, [node]) => {
            openMenu(event, node ? { node } : {});
          }}
          onPaneMouseMove={(event) => {
            setPointer({ x: event.clientX, y: event.clientY });
          }}
          onPaneMouseLeave={() => {
            setPointer(null);
          }}
          connectionMode={ConnectionMode.Strict}
          connectionRadius={28}
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={['Shift', 'Meta', 'Control']}
          selectionOnDrag={!isLarge}
          selectionMode={SelectionMode.Partial}
          panOnScroll
          panOnDrag={PAN_BUTTONS}
          zoomOnDoubleClick={false}
          nodeDragThreshold={3}
          minZoom={isLarge ? LEAST_ZOOM.large : LEAST_ZOOM.small}
          maxZoom={2}
          snapToGrid
          snapGrid={[4, 4]}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} />
          {isLarge ? (
            <Overview />
          ) : (
            <MiniMap
              pannable
              zoomable
              ariaLabel={t('canvas.overview')}
              nodeClassName={miniMapClass}
              nodeBorderRadius={8}
              style={MINIMAP}
            />
          )}
          <CanvasControls />
          <AfterStatus />
          <CanvasHint faultOf={faultOf} />
          <Breadcrumbs />
          <HelperLines />
          <Lasso />
          <FitWhenMeasured />
          {/* Inside, so that a layer dropped on the hint or its buttons lands on the canvas all the same. */}
          {isEmpty ? <EmptyCanvas /> : null}
        </ReactFlow>
      </Hand>
      <ContextMenu />
    </main>
  );
}

/** How the overview colours a card: it is redrawn with the nodes, whose labels follow these facts. */
function miniMapClass({ id }: FlowNode): string {
  const view = useLive.getState().views.get(id);
  if (view?.problems.some(({ severity }) => severity === 'error')) return 'has-error';
  return view?.chips.some(({ state }) => state === 'uninitialized') ? 'is-uninitialized' : '';
}

/** Fits a newly shown project into the view once its cards have their sizes. */
function FitWhenMeasured(): null {
  const isMeasured = useNodesInitialized();
  const project = useDocument((state) => state.saved);
  useEffect(() => {
    setMeasured(isMeasured);
  }, [isMeasured, project]);
  return null;
}
