// A slow backend in plain TypeScript, written from the ops' definitions: what gradients, programs and native kernels are
// tested against where no addon is built. Its dropout numbers are not the native ones.
import type { AttributeValue, OpName, ScalarFunction } from '#core/ops/signatures';
import { HostStorage } from '#core/tensor/host-storage';
import type { Backend, DenseTensor, Storage } from '#core/tensor/storage';

import type { Kernel } from './kernel';
import * as integers from './integers';
import * as movement from './movement';
import * as normalization from './normalization';
import * as products from './products';
import * as training from './training';

const KERNELS: { readonly [N in OpName]: Kernel<N> } = {
  strided_copy: movement.stridedCopy,
  strided_scatter: movement.stridedScatter,
  concatenate: movement.concatenate,
  cast: movement.cast,
  fill: movement.fill,
  pad: movement.pad,
  pad_gradient: movement.padGradient,
  elementwise: movement.elementwise,
  reduce: movement.reduce,
  argmax: movement.argmax,
  scan: movement.scan,
  argsort: movement.argsort,
  integer_elementwise: integers.integerElementwise,
  integer_along: integers.integerAlong,
  matmul: products.matmul,
  linear: products.linear,
  linear_gelu: products.linearGelu,
  matmul_elementwise: products.matmulElementwise,
  linear_elementwise: products.linearElementwise,
  convolution: products.convolution,
  convolution_input_gradient: products.convolutionInputGradient,
  convolution_weight_gradient: products.convolutionWeightGradient,
  max_pool: products.maxPool,
  max_pool_gradient: products.maxPoolGradient,
  avg_pool: products.avgPool,
  avg_pool_gradient: products.avgPoolGradient,
  adaptive_avg_pool: products.adaptiveAvgPool,
  adaptive_avg_pool_gradient: products.adaptiveAvgPoolGradient,
  batch_norm: normalization.batchNorm,
  batch_norm_gradient: normalization.batchNormGradient,
  layer_norm: normalization.layerNorm,
  layer_norm_gradient: normalization.layerNormGradient,
  group_norm: normalization.groupNorm,
  group_norm_gradient: normalization.groupNormGradient,
  self_attention: normalization.selfAttention,
  self_attention_gradient: normalization.selfAttentionGradient,
  softmax: normalization.softmax,
  softmax_gradient: normalization.softmaxGradient,
  log_softmax: normalization.logSoftmax,
  log_softmax_gradient: normalization.logSoftmaxGradient,
  nll: normalization.nll,
  nll_gradient: normalization.nllGradient,
  cross_entropy_gradient: normalization.crossEntropyGradient,
  gather: movement.gather,
  gather_gradient: movement.gatherGradient,
  dropout_mask: training.dropoutMask,
  advance: training.advance,
  take_rows: training.takeRows,
  record: training.record,
  sgd_step: training.sgdStep,
  adam_step: training.adamStep,
  rmsprop_step: training.rmspropStep,
  outer_sgd_step: training.outerStep(training.sgdStep),
  outer_adam_step: training.outerStep(training.adamStep),
  outer_rmsprop_step: training.outerStep(training.rmspropStep),
};

/** Runs one primitive on host memory. */
export function executeReference(
  op: OpName,
  inputs: readonly (DenseTensor | null)[],
  outputs: readonly DenseTensor[],
  attributes: Readonly<Record<string, AttributeValue>>,
): void {
  const kernel = KERNELS[op] as Kernel<OpName>;
  kernel({ inputs, outputs, attributes: attributes });
  const { activation } = attributes;
  if (typeof activation !== 'string') return;
  const steps = [[activation as ScalarFunction, 0]] as const;
  movement.elementwise({ inputs: outputs, outputs, attributes: { steps, constants: [] } });
}

/** A backend that also counts its live storages. */
export function openReferenceBackend(): Backend & { live(): number } {
  const storages = new Set<Storage>();
  return {
    device: 'cpu',
    allocate(bytes) {
      const storage = new HostStorage(bytes);
      storages.add(storage);
      return storage;
    },
    execute: executeReference,
    live: () => [...storages].filter((storage) => !storage.isDisposed).length,
  };
}
