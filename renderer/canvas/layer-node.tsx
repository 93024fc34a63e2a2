// A node's card: name, layer, key params, parameter chips, output shape, and what is wrong with it. It re-renders when its own
// node or its own view changes, never for another node, for a selection (the style sheet shows that by the graph library's class) or for
// a step of training.
import { Handle, Position, useUpdateNodeInternals, type NodeProps } from '@xyflow/react';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { memo, useEffect, useRef, type JSX } from 'react';
import type { GraphNode } from '#core/document/project';
import { findLayer } from '#core/layers/index';
import type { PortSpec } from '#core/layers/declaration';
import type { Problem } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

import { shownGraph, useDocument, useNode } from '../stores/document';
import { useAfter } from '../stores/after';
import { portsOf } from '../stores/ports';
import { useLive, type NodeView } from '../stores/live';
import { showDock, startRename, useUi } from '../stores/ui';
import { CategoryIcon } from '../chrome/category-icon';
import { BeforeAfter } from './before-after';
import { CardHeat } from './card-heat';
import { chipsShown } from './card-size';
import { Chip } from './chip';
import type { FlowNode } from './to-flow';
import { NodeName } from './node-name';
import { paramSummary } from './param-summary';
import { pickUpEdge } from './pick-up';
import { saidText, t, useLanguage } from '../text';

export const LayerNode = memo(Card, (before, now) => before.id === now.id);

function Card({ id }: NodeProps<FlowNode>): JSX.Element | null {
  useLanguage();
  const node = useNode(id);
  const view = useLive((state) => state.views.get(id));
  const after = useAfter((state) => state.cards.get(id));
  const isRenaming = useUi((state) => state.renaming === id);
  const project = useDocument((state) => (state.project?.graph.blocks ? state.project : null));
  const isRight = useDocument((state) => shownGraph(state)?.direction === 'right');
  useTurnedPorts(id, isRight);
  if (!node) return null;
  const declaration = findLayer(node.layer);
  const ports = portsOf(node, project);
  const summary = declaration ? paramSummary(declaration, node.params) : blockSummary(node, view);
  const hasError = view?.problems.some(({ severity }) => severity === 'error') ?? false;
  const tone = hasError ? 'has-error' : (view?.problems.length ?? 0) > 0 ? 'has-warning' : '';
  return (
    <div
      className={`card ${tone} ${node.block ? 'is-block' : ''} ${after ? 'is-changing' : ''}`}
      data-category={view?.category}
      onMouseDownCapture={(event) => {
        pickUpEdge(event, id);
      }}
    >
      <CardHeat id={id} />
      <Ports kind="input" ports={ports.inputs} isRight={isRight} />
      <header className="card-header">
        <CategoryIcon category={view?.category ?? null} isBlock={view?.isBlock ?? false} />
        <NodeName
          id={id}
          name={node.name}
          isEditing={isRenaming}
          onDone={() => {
            startRename(null);
          }}
        />
        <span className="card-layer">{view?.title ?? node.layer}</span>
      </header>
      {summary === '' ? null : (
        <p className="card-summary" title={summary}>
          {summary}
        </p>
      )}
      {view && view.chips.length > 0 && !node.block ? (
        <ul className="chips" aria-label={t('card.parametersOf', { name: node.name })}>
          {view.chips.slice(0, chipsShown(view.chips.length)).map((chip) => (
            <Chip key={chip.name} chip={chip} node={id} after={after?.tensors.get(chip.name) ?? null} />
          ))}
          <OtherChips chips={view.chips.slice(chipsShown(view.chips.length))} />
        </ul>
      ) : null}
      <footer className="card-footer">
        <OutputShapes
          shapes={view?.outputs ?? []}
          isEnd={declaration?.outputs.length === 0}
          view={view?.inputs}
          after={after?.outputs ?? NO_SHAPES}
        />
      </footer>
      {view && view.problems.length > 0 ? <ProblemNote problems={view.problems} /> : null}
      <Ports kind="output" ports={ports.outputs.slice(0, view?.outputs.length)} isRight={isRight} />
    </div>
  );
}

/** Tells the graph library that the ports moved to other sides of the card. Where a new card has them it finds out by itself. */
function useTurnedPorts(id: string, isRight: boolean): void {
  const updateNodeInternals = useUpdateNodeInternals();
  const known = useRef(isRight);
  useEffect(() => {
    if (known.current === isRight) return;
    known.current = isRight;
    updateNodeInternals(id);
  }, [id, isRight, updateNodeInternals]);
}

const NO_SHAPES: readonly null[] = [];

/** One line for those that have none of their own. */
function OtherChips({ chips }: { readonly chips: NodeView['chips'] }): JSX.Element | null {
  if (chips.length === 0) return null;
  const isWaiting = chips.some(({ state }) => state === 'uninitialized');
  return (
    <li className={`chip ${isWaiting ? 'is-hollow' : 'is-solid'}`}>
      {t('card.others', { tensors: tensorsText(chips) })}
    </li>
  );
}

/** `6 tensors, 4 uninitialized` */
function tensorsText(chips: NodeView['chips']): string {
  const waiting = chips.filter(({ state }) => state === 'uninitialized').length;
  return waiting > 0
    ? t('card.tensorsWaiting', { count: chips.length, waiting })
    : t('count.tensors', { count: chips.length });
}

/** `×3 · weights shared · 6 tensors, 4 uninitialized` */
function blockSummary({ block }: GraphNode, view: NodeView | undefined): string {
  const chips = view?.chips ?? [];
  return [
    ...(block?.repeat === undefined ? [] : [`×${block.repeat}`]),
    ...(block?.weights === 'shared' ? [t('card.shared')] : []),
    ...(chips.length === 0 ? [] : [tensorsText(chips)]),
  ].join(' · ');
}

function OutputShapes({
  shapes,
  isEnd,
  view,
  after,
}: {
  readonly shapes: readonly (readonly (number | null)[] | null)[];
  readonly isEnd: boolean;
  readonly view: readonly (readonly (number | null)[] | null)[] | undefined;
  /** What they would be after a change that is looked at. */
  readonly after: readonly (readonly (number | null)[] | null)[];
}): JSX.Element {
  const shown = isEnd ? (view ?? []) : shapes;
  const text = shown.map((shape) => (shape ? formatShape(shape) : '?')).join(', ');
  const next = after.find((shape) => shape !== null);
  const isKnown = shown.length > 0 && shown.every((shape) => shape?.every((size) => size !== null) ?? false);
  return (
    <>
      <span className="card-footer-word">{t(isEnd ? 'card.result' : 'card.output')}</span>
      <span className={`shape ${isKnown ? '' : 'is-unknown'}`}>
        {next ? <BeforeAfter before={text === '' ? '?' : text} after={next} /> : text === '' ? '?' : text}
      </span>
    </>
  );
}

const SIDES = {
  input: { down: Position.Top, right: Position.Left },
  output: { down: Position.Bottom, right: Position.Right },
} as const;

function Ports({
  kind,
  ports,
  isRight,
}: {
  readonly kind: 'input' | 'output';
  readonly ports: readonly PortSpec[];
  /** The drawing runs to the right: inputs stand at the left. */
  readonly isRight: boolean;
}): readonly JSX.Element[] {
  return ports.map((port, at) => (
    <Handle
      key={port.name}
      id={port.name}
      type={kind === 'input' ? 'target' : 'source'}
      position={SIDES[kind][isRight ? 'right' : 'down']}
      style={{ [isRight ? 'top' : 'left']: `${((at + 1) / (ports.length + 1)) * 100}%` }}
      title={port.isVariadic === true ? `${port.name} ${t('card.variadic')}` : port.name}
      className={port.isVariadic === true ? 'is-variadic' : ''}
    />
  ));
}

function ProblemNote({ problems }: { readonly problems: readonly Problem[] }): JSX.Element | null {
  const worst = problems.find(({ severity }) => severity === 'error') ?? problems[0];
  if (!worst) return null;
  const Icon = worst.severity === 'error' ? CircleAlert : TriangleAlert;
  return (
    <button
      type="button"
      className="card-problem nodrag"
      title={problems.map(({ message }) => saidText(message)).join('\n')}
      onClick={() => {
        showDock('problems');
      }}
    >
      <Icon size={13} aria-hidden />
      <span>{saidText(worst.message)}</span>
      {problems.length > 1 ? <span className="count">+{problems.length - 1}</span> : null}
    </button>
  );
}
