// The gradient of every primitive: a rule made of ops, or the reason there is none. The rules stand in gradient/.
import { elementwise } from './gradient/elementwise';
import * as movement from './gradient/movement';
import * as normalization from './gradient/normalization';
import * as products from './gradient/products';
import { notDifferentiable, type GradientRule, type NotDifferentiable } from './gradient/rule';
import type { OpName } from './signatures';

export type { GradientRule, NotDifferentiable } from './gradient/rule';

const second = notDifferentiable('second derivatives of this op are not offered');
const changes = notDifferentiable('changes its inputs in place, outside the gradient graph');
const positions = notDifferentiable('gives positions, which do not vary smoothly');
const fused = notDifferentiable('made by program fusion, after the gradients are traced');
const whole = notDifferentiable('computes whole numbers, which do not vary smoothly');
const constant = notDifferentiable('does not depend on a float input');

export const GRADIENTS: { readonly [N in OpName]: GradientRule<N> | NotDifferentiable } = {
  strided_copy: movement.stridedCopy,
  strided_scatter: movement.stridedScatter,
  concatenate: movement.concatenate,
  cast: movement.cast,
  fill: constant,
  pad: movement.pad,
  pad_gradient: movement.padGradient,
  elementwise,
  reduce: movement.reduce,
  argmax: positions,
  scan: movement.scan,
  argsort: positions,
  integer_elementwise: whole,
  integer_along: whole,
  matmul: products.matmul,
  linear: products.linear,
  linear_gelu: fused,
  matmul_elementwise: fused,
  linear_elementwise: fused,
  convolution: products.convolution,
  convolution_input_gradient: products.convolutionInputGradient,
  convolution_weight_gradient: products.convolutionWeightGradient,
  max_pool: products.maxPool,
  max_pool_gradient: second,
  avg_pool: products.avgPool,
  avg_pool_gradient: products.avgPoolGradient,
  adaptive_avg_pool: products.adaptiveAvgPool,
  adaptive_avg_pool_gradient: products.adaptiveAvgPoolGradient,
  batch_norm: normalization.batchNorm,
  batch_norm_gradient: second,
  layer_norm: normalization.layerNorm,
  layer_norm_gradient: second,
  group_norm: normalization.groupNorm,
  group_norm_gradient: second,
  self_attention: normalization.selfAttention,
  self_attention_gradient: second,
  softmax: normalization.softmax,
  softmax_gradient: second,
  log_softmax: normalization.logSoftmax,
  log_softmax_gradient: second,
  nll: normalization.nll,
  nll_gradient: second,
  cross_entropy_gradient: fused,
  gather: movement.gather,
  gather_gradient: movement.gatherGradient,
  dropout_mask: constant,
  advance: changes,
  take_rows: notDifferentiable('takes rows of a dataset, which is not trained'),
  record: changes,
  sgd_step: changes,
  adam_step: changes,
  rmsprop_step: changes,
  outer_sgd_step: changes,
  outer_adam_step: changes,
  outer_rmsprop_step: changes,
};
