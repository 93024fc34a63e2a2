// The op list: every family's ops, in the order of core/ops/signatures.ts.
#include <array>

#include "../cpu/families.h"
#include "kernel.h"

namespace lazuli {

// Until every family has landed, an absent one has no ops.
#define LAZULI_WEAK(family) std::span<const OpEntry> family() __attribute__((weak));
LAZULI_WEAK(data_movement_ops) LAZULI_WEAK(elementwise_ops) LAZULI_WEAK(reduce_ops) LAZULI_WEAK(matmul_ops)
LAZULI_WEAK(convolution_ops) LAZULI_WEAK(pooling_ops) LAZULI_WEAK(normalization_ops) LAZULI_WEAK(softmax_ops)
LAZULI_WEAK(losses_ops) LAZULI_WEAK(indexing_ops) LAZULI_WEAK(random_ops) LAZULI_WEAK(training_ops)
LAZULI_WEAK(optimizers_ops)

std::span<const OpEntry> cpu_ops() {
  static const std::vector<OpEntry> ops = [] {
    std::vector<OpEntry> list;
    for (const auto family :
         {data_movement_ops, elementwise_ops, reduce_ops, matmul_ops, convolution_ops, pooling_ops, normalization_ops,
          softmax_ops, losses_ops, indexing_ops, random_ops, training_ops, optimizers_ops}) {
      if (family == nullptr) continue;
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
