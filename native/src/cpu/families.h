// The kernel families of the CPU backend. Each is src/cpu/<family>.cc (helpers beside it) and lists its ops
// in the order of core/ops/signatures.ts; ops/registry.cc joins them.
#pragma once

#include "../ops/kernel.h"

namespace lazuli {

std::span<const OpEntry> data_movement_ops();     // strided_copy ... pad_gradient
std::span<const OpEntry> elementwise_ops();       // elementwise
std::span<const OpEntry> reduce_ops();            // reduce, argmax
std::span<const OpEntry> along_ops();             // scan, argsort
std::span<const OpEntry> integers_ops();          // integer_elementwise, integer_along
std::span<const OpEntry> matmul_ops();            // matmul ... linear_elementwise
std::span<const OpEntry> convolution_ops();       // convolution and its two gradients
std::span<const OpEntry> pooling_ops();           // max_pool ... avg_pool_gradient
std::span<const OpEntry> adaptive_pooling_ops();  // adaptive_avg_pool and its gradient
std::span<const OpEntry> batch_norm_ops();        // batch_norm and its gradient
std::span<const OpEntry> normalization_ops();     // layer_norm ... group_norm_gradient
std::span<const OpEntry> attention_ops();         // self_attention and its gradient
std::span<const OpEntry> softmax_ops();           // softmax ... log_softmax_gradient
std::span<const OpEntry> losses_ops();            // nll and its gradient, also with log_softmax's
std::span<const OpEntry> indexing_ops();          // gather, gather_gradient
std::span<const OpEntry> random_ops();            // dropout_mask
std::span<const OpEntry> training_ops();          // advance, take_rows, record
std::span<const OpEntry> optimizers_ops();        // sgd_step, adam_step, rmsprop_step, and each with its gradient

}  // namespace lazuli
