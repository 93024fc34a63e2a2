// Layers of two inputs that broadcast, computed element by element: arithmetic, comparisons, operations on whole numbers and masks.
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type LayerDeclaration, type PortSpec } from './declaration';
import { inputOf } from './pieces';
import { broadcastEdges, mismatch, outputs, product, refusal } from './shapes';

/** The common shape of inputs under broadcasting, or which of `ports` does not fit. */
export function inferCommon(ports: readonly string[], inputs: readonly EdgeShape[]) {
  let common: EdgeShape = inputs[0] ?? null;
  for (const [index, port] of ports.entries()) {
    const joined = broadcastEdges(common, inputs[index] ?? null);
    if (joined === undefined)
      return refusal(
        mismatch(
          port,
          `sizes that broadcast with ${formatShape(common ?? [])}`,
          formatShape(inputs[index] ?? []),
          'sizes must be equal or 1, counted from the last axis',
        ),
      );
    common = joined;
  }
  return outputs(common);
}

export interface Pair {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  readonly combine: (left: Tensor, right: Tensor) => Tensor;
}

const EXAMPLE = {
  title: 'two that broadcast',
  params: {},
  inputs: [
    [2, 3, 4],
    [3, 1],
  ],
  outputs: [[2, 3, 4]],
};

/** `content` is what both inputs hold. */
export const pairOf = (
  { combine, ...named }: Pair,
  content: PortSpec['content'] = 'any',
  examples: LayerDeclaration['examples'] = [EXAMPLE],
): LayerDeclaration =>
  defineLayer({
    ...named,
    category: 'arithmetic',
    params: {},
    inputs: [
      { name: 'input', content },
      { name: 'other', content },
    ],
    outputs: [{ name: 'output' }],
    infer: (_params, inputs) => inferCommon(['input', 'other'], inputs),
    lower: (call) => [combine(inputOf(call, 0), inputOf(call, 1))],
    flops: (_params, _inputs, [output = []]) => product(output) ?? 0,
    examples,
  });
