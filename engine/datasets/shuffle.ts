// The order of samples: permutations that depend on a seed and a purpose alone, never on threads or machine.
// The generator is xoshiro128** (Blackman, Vigna 2018), its state filled by splitmix32.

/** What a permutation is for, so that the split and each epoch's order are independent of each other. */
export type Purpose = { readonly kind: 'split' } | { readonly kind: 'epoch'; readonly epoch: number };

/** A permutation of 0 .. count-1 (Fisher–Yates). */
export function permutation(count: number, seed: number, purpose: Purpose): number[] {
  const draw = generator(seed, purpose.kind === 'split' ? 0 : purpose.epoch + 1);
  const order = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(draw() * (at + 1));
    const moved = order[at] ?? 0;
    order[at] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}

/** Indices kept for training and for validation; `part` of the samples, rounded, goes to validation. */
export function splitSamples(
  count: number,
  part: number,
  seed: number,
): { readonly training: readonly number[]; readonly validation: readonly number[] } {
  const held = Math.min(Math.round(count * part), Math.max(count - 1, 0));
  const order = permutation(count, seed, { kind: 'split' });
  return { training: order.slice(held), validation: order.slice(0, held) };
}

/** Numbers in [0, 1) with 53 bits; streams of one seed are independent of each other. */
export function generator(seed: number, stream: number): () => number {
  const mix = splitmix(
    (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b) ^ Math.imul(stream, 0xc2b2ae35),
  );
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result >>> 0;
  };
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

function splitmix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
}
