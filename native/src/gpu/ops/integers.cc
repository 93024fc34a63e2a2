// Recording arithmetic of whole numbers (int64).
#include <algorithm>
#include <array>

#include "../expression.h"
#include "ops.h"

namespace lazuli::gpu {
namespace {

constexpr std::array<std::string_view, 16> kFunctions = {
    "add",         "sub",         "mul",        "floor_divide", "remainder", "pow", "maximum", "minimum",
    "bitwise_and", "bitwise_or", "bitwise_xor", "eq",           "ne",        "lt",  "le",      "where"};
constexpr std::array<std::string_view, 8> kKinds = {"sum",    "prod",   "max",    "min",
                                                    "argmax", "argmin", "cumsum", "cumprod"};

template <size_t count> uint32_t number_of(const std::array<std::string_view, count>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw OpError("the GPU does not compute '" + std::string(name) + "' of whole numbers");
  return static_cast<uint32_t>(found - names.begin());
}

void integer_elementwise(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& y = outputs[0];
  if (y.numel() == 0) return;
  const ElementwiseLayout layout = layout_of(inputs, y);
  std::vector<int32_t> axes;
  for (size_t axis = layout.sizes.size(); axis-- > 0;) {
    axes.push_back(static_cast<int32_t>(layout.sizes[axis]));
    for (size_t input = 0; input < 3; ++input)
      axes.push_back(input < inputs.size() ? static_cast<int32_t>(layout.strides[input][axis]) : 0);
  }
  axes.push_back(0);
  Push push;
  push.address(at(inputs[0])).address(at(inputs[1])).address(at(inputs, 2)).address(at(y));
  push.address(recorder.constants(axes)).address(recorder.status_address());
  push.integer(y.numel()).word(recorder.instruction());
  recorder.dispatch_elements("integer_elementwise",
                             {number_of(kFunctions, attributes.text("function")), static_cast<uint32_t>(layout.sizes.size())},
                             push, y.numel());
}

void integer_along(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const Axis axis = around(inputs[0].shape, static_cast<size_t>(attributes.integer("axis")));
  const int64_t count = axis.outer * axis.inner;
  const uint32_t lines = axis.size <= 16 ? 64 : axis.inner >= 32 ? 32 : axis.size <= 256 ? 4 : 1;
  Push push;
  push.address(at(inputs[0])).address(at(outputs[0])).integer(axis.size).integer(axis.inner).integer(count);
  recorder.dispatch_elements("integer_along", {number_of(kKinds, attributes.text("kind")), lines}, push, count, lines);
}

constexpr GpuOp kOps[] = {{"integer_elementwise", 2, 3, 1, 0, integer_elementwise},
                          {"integer_along", 1, 1, 1, 0, integer_along}};

}  // namespace

std::span<const GpuOp> integer_gpu_ops() { return kOps; }

}  // namespace lazuli::gpu
