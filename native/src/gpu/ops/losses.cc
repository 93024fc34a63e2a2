// Recording softmax, log_softmax and nll with their gradients.
#include "ops.h"

namespace lazuli::gpu {
namespace {

void run_softmax(const char* kernel, uint32_t is_log, const TensorView& shape, const Attributes& attributes, uint64_t x,
                 uint64_t y, uint64_t gx, Recorder& recorder) {
  expect_float32(shape);
  if (shape.numel() == 0) return;
  const Axis axis = shape.shape.empty() ? Axis{1, 1, 1} : around(shape.shape, static_cast<size_t>(attributes.integer("axis")));
  const int64_t count = axis.outer * axis.inner;
  const uint32_t lines = axis.inner >= 32 ? 32 : axis.size <= 32 ? 16 : axis.size <= 256 ? 4 : 1;
  Push push;
  push.address(x).address(y).address(gx).integer(axis.size).integer(axis.inner).integer(count);
  recorder.dispatch_elements(kernel, {lines, is_log}, push, count, lines);
}

template <uint32_t is_log>
void softmax(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  run_softmax("softmax", is_log, inputs[0], attributes, at(inputs[0]), at(outputs[0]), 0, recorder);
}

template <uint32_t is_log>
void softmax_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  run_softmax("softmax_gradient", is_log, inputs[0], attributes, at(inputs[0]), at(inputs[1]), at(outputs[0]), recorder);
}

uint32_t reduction_of(const Attributes& attributes) {
  const std::string& text = attributes.text("reduction");
  return text == "none" ? 0 : text == "mean" ? 1 : 2;
}

void push_ignored(Push& push, const Attributes& attributes) {
  const auto ignored = static_cast<uint64_t>(attributes.integer("ignore_index"));
  push.word(static_cast<uint32_t>(ignored)).word(static_cast<uint32_t>(ignored >> 32));
}

void nll(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  expect_float32(inputs[0]);
  const Axis axis = around(inputs[0].shape, 1);
  Push push;
  push.address(at(inputs[0])).address(at(inputs[1])).address(at(inputs, 2)).address(at(outputs[0]));
  push.address(at(outputs[1])).address(recorder.status_address());
  push.integer(axis.outer * axis.inner).integer(axis.size).integer(axis.inner).word(recorder.instruction());
  push_ignored(push, attributes);
  recorder.dispatch("nll", {reduction_of(attributes)}, push, {});
}

void nll_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& gx = outputs[0];
  expect_float32(gx);
  const Axis axis = around(gx.shape, 1);
  Push push;
  for (size_t i = 0; i < 4; ++i) push.address(at(inputs[i]));
  push.address(at(gx)).integer(gx.numel()).integer(axis.size).integer(axis.inner);
  push_ignored(push, attributes);
  recorder.dispatch_elements("nll_gradient", {reduction_of(attributes)}, push, gx.numel());
}

constexpr GpuOp kSoftmax[] = {
    {"softmax", 1, 1, 1, 0, softmax<0>},
    {"softmax_gradient", 2, 2, 1, 0, softmax_gradient<0>},
    {"log_softmax", 1, 1, 1, 0, softmax<1>},
    {"log_softmax_gradient", 2, 2, 1, 0, softmax_gradient<1>},
};
constexpr GpuOp kLosses[] = {{"nll", 2, 3, 2, 0, nll}, {"nll_gradient", 4, 4, 1, 0, nll_gradient}};

}  // namespace

std::span<const GpuOp> softmax_gpu_ops() { return kSoftmax; }
std::span<const GpuOp> loss_ops() { return kLosses; }

}  // namespace lazuli::gpu
