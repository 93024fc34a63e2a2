// An ordered list of hooks whose handles remove them: what Module keeps for calls and for loading. Knows no module.

/** Given back by every registration; `remove` may be called twice. */
export interface RemovableHandle {
  remove(): void;
}

export interface HookOptions {
  /** Run before the hooks registered so far. Default false. */
  readonly prepend?: boolean;
}

export class HookList<Hook> {
  #entries: { readonly hook: Hook }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(hook: Hook, options: HookOptions = {}): RemovableHandle {
    const entry = { hook };
    this.#entries = options.prepend === true ? [entry, ...this.#entries] : [...this.#entries, entry];
    return {
      remove: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  /** Removes every registration of `hook`. */
  delete(hook: Hook): void {
    this.#entries = this.#entries.filter((entry) => entry.hook !== hook);
  }

  /** The hooks as they are now; removing one while they run does not disturb the others. */
  list(): readonly Hook[] {
    return this.#entries.map((entry) => entry.hook);
  }

  /** Replaces all hooks by another list's. */
  replaceBy(hooks: readonly Hook[]): void {
    this.#entries = hooks.map((hook) => ({ hook }));
  }
}
