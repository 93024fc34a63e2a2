// The two ends of a graph: where samples come in and where results go out.
import type { DType } from '../tensor/dtype';
import { defineLayer } from './declaration';
import { choice, shape } from './params';
import { inputOf } from './pieces';
import { outputs } from './shapes';

/** Gives out one part of every sample: `[batch, *shape]`. The batch is the sample's. */
export const input = defineLayer({
  type: 'input',
  torch: null,
  category: 'input/output',
  summary: 'Where the samples come in.',
  keywords: ['data', 'source', 'x'],
  params: {
    shape: shape({
      help: 'Shape of one sample, without the batch; blank: the data tells it.',
      initial: null,
      torchDefault: null,
      isInferred: true,
    }),
    dtype: choice({
      options: ['float32', 'float64', 'int64', 'int32', 'uint8', 'bool'],
      help: 'float32 or float64: numbers, in the dtype of the project; int64 and int32: whole numbers, such as words for an embedding; bool: a mask.',
      initial: 'float32',
      torchDefault: 'float32',
    }),
  },
  inputs: [],
  outputs: [{ name: 'output' }],
  infer: ({ shape: sizes }) => outputs(sizes === null ? null : [null, ...sizes]),
  lower: (call) => [inputOf(call)],
  flops: () => 0,
  examples: [
    {
      title: 'small images',
      params: { shape: [1, 8, 8] },
      inputs: [[2, 1, 8, 8]],
      outputs: [[2, 1, 8, 8]],
    },
    {
      title: 'words',
      params: { shape: [12], dtype: 'int64' },
      inputs: [[4, 12]],
      outputs: [[4, 12]],
      inputDType: 'int64',
      inputRange: 1000,
    },
  ],
});

/** What an input node gives out in a model of `own` floats: whole numbers and truths as it says, numbers in the model's dtype. */
export function inputDType(params: Readonly<Record<string, unknown>>, own: DType): DType {
  const told = input.params['dtype']?.parse(params['dtype'] ?? 'float32');
  return WHOLE.find((dtype) => dtype === told) ?? own;
}
const WHOLE = ['int64', 'int32', 'uint8', 'bool'] as const;

/** Names a result: what the loss compares with the target, and what predict writes. */
export const output = defineLayer({
  type: 'output',
  torch: null,
  category: 'input/output',
  summary: 'Where a result goes out: the loss reads it, predict writes it.',
  keywords: ['result', 'sink', 'y', 'prediction'],
  params: {},
  inputs: [{ name: 'input', content: 'any' }],
  outputs: [],
  infer: () => outputs(),
  lower: (call) => [inputOf(call)],
  flops: () => 0,
  examples: [{ title: 'scores', params: {}, inputs: [[2, 10]], outputs: [] }],
});
