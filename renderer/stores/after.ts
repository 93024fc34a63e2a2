// What cards would show after a change that is not accepted yet: another sample, a value being typed, a repair being looked at.
// The graph is inferred as a sample would find it with no size fixed, and only what differs from now is kept.
import { create } from 'zustand';
import type { Graph } from '#core/document/project';
import { applyEdit, type Edit } from '#core/graph/edits';
import { flattened } from '#core/graph/flatten';
import { inferInTurns } from '#core/graph/infer';
import type { EdgeShape } from '#core/layers/declaration';
import { shapesEqual, type PartialShape, type Shape } from '#core/tensor/shape';
import { drain } from '#core/turns';

import { openedBlocks, scopePath, shownGraph, useDocument } from './document';
import { useLive, type NodeView } from './live';
import { composite, viewOf } from './views';

export interface After {
  /** Output by output; null where it stays as it is. */
  readonly outputs: readonly EdgeShape[];
  /** Shapes of tensors that would change, by name of the chip. */
  readonly tensors: ReadonlyMap<string, PartialShape>;
}

interface AfterState {
  /** By node of the open graph; only those that change. */
  readonly cards: ReadonlyMap<string, After>;
}

const NOTHING: AfterState = { cards: new Map() };

export const useAfter = create<AfterState>(() => NOTHING);

/** Beyond this many nodes inferring the whole graph would be felt while typing. */
const MOST_NODES = 1_500;
const TYPING_MS = 120;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Cards are as they are again. */
export function clearAfter(): void {
  clearTimeout(timer);
  if (useAfter.getState().cards.size > 0) useAfter.setState(NOTHING);
}

/** What feeding samples of these shapes would make of the cards. */
export function showAfterFeed(inputs: Readonly<Record<string, Shape>>): void {
  const { project } = useDocument.getState();
  if (project) show(project.graph, inputs);
}

/** What an edit of the open graph (or of the whole one) would make of them, a moment later; nothing for one that is refused. */
export function showAfterEdit(edit: Edit, of: 'open' | 'whole' = 'open'): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const state = useDocument.getState();
    const block = openedBlocks(state).at(-1)?.block;
    if (!state.project) return;
    const whole: Edit = of === 'open' && block ? { kind: 'in_block', block: block.id, edit } : edit;
    try {
      show(applyEdit(state.project.graph, whole).graph, useLive.getState().options.inputs ?? {});
    } catch {
      clearAfter();
    }
  }, TYPING_MS);
}

function show(graph: Graph, inputs: Readonly<Record<string, Shape>>): void {
  const state = useDocument.getState();
  const shown = shownGraph({ scope: state.scope, project: state.project && { ...state.project, graph } });
  const whole = flattened(graph);
  if (!state.project || !shown || whole.graph.nodes.length > MOST_NODES) return clearAfter();
  const { dtype } = state.project;
  const inference = drain(inferInTurns(whole.graph, { inputs }));
  const path = scopePath(state);
  const around = { path, graph: shown, top: graph, whole, inference, infos: new Map(), dtype };
  const { views } = useLive.getState();
  const cards = new Map<string, After>();
  for (const node of shown.nodes) {
    const now = views.get(node.id);
    const inferred = inference.nodes.get(path + node.id);
    const then = inferred ? viewOf(inferred, undefined, [], dtype) : composite(node, [], around);
    const after = now && changed(now, then);
    if (after) cards.set(node.id, after);
  }
  useAfter.setState({ cards });
}

/** What would be said of a card that is not said now; null where nothing is. */
function changed(now: NodeView, then: NodeView): After | null {
  // The ends of a graph show what comes in.
  const [before, after] = now.outputs.length > 0 ? [now.outputs, then.outputs] : [now.inputs, then.inputs];
  const outputs = after.map((shape, at) => {
    const old = before[at] ?? null;
    return (old === null && isKnown(shape)) || differs(old, shape) ? shape : null;
  });
  const tensors = new Map<string, PartialShape>();
  for (const { name, shape } of then.chips) {
    const chip = now.chips.find((other) => other.name === name);
    if (chip && chip.state !== 'uninitialized' && differs(chip.shape, shape)) tensors.set(name, shape);
  }
  return tensors.size > 0 || outputs.some((shape) => shape !== null) ? { outputs, tensors } : null;
}

const isKnown = (shape: EdgeShape): shape is readonly number[] =>
  shape?.every((size) => size !== null) === true;

const differs = (before: EdgeShape, after: EdgeShape): boolean =>
  before !== null &&
  isKnown(after) &&
  !shapesEqual(
    before.map((size) => size ?? -1),
    after,
  );

// What was looked at is not what the document says any more.
useDocument.subscribe((state, before) => {
  if (state.project?.graph !== before.project?.graph || state.scope !== before.scope) clearAfter();
});
