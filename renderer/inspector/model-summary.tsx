// The model as a whole: totals, how much is still uninitialized, and a row per layer to go to.
import { memo, useMemo, type JSX } from 'react';
import type { Graph, GraphNode } from '#core/document/project';
import { topologicalOrder } from '#core/graph/order';
import type { NodeInfo } from '#core/session/session';
import { formatShape, numel } from '#core/tensor/shape';

import { runCommand } from '../actions/commands';
import { focusNode } from '../canvas/focus-node';
import { LARGE } from '../canvas/scene';
import { Explained } from '../chrome/explained';
import { VirtualList } from '../fields/virtual-list';
import { showBytes } from '#core/units';
import { showCount } from '../panels/format';
import { openedBlocks, shownGraph, useDocument } from '../stores/document';
import { useLive, type ChipInfo, type NodeView } from '../stores/live';
import { useModel } from '../stores/model';
import { whyOutput, whyTotal } from '../stores/why';
import { t } from '../text';

export function ModelSummary({ selected }: { readonly selected: number }): JSX.Element {
  const name = useDocument((state) => state.project?.name ?? '');
  const dtype = useDocument((state) => state.project?.dtype ?? '');
  const block = useDocument((state) => openedBlocks(state).at(-1)?.block.name);
  const totals = useModel((state) => state.model?.totals);
  const views = useLive((state) => state.views);
  const { total, uninitialized } = useMemo(() => countChips(views), [views]);
  return (
    <>
      <header className="inspector-header">
        <div>
          <h2>{selected > 1 ? t('model.selected', { count: selected }) : t('model.title')}</h2>
          <p className="muted">{selected > 1 ? t('model.together') : name}</p>
        </div>
      </header>
      <div className="inspector-body">
        <Readiness total={total} uninitialized={uninitialized} block={block} />
        <dl className="facts">
          <Fact
            name={t('model.parameters')}
            value={totals?.parameters}
            show={showCount}
            why={() => whyTotal(parametersOf, showCount)}
          />
          <Fact name={t('model.memory')} value={totals?.bytes} show={showBytes} />
          <Fact
            name={t('model.forward')}
            value={totals?.flops}
            show={(value) => `${showCount(value)} FLOPs`}
            why={() => whyTotal(({ flops }) => flops ?? 0, showCount)}
          />
          <div>
            <dt>dtype</dt>
            <dd>{dtype}</dd>
          </div>
        </dl>
        <button
          type="button"
          className="button is-small"
          onClick={() => {
            runCommand('model.report');
          }}
        >
          {t('modelSummary.report')}
        </button>
        <LayerTable />
      </div>
    </>
  );
}

function countChips(views: ReadonlyMap<string, NodeView>): {
  readonly total: number;
  readonly uninitialized: number;
} {
  let total = 0;
  let uninitialized = 0;
  for (const { chips } of views.values()) {
    total += chips.length;
    for (const { state } of chips) if (state === 'uninitialized') uninitialized++;
  }
  return { total, uninitialized };
}

function Fact({
  name,
  value,
  show,
  why = () => '',
}: {
  readonly name: string;
  readonly value: number | null | undefined;
  readonly show: (value: number) => string;
  readonly why?: () => string;
}): JSX.Element {
  const isKnown = typeof value === 'number';
  return (
    <div>
      <dt>{name}</dt>
      <dd className={isKnown ? '' : 'muted'}>
        {isKnown ? <Explained text={show(value)} why={why} /> : t('model.unknown')}
      </dd>
    </div>
  );
}

/** How many tensors have their shape, and what brings the rest. */
function Readiness({
  total,
  uninitialized,
  block,
}: {
  readonly total: number;
  readonly uninitialized: number;
  /** The block that is open: the numbers are then its own. */
  readonly block: string | undefined;
}): JSX.Element {
  const ready = total - uninitialized;
  return (
    <div className="readiness" data-state={uninitialized === 0 ? 'ready' : 'waiting'}>
      <p className="readiness-line">
        <strong>{ready}</strong>{' '}
        {block === undefined ? t('model.ready', { total }) : t('model.readyBlock', { total, block })}
      </p>
      <progress max={Math.max(1, total)} value={ready} aria-label={t('modelSummary.tensorsWithAShape')} />
      {total > 0 && uninitialized > 0 ? (
        <p className="muted small">
          {t('model.waiting', { count: uninitialized })}{' '}
          <button
            type="button"
            className="link"
            onClick={() => {
              runCommand('model.feed');
            }}
          >
            {t('modelSummary.oneSampleBatch')}
          </button>{' '}
          {t('model.decides', { count: uninitialized })}
        </p>
      ) : null}
    </div>
  );
}

/** Of one layer, buffers left out. */
const parametersOf = ({ parameters }: NodeInfo): number =>
  parameters.reduce(
    (sum, { kind, shape }) => (kind === 'parameter' ? sum + numel(shape.map((size) => size ?? 0)) : sum),
    0,
  );

const count = (chips: readonly ChipInfo[]): string => {
  const known = chips
    .filter(({ kind }) => !kind.includes('buffer'))
    .map(({ shape }) => {
      const sizes = shape.filter((size) => size !== null);
      return sizes.length === shape.length ? numel(sizes) : null;
    });
  if (known.length === 0) return '–';
  return known.includes(null) ? '?' : showCount(known.reduce<number>((sum, size) => sum + (size ?? 0), 0));
};

/**
 * The same graph or a state of it a few edits ago: the shapes of a large one follow an edit, and so does the order. One with blocks is
 * inferred spelled out.
 */
const isNear = (inferred: Graph, shown: Graph): boolean =>
  inferred === shown ||
  (shown.nodes.length >= LARGE && shown.blocks === undefined && inferred.nodes[0]?.id === shown.nodes[0]?.id);

/** The nodes on the canvas as they run; those on a cycle come last. */
function inOrder(graph: Graph): readonly GraphNode[] {
  const { nodes } = topologicalOrder(graph);
  const placed = new Set(nodes);
  return [...nodes, ...graph.nodes.filter((node) => !placed.has(node))];
}

/** Pixels of a row, as in inspector.css. */
const ROW = 26;
const TABLE_HEIGHT = 420;

function LayerTable(): JSX.Element | null {
  const graph = useDocument(shownGraph);
  const inference = useLive((state) => state.inference);
  const order = useMemo(
    () =>
      !graph ? [] : inference && isNear(inference.graph, graph) ? inference.order.nodes : inOrder(graph),
    [graph, inference],
  );
  if (order.length === 0) return null;
  return (
    <section aria-label={t('modelSummary.layersOfTheModel')}>
      <h3 className="section-title">{t('common.layers')}</h3>
      <VirtualList
        count={order.length}
        rowHeight={ROW}
        height={TABLE_HEIGHT}
        className="layer-rows"
        label={t('common.layers')}
        row={(index) => {
          const node = order[index];
          return node ? <LayerRow key={node.id} id={node.id} name={node.name} /> : null;
        }}
      />
    </section>
  );
}

const LayerRow = memo(function LayerRow({
  id,
  name,
}: {
  readonly id: string;
  readonly name: string;
}): JSX.Element {
  const view = useLive((state) => state.views.get(id));
  const output = view?.outputs[0] ?? null;
  return (
    <li>
      <button
        type="button"
        className="layer-row"
        onClick={() => {
          focusNode(id);
        }}
      >
        <span className="layer-row-name">{name}</span>
        <span className="shape muted">
          <Explained
            text={output ? formatShape(output) : view?.outputs.length === 0 ? '' : '?'}
            why={() => whyOutput(id, 0)}
          />
        </span>
        <span className="layer-row-count">{count(view?.chips ?? [])}</span>
      </button>
    </li>
  );
});
