// Floating point operations of an instruction, from the shapes of its buffers. A multiply-add counts 2, like everywhere.
import type { ElementwiseSteps } from '../ops/signatures';
import { numel } from '../tensor/shape';
import type { Instruction, ProgramSpec } from './instructions';

/** Products and convolutions exactly, elementwise ops a step per element; of all others one per element of the largest tensor. */
export function flopsOf(
  { op, inputs, outputs, attributes }: Instruction,
  { buffers }: Pick<ProgramSpec, 'buffers'>,
): number {
  const shapeOf = (index: number | null | undefined): readonly number[] => buffers[index ?? -1]?.shape ?? [];
  const input = (at: number): readonly number[] => shapeOf(inputs[at]);
  const output = shapeOf(outputs[0]);
  const perOutputChannel = (weight: readonly number[]): number => numel(weight.slice(1));
  switch (op) {
    case 'linear':
    case 'linear_gelu':
    case 'linear_elementwise':
      return 2 * numel(output) * (input(1).at(-1) ?? 0);
    case 'matmul':
    case 'matmul_elementwise':
      return 2 * numel(output) * (input(0).at(attributes['transpose_a'] === true ? -2 : -1) ?? 0);
    case 'outer_sgd_step':
    case 'outer_adam_step':
    case 'outer_rmsprop_step':
      return 2 * numel(input(2)) * (input(0)[0] ?? 0);
    case 'convolution':
      return 2 * numel(output) * perOutputChannel(input(1));
    case 'convolution_input_gradient':
      return 2 * numel(input(0)) * perOutputChannel(input(1));
    case 'convolution_weight_gradient':
      return 2 * numel(input(0)) * perOutputChannel(output);
    case 'self_attention':
      return attention(input(0), 2);
    case 'self_attention_gradient':
      return attention(input(1), 5);
    case 'elementwise':
      return (attributes['steps'] as ElementwiseSteps).length * numel(output);
    case 'strided_copy':
    case 'fill':
      return 0;
    default:
      return Math.max(
        0,
        ...[...inputs, ...outputs].map((index) => (index === null ? 0 : numel(shapeOf(index)))),
      );
  }
}

/** `products` of each step with each step, from queries, keys and values side by side. */
const attention = ([batch = 0, steps = 0, width = 0]: readonly number[], products: number): number =>
  products * 2 * batch * steps * steps * (width / 3);
