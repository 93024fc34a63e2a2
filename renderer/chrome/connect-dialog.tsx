// Connecting without a mouse: first the port the edge starts at, then the port it goes to, each from a list that typing filters.
import { Command } from 'cmdk';
import { Spline } from 'lucide-react';
import { useMemo, useState, type JSX } from 'react';
import { edgesInto } from '#core/graph/order';
import { formatShape } from '#core/tensor/shape';

import { connect, graphNow } from '../actions/graph';
import { connectionFault } from '../canvas/connection';
import { nodeOf, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { portsOf } from '../stores/ports';
import { select } from '../stores/ui';
import { t } from '../text';
import { matchScore } from './match';
import { Modal } from './modal';

export interface PortChoice {
  readonly kind: 'input' | 'output';
  readonly name: string;
}

interface ConnectDialogProps {
  readonly node: string;
  /** Where to start; asked for when the node has several ports. */
  readonly port: PortChoice | null;
  readonly onClose: () => void;
}

/** More rows than anyone reads: typing finds the others. */
const MOST = 200;

export function ConnectDialog({ node, port, onClose }: ConnectDialogProps): JSX.Element {
  const name = useDocument(() => nodeOf(graphNow() ?? undefined, node)?.name ?? '');
  const own = useMemo(() => portsOfNode(node), [node]);
  const [start, setStart] = useState<PortChoice | null>(port ?? (own.length === 1 ? (own[0] ?? null) : null));
  const title = start
    ? t('connect.port', { kind: t(`port.${start.kind}`), port: start.name, name })
    : t('connect.node', { name });
  return (
    <Modal title={title} className="command-palette" isBare onClose={onClose}>
      {start ? (
        <Targets node={node} start={start} title={title} onClose={onClose} />
      ) : (
        <Choice title={title} placeholder={t('connect.whichPort', { name })}>
          {own.map((choice) => (
            <Command.Item
              key={`${choice.kind} ${choice.name}`}
              value={`${choice.kind} ${choice.name}`}
              onSelect={() => {
                setStart(choice);
              }}
            >
              <Spline size={14} aria-hidden className="muted" />
              <span>
                {t(`port.${choice.kind}`)} {choice.name}
              </span>
            </Command.Item>
          ))}
        </Choice>
      )}
    </Modal>
  );
}

function portsOfNode(id: string): readonly PortChoice[] {
  const { inputs, outputs } = portsOf(nodeOf(graphNow() ?? undefined, id));
  const given = useLive.getState().views.get(id)?.outputs.length;
  return [
    ...outputs.slice(0, given).map(({ name }) => ({ kind: 'output', name }) as const),
    ...inputs.map(({ name }) => ({ kind: 'input', name }) as const),
  ];
}

function Choice({
  title,
  placeholder,
  children,
  onSearch,
}: {
  readonly title: string;
  readonly placeholder: string;
  readonly children: React.ReactNode;
  readonly onSearch?: (text: string) => void;
}): JSX.Element {
  return (
    <Command key={placeholder} label={title} loop filter={matchScore}>
      <div className="command-search">
        <Spline size={16} aria-hidden />
        <Command.Input
          autoFocus
          data-autofocus
          placeholder={placeholder}
          {...(onSearch ? { onValueChange: onSearch } : {})}
        />
        <kbd>Esc</kbd>
      </div>
      <Command.List>
        <Command.Empty>{t('connect.noPortIsCalled')}</Command.Empty>
        {children}
      </Command.List>
    </Command>
  );
}

interface Target {
  readonly node: string;
  readonly port: string;
  readonly text: string;
  readonly detail: string;
}

function Targets({
  node,
  start,
  title,
  onClose,
}: {
  readonly node: string;
  readonly start: PortChoice;
  readonly title: string;
  readonly onClose: () => void;
}): JSX.Element {
  const [search, setSearch] = useState('');
  const all = useMemo(() => targetsFor(node, start), [node, start]);
  const words = search.toLowerCase();
  const found = all.filter(({ text }) => text.toLowerCase().includes(words)).slice(0, MOST);
  return (
    <Choice
      title={title}
      placeholder={start.kind === 'output' ? t('connect.whichInput') : t('connect.whichOutput')}
      onSearch={setSearch}
    >
      {found.map((target) => (
        <Command.Item
          key={`${target.node} ${target.port}`}
          value={`${target.text} ${target.node}`}
          onSelect={() => {
            const here = { node, port: start.name };
            const there = { node: target.node, port: target.port };
            onClose();
            if (start.kind === 'output') connect(here, there);
            else connect(there, here);
            select([node]);
          }}
        >
          <Spline size={14} aria-hidden className="muted" />
          <span>{target.text}</span>
          <span className="muted">{target.detail}</span>
        </Command.Item>
      ))}
    </Choice>
  );
}

/** Ports an edge may go to, nearest in the list of nodes first. */
function targetsFor(node: string, start: PortChoice): readonly Target[] {
  const graph = graphNow();
  if (!graph) return [];
  const { views } = useLive.getState();
  const place = graph.nodes.findIndex(({ id }) => id === node);
  const near = graph.nodes
    .map((other, at) => ({ other, distance: Math.abs(at - place - 0.5) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 2_000);
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]));
  return near.flatMap(({ other }): Target[] => {
    const ports = portsOf(other);
    const offered = start.kind === 'output' ? ports.inputs : ports.outputs;
    return offered.flatMap((port, at): Target[] => {
      const here = { node, port: start.name };
      const there = { node: other.id, port: port.name };
      const ends = start.kind === 'output' ? { from: here, to: there } : { from: there, to: here };
      if (connectionFault(graph, { ...ends, replaces: null }) !== null) return [];
      const taken = edgesInto(graph, other.id).filter(({ to }) => to.port === port.name);
      const now = taken.map(({ from }) => names.get(from.node) ?? '?').join(t('list.and'));
      const shape = views.get(other.id)?.outputs[at];
      const isReplaced = port.isVariadic !== true && now !== '';
      const detail =
        start.kind === 'input'
          ? shape
            ? formatShape(shape)
            : t('shape.unknown')
          : isReplaced
            ? t('connect.instead', { name: now })
            : now === ''
              ? t('port.free')
              : t('connect.beside', { name: now });
      return [{ ...there, text: `${other.name} ${port.name}`, detail }];
    });
  });
}
