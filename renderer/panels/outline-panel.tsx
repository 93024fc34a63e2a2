// The canvas as a tree for keyboard and screen reader: every node with its shapes, states, ports and tensors. What is chosen here is
// chosen on the canvas, and the other way round.
import { useEffect, useMemo, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { topologicalOrder } from '#core/graph/order';
import type { Graph, GraphNode } from '#core/document/project';

import { openBlock, isBlock } from '../actions/blocks';
import { runCommand } from '../actions/commands';
import { showNode } from '../canvas/viewport';
import { shownGraph, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { onlySelected, openDialog, select, useUi } from '../stores/ui';
import { t } from '../text';
import { outlineRows, type OutlineRow } from './outline-rows';

/** Pixels of a row, as in dock.css. */
const ROW = 26;
const AROUND = 10;

/** Running order; nodes on a cycle last. */
function inOrder(graph: Graph): readonly GraphNode[] {
  const { nodes } = topologicalOrder(graph);
  if (nodes.length === graph.nodes.length) return nodes;
  const placed = new Set(nodes);
  return [...nodes, ...graph.nodes.filter((node) => !placed.has(node))];
}

export function OutlinePanel(): JSX.Element {
  const graph = useDocument(shownGraph);
  const project = useDocument((state) => state.project);
  const views = useLive((state) => state.views);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | null>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  const box = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: '', at: 0 });
  const order = useMemo(() => (graph ? inOrder(graph) : []), [graph]);
  const rows = useMemo(
    () => (graph ? outlineRows(graph, order, views, open, project) : []),
    [graph, order, views, open, project],
  );
  const index = Math.max(
    0,
    rows.findIndex(({ key }) => key === active),
  );

  const scrollTo = (at: number): void => {
    const element = box.current;
    if (!element) return;
    if (at * ROW < element.scrollTop) element.scrollTop = at * ROW;
    else if ((at + 1) * ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = (at + 1) * ROW - element.clientHeight;
  };

  /** The canvas chose a node: the tree goes there. */
  useEffect(
    () =>
      useUi.subscribe((state, before) => {
        if (state.selection === before.selection) return;
        const id = onlySelected(state);
        if (id !== null) setActive((now) => (now?.split(' ')[0] === id ? now : id));
      }),
    [],
  );
  useEffect(() => {
    scrollTo(index);
  }, [index]);

  const go = (row: OutlineRow | undefined): void => {
    if (!row) return;
    setActive(row.key);
    select([row.node]);
    showNode(row.node);
  };
  const toggle = (node: string, isOpen: boolean): void => {
    const next = new Set(open);
    if (isOpen) next.add(node);
    else next.delete(node);
    setOpen(next);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[index];
    if (!row || event.ctrlKey || event.metaKey) return;
    const isDone = event.altKey ? event.code === 'KeyC' && connectFrom(row) : handleKey(event.key, row);
    if (isDone) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const connectFrom = (row: OutlineRow): boolean => {
    openDialog({ kind: 'connect', node: row.node, ...(row.port ? { port: row.port } : {}) });
    return true;
  };

  const handleKey = (key: string, row: OutlineRow): boolean => {
    switch (key) {
      case 'ArrowDown':
        go(rows[index + 1]);
        return true;
      case 'ArrowUp':
        go(rows[index - 1]);
        return true;
      case 'Home':
        go(rows[0]);
        return true;
      case 'End':
        go(rows.at(-1));
        return true;
      case 'ArrowRight':
        if (row.isExpanded === true) go(rows[index + 1]);
        else if (row.level === 1) toggle(row.node, true);
        return true;
      case 'ArrowLeft':
        if (row.isExpanded === true) toggle(row.node, false);
        else if (row.level === 2) go(rows.find(({ key: other }) => other === row.node));
        return true;
      case 'Enter':
        if (isBlock(row.node)) openBlock(row.node);
        else toggle(row.node, row.isExpanded !== true && row.level === 1);
        return true;
      case 'F2':
        select([row.node]);
        runCommand('edit.rename');
        return true;
      case 'Delete':
      case 'Backspace':
        go(rows.find(({ level, at }) => level === 1 && at === siblingOf(row)));
        select([row.node]);
        runCommand('edit.delete');
        return true;
      default:
        return key.length === 1 && key !== ' ' && seek(key);
    }
  };

  /** After the row is deleted: the node behind it, or the one before the last. */
  const siblingOf = (row: OutlineRow): number => {
    const own = rows.find(({ key }) => key === row.node);
    return own && own.at < own.of ? own.at + 1 : (own?.at ?? 1) - 1;
  };

  /** Goes to the next node whose name begins with what was just typed. */
  const seek = (key: string): boolean => {
    const now = performance.now();
    typed.current = { text: now - typed.current.at < 800 ? typed.current.text + key : key, at: now };
    const text = typed.current.text.toLowerCase();
    const from = text.length === 1 ? index + 1 : index;
    const turned = [...rows.slice(from), ...rows.slice(0, from)];
    go(turned.find((row) => row.level === 1 && row.text.toLowerCase().startsWith(text)));
    return true;
  };

  const first = Math.max(0, Math.floor(view.top / ROW) - AROUND);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + AROUND);
  const shown = rows.slice(first, last);
  const current = rows[index];
  return (
    <div className="outline">
      <p id="outline-help" className="muted small">
        {t('outline.arrowsMoveAndUnfold')}
      </p>
      <div
        ref={box}
        role="tree"
        tabIndex={0}
        className="outline-tree"
        aria-label={t('outline.outlineOfTheGraph')}
        aria-describedby="outline-help"
        aria-activedescendant={current ? rowId(current) : undefined}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget }) => {
          setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight });
        }}
      >
        <div
          role="presentation"
          style={{ paddingTop: first * ROW, paddingBottom: (rows.length - last) * ROW }}
        >
          {/* The active row is always there, for the screen reader. */}
          {current && (index < first || index >= last) ? <Row row={current} isActive isHidden /> : null}
          {shown.map((row) => (
            <Row
              key={row.key}
              row={row}
              isActive={row.key === current?.key}
              onChoose={() => {
                go(row);
                if (row.key === active && row.level === 1) toggle(row.node, row.isExpanded !== true);
              }}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

const rowId = ({ key }: OutlineRow): string => `outline-${key.replaceAll(' ', '-')}`;

function Row({
  row,
  isActive,
  isHidden = false,
  onChoose,
}: {
  readonly row: OutlineRow;
  readonly isActive: boolean;
  readonly isHidden?: boolean;
  readonly onChoose?: () => void;
}): JSX.Element {
  const isSelected = useUi((state) => state.selection.nodes.has(row.node));
  return (
    <div
      id={rowId(row)}
      role="treeitem"
      aria-level={row.level}
      aria-setsize={row.of}
      aria-posinset={row.at}
      aria-expanded={row.isExpanded}
      aria-selected={isSelected}
      className={`outline-row is-level-${row.level} ${isActive ? 'is-active' : ''} ${isHidden ? 'is-out' : ''}`}
      onClick={onChoose}
    >
      {row.text}
    </div>
  );
}
