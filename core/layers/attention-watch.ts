// Looking at attention weights as layers compute them: softmax(q kᵀ/√d + masks), which are gone once the values were gathered.
import { noGrad } from '../ops';
import type { Tensor } from '../tensor/tensor';

/** Gets the weights `[.., L, S]` and which attention of the layer gave them: `layers.0.self_attn`, or '' for its only one. */
export type AttentionWatcher = (name: string, weights: Tensor) => void;

let watcher: AttentionWatcher | null = null;

/** Runs `body`, which may not be async, with every attention's weights told to `active`. */
export function watchAttention<T>(active: AttentionWatcher, body: () => T): T {
  const previous = watcher;
  watcher = active;
  try {
    return body();
  } finally {
    watcher = previous;
  }
}

/** True where weights are wanted that nothing else needs. */
export const isAttentionWatched = (): boolean => watcher !== null;

/** `prefix` is that of the attention's tensors: `layers.0.self_attn.`. */
export function tellAttention(prefix: string, weights: Tensor): void {
  const active = watcher;
  if (active) noGrad(() => active(prefix.replace(/\.$/, ''), weights.detach()));
}
