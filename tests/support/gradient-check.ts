// Compares backward with central differences in float64: the test every op's and every layer's gradient must pass.
import { backward, fromArray, mul, scope, sum, toNumbers } from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';

export interface GradientCheckOptions {
  /** Largest difference, relative to 1 + |gradient|. Default 1e-6. */
  readonly tolerance?: number;
  /** Half the distance of the two points. Default 1e-5. */
  readonly step?: number;
  /** At most so many elements per input are checked, spread evenly. Default 40. */
  readonly most?: number;
}

/** The weights that make a scalar of an output: `w[i] = ((7 i) mod 11 - 5) / 4`, as in the golden files. */
export function weighted(output: Tensor): Tensor {
  const weights = Array.from({ length: output.numel() }, (_, i) => (((7 * i) % 11) - 5) / 4);
  return sum(
    mul(
      output,
      fromArray(weights, output.dtype === 'float32' ? 'float32' : 'float64', output.device, output.shape),
    ),
  );
}

/**
 * Checks the gradients of `body` with respect to every float64 input. `body` is called many times, so it must give the same
 * output for the same inputs. Throws, naming the input, the element and both numbers. Kinks between the two points of a
 * difference fail: choose inputs away from them.
 */
export function checkGradients(
  body: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { tolerance = 1e-6, step = 1e-5, most = 40 }: GradientCheckOptions = {},
): void {
  const valueAt = (which: number, element: number, move: number): number =>
    scope(() => {
      const moved = inputs.map((input, index) => (index === which ? shifted(input, element, move) : input));
      return toNumbers(weighted(body(...moved.map((input) => input.detach()))))[0] ?? NaN;
    });
  const analytic = scope(() => {
    const leaves = inputs.map((input) => {
      const leaf = input.detach();
      leaf.requiresGrad = leaf.dtype === 'float64';
      return leaf;
    });
    backward(weighted(body(...leaves)));
    return leaves.map((leaf) => {
      const numbers = leaf.grad && toNumbers(leaf.grad);
      leaf.grad?.storage.dispose();
      return numbers;
    });
  });
  inputs.forEach((input, which) => {
    if (input.dtype !== 'float64') return;
    const count = Math.min(most, input.numel());
    for (let at = 0; at < count; at++) {
      const element = Math.floor((at * input.numel()) / count);
      const numeric = (valueAt(which, element, step) - valueAt(which, element, -step)) / (2 * step);
      const own = analytic[which]?.[element] ?? 0;
      if (!(Math.abs(numeric - own) <= tolerance * (1 + Math.abs(numeric))))
        throw new Error(`input ${which}, element ${element}: gradient ${own}, central difference ${numeric}`);
    }
  });
}

/** A copy of a dense tensor with one element moved. */
function shifted(x: Tensor, element: number, move: number): Tensor {
  const numbers = toNumbers(x);
  numbers[element] = (numbers[element] ?? 0) + move;
  return fromArray(numbers, x.dtype, x.device, x.shape);
}
