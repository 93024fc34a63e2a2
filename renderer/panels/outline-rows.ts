// The graph as the rows of a tree: a node, and below it its ports with their shapes and its tensors with their states. Words only, so that
// what a screen reader says can be tested.
import type { Graph, GraphNode, Project } from '#core/document/project';
import { edgesFrom, edgesInto } from '#core/graph/order';
import { formatShape } from '#core/tensor/shape';

import type { NodeView } from '../stores/live';
import { portsOf } from '../stores/ports';
import { whyOutput } from '../stores/why';
import { provenanceText, saidText, t } from '../text';

export interface OutlineRow {
  /** Unique in the tree: `n2`, `n2 in input`. */
  readonly key: string;
  readonly node: string;
  readonly level: 1 | 2;
  readonly text: string;
  /** Where a connection could start. */
  readonly port?: { readonly kind: 'input' | 'output'; readonly name: string };
  readonly isExpanded?: boolean;
  /** Place among its siblings, from 1, and how many they are. */
  readonly at: number;
  readonly of: number;
}

const shapeText = (shape: NodeView['outputs'][number] | undefined): string =>
  shape ? formatShape(shape) : t('shape.unknown');

/** `conv1, Conv2d, output 64×16×8×8, 2 uninitialized, error: …` */
export function nodeText(node: GraphNode, view: NodeView | undefined): string {
  const waiting = view?.chips.filter(({ state }) => state === 'uninitialized').length ?? 0;
  return [
    node.name,
    view?.title ?? node.layer,
    ...(view && view.outputs.length > 0
      ? [t('card.output.shapes', { shapes: view.outputs.map(shapeText).join(t('list.and')) })]
      : []),
    ...(waiting > 0 ? [t('card.waiting', { count: waiting })] : []),
    ...(view?.problems.map(({ severity, message }) => `${t(`severity.${severity}`)}: ${saidText(message)}`) ??
      []),
  ].join(', ');
}

/** All visible rows, in running order; the children of `open` nodes below them. */
export function outlineRows(
  graph: Graph,
  order: readonly GraphNode[],
  views: ReadonlyMap<string, NodeView>,
  open: ReadonlySet<string>,
  project: Project | null,
): readonly OutlineRow[] {
  const names = open.size === 0 ? null : new Map(graph.nodes.map(({ id, name }) => [id, name]));
  return order.flatMap((node, index): OutlineRow[] => {
    const view = views.get(node.id);
    const isExpanded = open.has(node.id);
    const row = {
      key: node.id,
      node: node.id,
      level: 1,
      isExpanded,
      at: index + 1,
      of: order.length,
    } as const;
    const self: OutlineRow = { ...row, text: nodeText(node, view) };
    return names && isExpanded ? [self, ...children(graph, node, view, names, project)] : [self];
  });
}

function children(
  graph: Graph,
  node: GraphNode,
  view: NodeView | undefined,
  names: ReadonlyMap<string, string>,
  project: Project | null,
): OutlineRow[] {
  const { inputs, outputs } = portsOf(node, project);
  const named = (ids: readonly string[]): string => ids.map((id) => names.get(id) ?? '?').join(t('list.and'));
  const rows = [
    ...inputs.map(({ name }, at) => {
      const from = edgesInto(graph, node.id).filter(({ to }) => to.port === name);
      const edges =
        from.length === 0
          ? t('port.free')
          : t('port.from', { names: named(from.map((edge) => edge.from.node)) });
      return {
        key: `${node.id} in ${name}`,
        text: t('port.input.row', { name, edges, shape: shapeText(view?.inputs[at]) }),
        port: { kind: 'input', name } as const,
      };
    }),
    ...outputs.slice(0, view?.outputs.length).map(({ name }, at) => {
      const to = edgesFrom(graph, node.id).filter(({ from }) => from.port === name);
      const edges =
        to.length === 0 ? t('port.free') : t('port.to', { names: named(to.map((edge) => edge.to.node)) });
      return {
        key: `${node.id} out ${name}`,
        text: [
          t('port.output.row', { name, edges, shape: shapeText(view?.outputs[at]) }),
          ...whyOutput(node.id, at).split('\n').filter((why) => why !== ''), // prettier-ignore
        ].join(', '),
        port: { kind: 'output', name } as const,
      };
    }),
    ...(view?.chips ?? []).map((chip) => ({
      key: `${node.id} tensor ${chip.key}`,
      text: [
        chip.name,
        formatShape(chip.shape),
        t(`tensor.state.${chip.state}`),
        ...(chip.state === 'uninitialized' && chip.waitsFor !== null
          ? [t('chip.waitsFor', { what: chip.waitsFor })]
          : []),
        ...(chip.provenance === '' ? [] : [provenanceText(chip.provenance)]),
      ].join(', '),
    })),
  ];
  return rows.map((row, at) => ({ ...row, node: node.id, level: 2, at: at + 1, of: rows.length }));
}
