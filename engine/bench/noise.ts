// Random numbers of the workloads: the same on every machine, of no quality beyond looking irregular.

/** Numbers in [-1.7, 1.7) with a variance near 1, alike on every machine. */
export function noise(count: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 2 * Math.sqrt(3);
  });
}

/** Whole numbers below `most`. */
export const choices = (count: number, most: number, seed: number): BigInt64Array =>
  BigInt64Array.from(noise(count, seed), (value) => BigInt(Math.floor((value / 3.47 + 0.5) * most)));
