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
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useEffect, useMemo, type JSX } from 'react';

import { shownGraph, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { AfterStatus } from './before-after';
import { Breadcrumbs } from './breadcrumbs';
import { CanvasControls } from './canvas-controls';
import { CanvasHint } from './canvas-hint';
import { ContextMenu } from './context-menu';
import { Dots, DOTS } from './dots';
import { DrawnLayer } from './drawn-layer';
import { EmptyCanvas } from './empty-canvas';
import { startFlow, useFlow } from './flow-store';
import { faultOf, HANDLERS } from './handlers';
import { Hand } from './hand';
import { HelperLines } from './helper-lines';
import { Lasso } from './lasso';
import { LayerNode } from './layer-node';
import { NoteNode } from './note-node';
import { Overview } from './overview';
import { ShapeEdge } from './shape-edge';
import { tellWhy } from './tell-why';
import type { FlowEdge, FlowNode } from './to-flow';
import { LEAST_ZOOM, setFlow, setMeasured } from './viewport';
import './canvas.css';
import { t, useLanguage } from '../text';

const NODE_TYPES = { layer: LayerNode, note: NoteNode };
const EDGE_TYPES = { shape: ShapeEdge };
const PAN_BUTTONS = [1, 2];
const ADDING_KEYS = ['Shift', 'Meta', 'Control'];
/** The wheel with Control zooms by itself. Were that key one to wait for, pressing it would have the whole canvas painted anew. */
const ZOOMING_KEY = 'Meta';
const GRID: [number, number] = [4, 4];
const OPTIONS = { hideAttribution: true };
const MINIMAP = { width: 112, height: 104 };

export function Canvas(): JSX.Element {
  const nodes = useFlow((state) => state.nodes);
  const edges = useFlow((state) => state.edges);
  const isLarge = useFlow((state) => state.scene !== null);
  const isEmpty = useDocument((state) => shownGraph(state)?.nodes.length === 0);

  useEffect(() => startFlow(), []);
  useEffect(
    () => () => {
      setFlow(null);
    },
    [],
  );

  const floating = useMemo(() => <Floating isLarge={isLarge} isEmpty={isEmpty} />, [isLarge, isEmpty]);

  return (
    <main
      className={isLarge ? 'canvas is-large' : 'canvas'}
      aria-label={t('canvas.graph')}
      onPointerOver={tellWhy}
    >
      <Hand>
        {isLarge ? <Dots /> : null}
        {isLarge ? <DrawnLayer /> : null}
        <ReactFlow<FlowNode, FlowEdge>
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          {...HANDLERS}
          reconnectRadius={14}
          connectionMode={ConnectionMode.Strict}
          connectionRadius={28}
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={ADDING_KEYS}
          zoomActivationKeyCode={ZOOMING_KEY}
          selectionOnDrag={!isLarge}
          selectionMode={SelectionMode.Partial}
          elevateNodesOnSelect={false}
          panOnScroll
          panOnDrag={PAN_BUTTONS}
          zoomOnDoubleClick={false}
          nodeDragThreshold={3}
          minZoom={isLarge ? LEAST_ZOOM.large : LEAST_ZOOM.small}
          maxZoom={2}
          snapToGrid
          snapGrid={GRID}
          proOptions={OPTIONS}
        >
          {floating}
        </ReactFlow>
      </Hand>
      <ContextMenu />
    </main>
  );
}

/** What lies over the cards. */
function Floating({
  isLarge,
  isEmpty,
}: {
  readonly isLarge: boolean;
  readonly isEmpty: boolean;
}): JSX.Element {
  useLanguage();
  return (
    <>
      {isLarge ? null : <Background variant={BackgroundVariant.Dots} {...DOTS} />}
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
    </>
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
