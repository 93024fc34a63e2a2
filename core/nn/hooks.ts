// An ordered list of hooks whose handles remove them: what Module keeps for calls, for saving and for loading. Knows no module.

/** Given back by every registration; `remove` may be called twice. */
export interface RemovableHandle {
  remove(): void;
}

export interface HookOptions {
  /** Run before the hooks registered so far. Default false. */
  readonly prepend?: boolean;
  /** The hook is given keyword arguments too, and a pre-hook gives both back. Default false. */
  readonly withKwargs?: boolean;
  /** A forward hook that also runs when forward, or a hook before it, throws. Default false. */
  readonly alwaysCall?: boolean;
}

/** A hook with how it wants to be called. */
export interface HookEntry<Hook> {
  readonly hook: Hook;
  readonly withKwargs: boolean;
  readonly alwaysCall: boolean;
}

export class HookList<Hook> {
  #entries: readonly HookEntry<Hook>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(hook: Hook, options: HookOptions = {}): RemovableHandle {
    const { prepend = false, withKwargs = false, alwaysCall = false } = options;
    const entry = { hook, withKwargs, alwaysCall };
    this.#entries = prepend ? [entry, ...this.#entries] : [...this.#entries, entry];
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
  entries(): readonly HookEntry<Hook>[] {
    return this.#entries;
  }

  /** What puts the hooks back as they are now. */
  keep(): () => void {
    const kept = this.#entries;
    return () => {
      this.#entries = kept;
    };
  }
  /** Replaces all hooks by another list's. */
  take(other: HookList<Hook>): void {
    this.#entries = other.entries();
  }
}
