// The op list: every family's ops, in the order of core/ops/signatures.ts.
#include <array>

#include "../cpu/families.h"
#include "kernel.h"

namespace lazuli {

// Until every family has landed, an absent one has no ops.
#if !__has_include("../cpu/data_movement.cc")
std::span<const OpEntry> data_movement_ops() { return {}; }
#endif
#if !__has_include("../cpu/elementwise.cc")
std::span<const OpEntry> elementwise_ops() { return {}; }
#endif
#if !__has_include("../cpu/reduce.cc")
std::span<const OpEntry> reduce_ops() { return {}; }
#endif
#if !__has_include("../cpu/pooling.cc")
std::span<const OpEntry> pooling_ops() { return {}; }
#endif
#if !__has_include("../cpu/normalization.cc")
std::span<const OpEntry> normalization_ops() { return {}; }
#endif
#if !__has_include("../cpu/softmax.cc")
std::span<const OpEntry> softmax_ops() { return {}; }
#endif
#if !__has_include("../cpu/losses.cc")
std::span<const OpEntry> losses_ops() { return {}; }
#endif
#if !__has_include("../cpu/indexing.cc")
std::span<const OpEntry> indexing_ops() { return {}; }
#endif
#if !__has_include("../cpu/random.cc")
std::span<const OpEntry> random_ops() { return {}; }
#endif
#if !__has_include("../cpu/training.cc")
std::span<const OpEntry> training_ops() { return {}; }
#endif
#if !__has_include("../cpu/optimizers.cc")
std::span<const OpEntry> optimizers_ops() { return {}; }
#endif

std::span<const OpEntry> cpu_ops() {
  static const std::vector<OpEntry> ops = [] {
    std::vector<OpEntry> list;
    for (const auto family :
         {data_movement_ops, elementwise_ops, reduce_ops, matmul_ops, convolution_ops, pooling_ops, normalization_ops,
          softmax_ops, losses_ops, indexing_ops, random_ops, training_ops, optimizers_ops}) {
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
