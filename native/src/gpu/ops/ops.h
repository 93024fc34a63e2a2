// The op list of the GPU: how each is recorded. Families contribute their own spans, in the order of
// core/ops/signatures.ts; a test compares the list with that table.
#pragma once

#include "../recorder.h"

namespace lazuli::gpu {

/// Records one op; inputs and outputs are device addresses. Shapes and dtypes were checked by op inference before.
using Record = void (*)(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder);

struct GpuOp {
  const char* name;
  int least_inputs;
  int most_inputs;
  int outputs;
  uint32_t mutates;  // bit i: input i is changed in place
  Record record;
  /// Records several neighbours of this op at once, or null: see optimizers.cc.
  void (*record_many)(std::span<const Inputs> inputs, std::span<const Attributes* const> attributes,
                      Recorder& recorder) = nullptr;
};

std::span<const GpuOp> gpu_ops();
const GpuOp* find_gpu_op(std::string_view name);

std::span<const GpuOp> movement_ops();
std::span<const GpuOp> elementwise_gpu_ops();
std::span<const GpuOp> reduce_gpu_ops();
std::span<const GpuOp> integer_gpu_ops();
std::span<const GpuOp> product_ops();
std::span<const GpuOp> pool_ops();
std::span<const GpuOp> normalize_ops();
std::span<const GpuOp> attention_gpu_ops();
std::span<const GpuOp> softmax_gpu_ops();
std::span<const GpuOp> loss_ops();
std::span<const GpuOp> index_ops();
std::span<const GpuOp> step_ops();
std::span<const GpuOp> optimizer_ops();

inline uint64_t at(const TensorView& tensor) { return reinterpret_cast<uint64_t>(tensor.data); }
inline uint64_t at(Inputs inputs, size_t index) { return index < inputs.size() ? at(inputs[index]) : 0; }
/// Elements before, of and after an axis.
struct Axis {
  int64_t outer, size, inner;
};
Axis around(const std::vector<int64_t>& shape, size_t axis);
struct ElementwiseLayout;
/// The output's axes, outermost first, merged wherever every input goes on in the same way.
ElementwiseLayout layout_of(Inputs inputs, const TensorView& y);
/// Throws unless the tensor is float32: what this kernel computes with.
void expect_float32(const TensorView& tensor);

}  // namespace lazuli::gpu
