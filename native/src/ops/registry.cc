// The op list: every family's ops, in the order of core/ops/signatures.ts.
#include <array>

#include "../cpu/families.h"
#include "kernel.h"

namespace lazuli {

std::span<const OpEntry> cpu_ops() {
  static const std::vector<OpEntry> ops = [] {
    std::vector<OpEntry> list;
    for (const auto family : {data_movement_ops, elementwise_ops, reduce_ops, along_ops, integers_ops, matmul_ops,
                              convolution_ops, pooling_ops, adaptive_pooling_ops, batch_norm_ops, normalization_ops,
                              attention_ops, softmax_ops, losses_ops, indexing_ops, random_ops, training_ops, optimizers_ops}) {
      const auto entries = family();
      list.insert(list.end(), entries.begin(), entries.end());
    }
    return list;
  }();
  return ops;
}

const OpEntry* find_op(std::string_view name) {
  for (const OpEntry& op : cpu_ops())
    if (name == op.name) return &op;
  return nullptr;
}

}  // namespace lazuli
