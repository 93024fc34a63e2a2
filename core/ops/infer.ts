// Output dtypes and shapes of every primitive, with all its checks: the one table that eager calls, tracing, meta tensors
// and the program checker ask. The rules stand in infer/, by family.
import type { Infer } from './infer/checks';
import * as elementwise from './infer/elementwise';
import * as indexing from './infer/indexing';
import * as integers from './infer/integers';
import * as movement from './infer/movement';
import * as normalization from './infer/normalization';
import * as pooling from './infer/pooling';
import * as products from './infer/products';
import * as training from './infer/training';
import type { OpName } from './signatures';

export type { Infer, InputTypes, TensorType } from './infer/checks';

/** By op; throws `shape_mismatch`, `dtype_mismatch`, `parameter_invalid` or `not_supported`, with PyTorch's text where it has one. */
export const INFER: { readonly [N in OpName]: Infer<N> } = {
  strided_copy: movement.stridedCopy,
  strided_scatter: movement.stridedScatter,
  concatenate: movement.concatenate,
  cast: movement.cast,
  fill: movement.fill,
  pad: movement.pad,
  pad_gradient: movement.padGradient,
  elementwise: elementwise.elementwise,
  reduce: elementwise.reduce,
  argmax: elementwise.argmax,
  scan: elementwise.scan,
  argsort: elementwise.argsort,
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
  max_pool: pooling.maxPool,
  max_pool_gradient: pooling.maxPoolGradient,
  avg_pool: pooling.avgPool,
  avg_pool_gradient: pooling.avgPoolGradient,
  adaptive_avg_pool: pooling.adaptiveAvgPool,
  adaptive_avg_pool_gradient: pooling.adaptiveAvgPoolGradient,
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
  nll: indexing.nll,
  nll_gradient: indexing.nllGradient,
  cross_entropy_gradient: indexing.crossEntropyGradient,
  gather: indexing.gather,
  gather_gradient: indexing.gatherGradient,
  dropout_mask: indexing.dropoutMask,
  advance: training.advance,
  take_rows: training.takeRows,
  record: training.record,
  sgd_step: training.sgdStep,
  adam_step: training.adamStep,
  rmsprop_step: training.rmspropStep,
  outer_sgd_step: training.outerStep('outer_sgd_step', training.sgdStep),
  outer_adam_step: training.outerStep('outer_adam_step', training.adamStep),
  outer_rmsprop_step: training.outerStep('outer_rmsprop_step', training.rmspropStep),
};
