// The canvas as a tree for keyboard and screen reader: every node with its shapes, states, ports and tensors. What is chosen here is
// chosen on the canvas, and the other way round.
import { useEffect, useMemo, useRef, useState, type JSX, type KeyboardEvent, type MouseEvent } from 'react';
import { topologicalOrder } from '#core/graph/order';
import type { Graph, GraphNode } from '#core/document/project';

import { openBlock, isBlock } from '../actions/blocks';
import { runCommand } from '../actions/commands';
import { showNode } from '../canvas/viewport';
import { shownGraph, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { onlySelected, openDialog, select, useUi } from '../stores/ui';
import { t } from '../text';
import {
  addAtPort,
  belowOf,
  choose,
  disconnectPort,
  insertBefore,
  openMenuFor,
  pointOf,
  type Choice,
} from './outline-choice';
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
  const [active, setActive] = useState(() => onlySelected(useUi.getState()));
  const [view, setView] = useState({ top: 0, height: 400 });
  const box = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: '', at: 0 });
  /** Where a range that Shift extends begins. */
  const anchor = useRef<string | null>(null);
  /** The keys stay where they are while the tree itself selects. */
  const isChoosing = useRef(false);
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
        if (id === null || isChoosing.current) return;
        anchor.current = id;
        setActive((now) => (now?.split(' ')[0] === id ? now : id));
      }),
    [],
  );
  useEffect(() => {
    scrollTo(index);
  }, [index]);

  const go = (row: OutlineRow | undefined, how: Choice = 'only'): void => {
    if (!row) return;
    anchor.current = how === 'range' ? (anchor.current ?? rows[index]?.node ?? row.node) : row.node;
    setActive(row.key);
    isChoosing.current = true;
    choose(how, order, row.node, anchor.current);
    isChoosing.current = false;
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
    if (!row) return;
    const isDone = event.altKey
      ? event.code === 'KeyC' && connectFrom(row)
      : event.ctrlKey || event.metaKey
        ? chooseKey(event.key, row, 'none')
        : (event.shiftKey && chooseKey(event.key, row, 'range')) || handleKey(event.key, row);
    if (isDone) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const connectFrom = (row: OutlineRow): boolean => {
    openDialog({ kind: 'connect', node: row.node, ...(row.port ? { port: row.port } : {}) });
    return true;
  };

  /** Keys that lead to another row, whatever that does to the selection; the space bar adds a row to it or takes it out. */
  const chooseKey = (key: string, row: OutlineRow, how: Choice): boolean => {
    if (key === ' ') go(row, 'toggle');
    else if (key === 'ArrowDown') go(rows[index + 1], how);
    else if (key === 'ArrowUp') go(rows[index - 1], how);
    else if (key === 'Home') go(rows[0], how);
    else if (key === 'End') go(rows.at(-1), how);
    else return false;
    return true;
  };

  const handleKey = (key: string, row: OutlineRow): boolean => {
    switch (key) {
      case 'ArrowRight':
        if (row.isExpanded === true) go(rows[index + 1]);
        else if (row.level === 1) toggle(row.node, true);
        return true;
      case 'ArrowLeft':
        if (row.isExpanded === true) toggle(row.node, false);
        else if (row.level === 2) go(rows.find(({ key: other }) => other === row.node));
        return true;
      case 'Enter':
        if (row.port) addAtPort(row.node, row.port);
        else if (isBlock(row.node)) openBlock(row.node);
        else toggle(row.node, row.isExpanded !== true && row.level === 1);
        return true;
      case 'Insert':
        return row.port?.kind === 'input' && insertBefore(row.node, row.port.name);
      case 'F2':
        select([row.node]);
        runCommand('edit.rename');
        return true;
      case 'Delete':
      case 'Backspace':
        if (row.level === 2) return row.port !== undefined && disconnectPort(row.node, row.port);
        go(rows.find(({ level, at }) => level === 1 && at === siblingOf(row)));
        select([row.node]);
        runCommand('edit.delete');
        return true;
      default:
        return chooseKey(key, row, 'only') || (key.length === 1 && seek(key));
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
        aria-multiselectable
        aria-describedby="outline-help"
        aria-activedescendant={current ? rowId(current) : undefined}
        onKeyDown={onKeyDown}
        onContextMenu={(event) => {
          event.preventDefault();
          // The menu key's event comes from the tree, the mouse's from a row.
          const under = event.target instanceof Element ? event.target.closest('.outline-row') : null;
          const row = under ? rows.find((each) => rowId(each) === under.id) : current;
          if (row)
            openMenuFor(row.node, under ? pointOf(event) : belowOf(document.getElementById(rowId(row))));
        }}
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
              onChoose={({ shiftKey, ctrlKey, metaKey }) => {
                go(row, shiftKey ? 'range' : ctrlKey || metaKey ? 'toggle' : 'only');
                if (shiftKey || ctrlKey || metaKey) return;
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
  readonly onChoose?: (event: MouseEvent) => void;
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
