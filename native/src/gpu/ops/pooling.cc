// Recording pooling, forward and backward, over one to three axes.
#include <algorithm>

#include "ops.h"

namespace lazuli::gpu {
namespace {

using Sizes = std::vector<int64_t>;

int64_t planes_of(const Sizes& shape) { return shape[0] * shape[1]; }

/// The geometry pool.comp reads: seven lists of three numbers. Lists that are not given are ones.
uint64_t shape_of(const Sizes& in, const Sizes& out, const Attributes* window, Recorder& recorder) {
  std::vector<int32_t> list(21, 1);
  const size_t rank = in.size() - 2;
  const Sizes padding = window ? window->integers("padding") : Sizes(2 * rank, 0);
  const auto put = [&](size_t row, auto&& value) {
    for (size_t i = 0; i < rank; ++i) list[row * 3 + 3 - rank + i] = static_cast<int32_t>(value(i));
  };
  std::fill(list.begin() + 12, list.begin() + 18, 0);
  put(0, [&](size_t i) { return in[2 + i]; });
  put(1, [&](size_t i) { return out[2 + i]; });
  if (window) {
    const Sizes kernel = window->integers("kernel"), stride = window->integers("stride"),
                dilation = window->integers("dilation");
    put(2, [&](size_t i) { return kernel[i]; });
    put(3, [&](size_t i) { return stride[i]; });
    put(6, [&](size_t i) { return dilation[i]; });
  }
  put(4, [&](size_t i) { return padding[2 * i]; });
  put(5, [&](size_t i) { return padding[2 * i + 1]; });
  return recorder.constants(list);
}

void run(const char* kernel, uint64_t x, uint64_t y, uint64_t places, uint64_t shape, int64_t count,
         const Attributes* average, Recorder& recorder) {
  Push push;
  push.address(x).address(y).address(places).address(shape).integer(count);
  push.integer(average && average->boolean("count_include_pad") ? 1 : 0);
  push.integer(average && !average->is_null("divisor_override") ? average->integer("divisor_override") : 0);
  recorder.dispatch_elements(kernel, {}, push, count);
}

void max_pool(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &y = outputs[0];
  expect_float32(x);
  run("pool_0", at(x), at(y), at(outputs[1]), shape_of(x.shape, y.shape, &attributes, recorder), y.numel(), nullptr,
      recorder);
}

void max_pool_gradient(Inputs inputs, Outputs outputs, const Attributes&, Recorder& recorder) {
  const TensorView &gy = inputs[0], &gx = outputs[0];
  expect_float32(gy);
  Push zero;
  zero.address(at(gx)).address(0).integer(gx.numel());
  recorder.dispatch_elements("fill", {4}, zero, gx.numel());
  recorder.barrier();
  const int64_t planes = planes_of(gx.shape);
  if (planes == 0 || gy.numel() == 0) return;
  Push push;
  push.address(at(gy)).address(at(inputs[1])).address(at(gx));
  push.integer(gx.numel() / planes).integer(gy.numel() / planes).integer(planes);
  recorder.dispatch_elements("max_pool_gradient", {}, push, planes, 1);
}

void avg_pool(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &y = outputs[0];
  expect_float32(x);
  run("pool_1", at(x), at(y), 0, shape_of(x.shape, y.shape, &attributes, recorder), y.numel(), &attributes, recorder);
}

void avg_pool_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &gy = inputs[0], &gx = outputs[0];
  expect_float32(gy);
  run("pool_2", at(gx), at(gy), 0, shape_of(gx.shape, gy.shape, &attributes, recorder), gx.numel(), &attributes,
      recorder);
}

void adaptive_avg_pool(Inputs inputs, Outputs outputs, const Attributes&, Recorder& recorder) {
  const TensorView &x = inputs[0], &y = outputs[0];
  expect_float32(x);
  run("pool_3", at(x), at(y), 0, shape_of(x.shape, y.shape, nullptr, recorder), y.numel(), nullptr, recorder);
}

void adaptive_avg_pool_gradient(Inputs inputs, Outputs outputs, const Attributes&, Recorder& recorder) {
  const TensorView &gy = inputs[0], &gx = outputs[0];
  expect_float32(gy);
  run("pool_4", at(gx), at(gy), 0, shape_of(gx.shape, gy.shape, nullptr, recorder), gx.numel(), nullptr, recorder);
}

constexpr GpuOp kOps[] = {
    {"max_pool", 1, 1, 2, 0, max_pool},
    {"max_pool_gradient", 2, 2, 1, 0, max_pool_gradient},
    {"avg_pool", 1, 1, 1, 0, avg_pool},
    {"avg_pool_gradient", 1, 1, 1, 0, avg_pool_gradient},
    {"adaptive_avg_pool", 1, 1, 1, 0, adaptive_avg_pool},
    {"adaptive_avg_pool_gradient", 1, 1, 1, 0, adaptive_avg_pool_gradient},
};

}  // namespace

std::span<const GpuOp> pool_ops() { return kOps; }

}  // namespace lazuli::gpu
