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
import { useEffect, useRef, type DragEvent, type JSX } from 'react';

import { connect, insertLayer } from '../actions/graph';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { openDialog, useUi } from '../stores/ui';
import { DRAGGED_LAYER } from '../palette/drag';
import { CanvasControls } from './canvas-controls';
import { CanvasHint } from './canvas-hint';
import { connectionFault, type WantedConnection } from './connection';
import { EmptyCanvas } from './empty-canvas';
import { acceptNodeChanges, acceptSelection, startFlow, useFlow } from './flow-store';
import { LayerNode } from './layer-node';
import { ShapeEdge } from './shape-edge';
import type { FlowEdge, FlowNode } from './to-flow';
import { setFlow, setMeasured, toCanvas } from './viewport';
import './canvas.css';

const NODE_TYPES = { layer: LayerNode };
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

export function Canvas(): JSX.Element {
  const nodes = useFlow((state) => state.nodes);
  const edges = useFlow((state) => state.edges);
  const isEmpty = useDocument((state) => state.project?.graph.nodes.length === 0);
  const moving = useRef<string | null>(null);

  useEffect(() => startFlow(), []);
  useEffect(
    () => () => {
      setFlow(null);
    },
    [],
  );

  const faultOf = (connection: Parameters<typeof wanted>[0]): string | null => {
    const graph = useDocument.getState().project?.graph;
    const asked = wanted(connection, moving.current);
    return graph && asked ? connectionFault(graph, asked) : 'An edge goes from an output to an input.';
  };

  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState): void => {
    useUi.setState({ canvasHint: null });
    if (state.toHandle || state.fromHandle?.type !== 'source' || moving.current !== null) return;
    const point = 'clientX' in event ? event : event.changedTouches[0];
    const port = state.fromHandle.id;
    const isOnPane = event.target instanceof Element && event.target.closest('.react-flow__pane') !== null;
    if (!point || !port || !isOnPane) return;
    openDialog({
      kind: 'layers',
      target: {
        from: { node: state.fromHandle.nodeId, port },
        position: toCanvas({ x: point.clientX - 120, y: point.clientY }),
      },
    });
  };

  const onDrop = (event: DragEvent): void => {
    const type = event.dataTransfer.getData(DRAGGED_LAYER);
    if (type === '') return;
    event.preventDefault();
    insertLayer(type, {
      kind: 'at',
      position: toCanvas({ x: event.clientX - 120, y: event.clientY - 18 }),
    });
  };

  return (
    <main className="canvas" aria-label="Graph">
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
        onReconnectEnd={() => {
          moving.current = null;
        }}
        onDragOver={(event) => {
          if (event.dataTransfer.types.includes(DRAGGED_LAYER)) event.preventDefault();
        }}
        onDrop={onDrop}
        connectionMode={ConnectionMode.Strict}
        connectionRadius={28}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={['Shift', 'Meta', 'Control']}
        selectionOnDrag
        selectionMode={SelectionMode.Partial}
        panOnScroll
        panOnDrag={PAN_BUTTONS}
        zoomOnDoubleClick={false}
        nodeDragThreshold={3}
        minZoom={0.1}
        maxZoom={2}
        snapToGrid
        snapGrid={[4, 4]}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} />
        <MiniMap
          pannable
          zoomable
          ariaLabel="Overview of the graph"
          nodeClassName={miniMapClass}
          nodeBorderRadius={8}
          style={MINIMAP}
        />
        <CanvasControls />
        <CanvasHint faultOf={faultOf} />
        <FitWhenMeasured />
        {/* Inside, so that a layer dropped on the hint or its buttons lands on the canvas all the same. */}
        {isEmpty ? <EmptyCanvas /> : null}
      </ReactFlow>
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
