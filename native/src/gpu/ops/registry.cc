// The op list: see ops.h.
#include <cstring>

#include "ops.h"

namespace lazuli::gpu {

std::span<const GpuOp> gpu_ops() {
  static const std::vector<GpuOp> ops = [] {
    std::vector<GpuOp> list;
    for (const auto family : {movement_ops, elementwise_gpu_ops, reduce_gpu_ops, integer_gpu_ops, product_ops, pool_ops,
                              normalize_ops, attention_gpu_ops, softmax_gpu_ops, loss_ops, index_ops, step_ops,
                              optimizer_ops}) {
      const auto entries = family();
      list.insert(list.end(), entries.begin(), entries.end());
    }
    return list;
  }();
  return ops;
}

const GpuOp* find_gpu_op(std::string_view name) {
  for (const GpuOp& op : gpu_ops())
    if (name == op.name) return &op;
  return nullptr;
}

Axis around(const std::vector<int64_t>& shape, size_t axis) {
  Axis result{1, shape[axis], 1};
  for (size_t i = 0; i < axis; ++i) result.outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) result.inner *= shape[i];
  return result;
}

void expect_float32(const TensorView& tensor) {
  if (tensor.present() && tensor.dtype != DType::float32)
    throw OpError(std::string("the GPU computes in float32, got ") + dtype_name(tensor.dtype) +
                  "; use the CPU for float64");
}

}  // namespace lazuli::gpu
