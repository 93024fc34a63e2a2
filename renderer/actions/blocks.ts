// Blocks by hand: collapse the selection into one, open and leave it, repeat it, share its weights, break it up.
import type { BlockUse } from '#core/document/project';
import { breakUpEdit } from '#core/graph/break-up';
import { collapseEdit } from '#core/graph/collapse';
import { nameFault, uniqueName } from '#core/graph/names';

import { fitSoon, focusCardSoon } from '../canvas/viewport';
import { nodeOf, openScope, useDocument } from '../stores/document';
import { showNote } from '../stores/toasts';
import { onlySelected, select, startRename, useUi } from '../stores/ui';
import { t } from '../text';
import { change, graphNow, graphWithBlocks } from './graph';

export function collapseSelection(): void {
  const graph = graphWithBlocks();
  if (!graph) return;
  const taken = [...graph.nodes, ...(graph.blocks ?? [])].map(({ name }) => name);
  const made = collapseEdit(graph, useUi.getState().selection.nodes, uniqueName('block1', taken));
  if (!made) {
    showNote(t('told.theseLayersCannotBecomeOne'));
    return;
  }
  if (!change(made.edit, t('step.collapse'))) return;
  select([made.node]);
  startRename(made.node);
}

/** The layers of the selected instance in its place. */
export function breakUpSelected(): void {
  const graph = graphWithBlocks();
  const id = onlySelected(useUi.getState());
  const apart = graph && id !== null ? breakUpEdit(graph, id) : null;
  if (apart && change(apart.edit, t('step.breakUp'))) select(apart.ids);
}

export const isBlock = (id: string | null): boolean =>
  nodeOf(graphNow() ?? undefined, id)?.block !== undefined;

/** Shows the inside of an instance; nothing for another node. */
export function openBlock(id: string): void {
  if (!isBlock(id)) return;
  const { scope } = useDocument.getState();
  show([...scope, id]);
}

/** Goes back out to `depth` opened blocks; what was opened is selected there. */
export function leaveTo(depth: number): void {
  const { scope } = useDocument.getState();
  const left = scope[depth];
  show(scope.slice(0, depth), left);
  if (left !== undefined) select([left]);
}

export const leaveBlock = (): void => {
  const { scope } = useDocument.getState();
  if (scope.length > 0) leaveTo(scope.length - 1);
};

/** Shows a part of the graph, by the instances that lead to it. The keys go on at `card`, else at the first one there. */
export function show(scope: readonly string[], card?: string): void {
  select([]);
  openScope(scope);
  fitSoon();
  const first = card ?? graphNow()?.nodes[0]?.id;
  if (first !== undefined) focusCardSoon(first);
}

/** Changes how an instance uses its block; undefined takes a choice away. */
export function setBlockUse(
  id: string,
  next: { readonly [option in 'repeat' | 'weights']?: BlockUse[option] | undefined },
): void {
  const use = nodeOf(graphNow() ?? undefined, id)?.block;
  if (!use) return;
  const merged = Object.entries({ ...use, ...next }).filter(
    ([, value]) => value !== undefined && value !== 1,
  );
  change(
    { kind: 'set_block_use', id, use: { ...Object.fromEntries(merged), id: use.id } },
    t('step.changeBlock'),
  );
}

/** Names a definition. */
export function renameBlock(id: string, name: string): void {
  if (nameFault(name) === null) change({ kind: 'rename_block', id, name }, t('step.renameBlock'));
}
