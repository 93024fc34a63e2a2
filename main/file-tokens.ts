// Files as the window may name them: a random token per window and path. A token of another window is refused.
import { randomUUID } from 'node:crypto';

import { LazuliError } from '#core/errors';
import type { FileToken } from '#core/ipc/api';

export class FileTokens {
  readonly #paths = new Map<FileToken, string>();

  /** The token of `path` in this window, always the same one. */
  issue(path: string): FileToken {
    for (const [token, known] of this.#paths) if (known === path) return token;
    const token = randomUUID();
    this.#paths.set(token, path);
    return token;
  }

  /** The path behind a token; throws `ipc_refused` for one this window was never given. */
  resolve(token: FileToken): string {
    const path = this.#paths.get(token);
    if (path === undefined)
      throw new LazuliError('ipc_refused', 'the window named a file it was not given', {
        expected: 'a file chosen in a dialog or listed as recent',
        got: token.slice(0, 80),
      });
    return path;
  }

  revokeAll(): void {
    this.#paths.clear();
  }
}
