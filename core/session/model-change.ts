// A picture of the model as what changed since the last one: after an edit of a large graph nearly all of it says the same again.
import { applyToList, listChange } from '../document/change';
import type { Turned } from '../turns';
import type { ModelInfo, NodeInfo } from './session';

/** Texts are JSON, which crosses the bridge between processes some twenty times as fast as objects do. */
export interface ModelChange {
  /** Names the picture that results, for the next change. */
  readonly version: number;
  /** The picture it is the change of; null: of one without nodes. */
  readonly since: number | null;
  /** What is not by node: short, and sent whole. */
  readonly rest: string;
  /** `removed` nodes from index `at` on give way to those of `added`: lists of a few nodes each, to be read one in a turn. */
  readonly nodes: { readonly at: number; readonly removed: number; readonly added: readonly string[] };
}

/** Nodes in one text: reading it takes a fraction of a frame. */
const PER_TEXT = 64;

/** The side that makes the pictures: keeps what it told last, as text. */
export class ModelTeller {
  #version = 0;
  #told: readonly string[] = [];
  /** Of pictures of nodes, which stay the same objects while they say the same. */
  readonly #texts = new WeakMap<NodeInfo, string>();

  /** The change from picture `since` (any that is not the last one counts as none) to `model`. */
  tell({ nodes, ...rest }: ModelInfo, since: number | null): ModelChange {
    const texts = nodes.map((node) => this.#textOf(node));
    const isLast = since !== null && since === this.#version;
    const { at, removed, added } = listChange(isLast ? this.#told : [], texts);
    this.#told = texts;
    this.#version++;
    return {
      version: this.#version,
      since: isLast ? since : null,
      rest: JSON.stringify(rest),
      nodes: { at, removed, added: inTexts(added) },
    };
  }

  #textOf(node: NodeInfo): string {
    let text = this.#texts.get(node);
    if (text === undefined) this.#texts.set(node, (text = JSON.stringify(node)));
    return text;
  }
}

function inTexts(nodes: readonly string[]): string[] {
  const texts: string[] = [];
  for (let from = 0; from < nodes.length; from += PER_TEXT)
    texts.push(`[${nodes.slice(from, from + PER_TEXT).join(',')}]`);
  return texts;
}

/** The side that shows them: nodes that say the same keep their identity. */
export class ModelListener {
  #version: number | null = null;
  #nodes: readonly NodeInfo[] = [];

  /** The picture it has, to ask for what changed since. */
  get version(): number | null {
    return this.#version;
  }

  /** One change after the other: a second may be asked for when the first is heard. */
  *hear({ version, since, rest, nodes: { at, removed, added } }: ModelChange): Turned<ModelInfo> {
    const read: NodeInfo[] = [];
    for (const text of added) {
      read.push(...(JSON.parse(text) as NodeInfo[]));
      yield;
    }
    this.#nodes = applyToList(since === null ? [] : this.#nodes, { at, removed, added: read }, 'nodes');
    this.#version = version;
    return { ...(JSON.parse(rest) as Omit<ModelInfo, 'nodes'>), nodes: this.#nodes };
  }
}
