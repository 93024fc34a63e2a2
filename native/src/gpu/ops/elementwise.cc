// Recording the fused elementwise op: its own kernel, made once per formula and layout.
#include "../expression.h"
#include "ops.h"

namespace lazuli::gpu {

ElementwiseLayout layout_of(Inputs inputs, const TensorView& y) {
  const size_t rank = y.shape.size();
  ElementwiseLayout layout;
  layout.strides.resize(inputs.size());
  std::vector<std::vector<int64_t>> strides(inputs.size(), std::vector<int64_t>(rank, 0));
  for (size_t input = 0; input < inputs.size(); ++input) {
    const auto& shape = inputs[input].shape;
    int64_t step = 1;
    for (size_t i = 0; i < shape.size(); ++i) {
      const size_t axis = shape.size() - 1 - i;
      if (shape[axis] != 1) strides[input][rank - 1 - i] = step;
      step *= shape[axis];
    }
  }
  for (size_t axis = 0; axis < rank; ++axis) {
    if (y.shape[axis] == 1) continue;
    bool is_merged = !layout.sizes.empty();
    for (size_t input = 0; is_merged && input < inputs.size(); ++input)
      is_merged = layout.strides[input].back() == strides[input][axis] * y.shape[axis];
    if (is_merged) {
      layout.sizes.back() *= y.shape[axis];
      for (size_t input = 0; input < inputs.size(); ++input) layout.strides[input].back() = strides[input][axis];
    } else {
      layout.sizes.push_back(y.shape[axis]);
      for (size_t input = 0; input < inputs.size(); ++input) layout.strides[input].push_back(strides[input][axis]);
    }
  }
  return layout;
}

namespace {

void elementwise(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& y = outputs[0];
  for (const TensorView& input : inputs) expect_float32(input);
  const ElementwiseLayout layout = layout_of(inputs, y);
  const auto& steps = attributes.steps("steps");
  const auto& constants = attributes.numbers("constants");
  if (y.numel() == 0) return;
  Push push;
  for (size_t i = 0; i < 8; ++i) push.address(at(inputs, i));
  push.address(at(y)).integer(y.numel());
  if (recorder.is_measured()) return;
  const VkPipeline pipeline = recorder.device().pipeline_of(
      name_elementwise(steps, constants, layout), [&] { return emit_elementwise(steps, constants, layout); });
  recorder.dispatch(pipeline, push, groups_for(y.numel(), 1024));
}

constexpr GpuOp kOps[] = {{"elementwise", 1, 8, 1, 0, elementwise}};

}  // namespace

std::span<const GpuOp> elementwise_gpu_ops() { return kOps; }

}  // namespace lazuli::gpu
