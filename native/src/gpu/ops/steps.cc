// Recording rows gathered by index, random masks and a training step's own ops.
#include <cmath>

#include "ops.h"

namespace lazuli::gpu {
namespace {

int64_t width_of(const std::vector<int64_t>& shape) {
  int64_t width = 1;
  for (size_t i = 1; i < shape.size(); ++i) width *= shape[i];
  return width;
}

void gather(Inputs inputs, Outputs outputs, const Attributes&, Recorder& recorder) {
  const TensorView &table = inputs[0], &y = outputs[0];
  Push push;
  push.address(at(table)).address(at(inputs[1])).address(at(y)).address(recorder.status_address());
  push.integer(y.numel()).integer(width_of(table.shape)).integer(table.shape[0]).word(recorder.instruction());
  recorder.dispatch_elements("gather_" + std::to_string(element_size(y.dtype)), {}, push, y.numel());
}

void gather_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& gx = outputs[0];
  expect_float32(gx);
  Push zero;
  zero.address(at(gx)).address(0).integer(gx.numel());
  recorder.dispatch_elements("fill", {4}, zero, gx.numel());
  recorder.barrier();
  const int64_t count = inputs[1].numel();
  Push push;
  push.address(at(inputs[0])).address(at(inputs[1])).address(at(gx)).address(recorder.status_address());
  push.integer(count).integer(width_of(gx.shape)).integer(gx.shape[0]).word(recorder.instruction());
  push.integer(attributes.is_null("padding_idx") ? -1 : attributes.integer("padding_idx"));
  recorder.dispatch_elements("gather_gradient", {}, push, count, 1);
}

void dropout_mask(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& y = outputs[0];
  expect_float32(y);
  const double probability = attributes.number("probability");
  Push push;
  push.address(at(inputs[0])).address(at(y)).integer(y.numel());
  push.word(static_cast<uint32_t>(attributes.integer("stream")));
  push.word(static_cast<uint32_t>(probability * 0x1p24)).number(probability < 1 ? 1 / (1 - probability) : 0);
  recorder.dispatch_elements("dropout_mask", {}, push, y.numel(), 1024);
}

void advance(Inputs inputs, Outputs, const Attributes& attributes, Recorder& recorder) {
  const std::vector<int64_t> amounts = attributes.integers("amounts");
  if (static_cast<int64_t>(amounts.size()) != inputs[0].numel()) throw OpError("amounts: one for each element");
  Push push;
  push.address(at(inputs[0])).address(recorder.constants(amounts)).integer(inputs[0].numel());
  recorder.dispatch_elements("advance", {}, push, inputs[0].numel(), 64);
}

void take_rows(Inputs inputs, Outputs outputs, const Attributes&, Recorder& recorder) {
  const TensorView &data = inputs[0], &y = outputs[0];
  Push push;
  push.address(at(data)).address(at(inputs[1])).address(at(inputs[2])).address(at(y)).address(recorder.status_address());
  push.integer(y.numel()).integer(width_of(data.shape)).integer(data.shape[0]).integer(inputs[1].numel());
  push.integer(y.shape[0]).word(recorder.instruction());
  recorder.dispatch_elements("take_rows", {static_cast<uint32_t>(data.dtype), static_cast<uint32_t>(y.dtype)}, push,
                             y.numel());
}

void record(Inputs inputs, Outputs, const Attributes&, Recorder& recorder) {
  const TensorView& log = inputs[1];
  const int64_t width = log.shape.size() == 2 ? log.shape[1] : 1, count = inputs[0].numel();
  Push push;
  push.address(at(inputs[0])).address(at(log)).address(at(inputs[2])).address(recorder.status_address());
  push.integer(count).integer(log.shape[0]).integer(width).word(recorder.instruction());
  recorder.dispatch_elements("record", {static_cast<uint32_t>(inputs[0].dtype)}, push, count);
}

constexpr GpuOp kIndexing[] = {{"gather", 2, 2, 1, 0, gather}, {"gather_gradient", 2, 2, 1, 0, gather_gradient}};
constexpr GpuOp kSteps[] = {
    {"dropout_mask", 1, 1, 1, 0, dropout_mask},
    {"advance", 1, 1, 0, 0b1, advance},
    {"take_rows", 3, 3, 1, 0, take_rows},
    {"record", 3, 3, 0, 0b10, record},
};

}  // namespace

std::span<const GpuOp> index_ops() { return kIndexing; }
std::span<const GpuOp> step_ops() { return kSteps; }

}  // namespace lazuli::gpu
