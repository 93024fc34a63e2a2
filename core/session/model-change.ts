// A picture of the model as what changed since the last one: after an edit of a large graph nearly all of it says the same again.
import { applyToList, listChange, type ListChange } from '../document/change';
import type { ModelInfo, NodeInfo } from './session';

/** What is not by node is short, and sent whole. */
export interface ModelChange {
  /** Names the picture that results, for the next change. */
  readonly version: number;
  /** The picture it is the change of; null: of one without nodes. */
  readonly since: number | null;
  readonly rest: Omit<ModelInfo, 'nodes'>;
  readonly nodes: ListChange<NodeInfo>;
}

/** The side that makes the pictures: keeps what it told last, as text. */
export class ModelTeller {
  #version = 0;
  #told: readonly string[] = [];

  /** The change from picture `since` (any that is not the last one counts as none) to `model`. */
  tell({ nodes, ...rest }: ModelInfo, since: number | null): ModelChange {
    const texts = nodes.map((node) => JSON.stringify(node));
    const isLast = since !== null && since === this.#version;
    const { at, removed, added } = listChange(isLast ? this.#told : [], texts);
    this.#told = texts;
    this.#version++;
    return {
      version: this.#version,
      since: isLast ? since : null,
      rest,
      nodes: { at, removed, added: nodes.slice(at, at + added.length) },
    };
  }
}

/** The side that shows them: nodes that say the same keep their identity. */
export class ModelListener {
  #version: number | null = null;
  #nodes: readonly NodeInfo[] = [];

  /** The picture it has, to ask for what changed since. */
  get version(): number | null {
    return this.#version;
  }

  hear({ version, since, rest, nodes }: ModelChange): ModelInfo {
    this.#nodes = applyToList(since === null ? [] : this.#nodes, nodes, 'nodes');
    this.#version = version;
    return { ...rest, nodes: this.#nodes };
  }
}
