// Curves made smooth by an exponential mean without the bias of its beginning, as TensorBoard does it.

/** `kept` from 0 (unchanged) to below 1. What is not a number stays where it is and counts for nothing. */
export function smooth(values: readonly number[], kept: number): readonly number[] {
  if (kept <= 0) return values;
  let [mean, weight] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    mean = kept * mean + (1 - kept) * value;
    weight = kept * weight + (1 - kept);
    return mean / weight;
  });
}
