// Recording self-attention and its gradient: a workgroup for each step of each head of each sample.
#include "ops.h"

namespace lazuli::gpu {
namespace {

/// Sizes of qkv [n, t, 3·e] and the addresses every mode may need.
void run(const char* kernel, const TensorView& qkv, const Attributes& attributes, uint64_t y, uint64_t lse, uint64_t gy,
         uint64_t gqkv, Recorder& recorder) {
  expect_float32(qkv);
  if (qkv.numel() == 0) return;
  const int64_t heads = attributes.integer("heads"), steps = qkv.shape[1], groups = qkv.shape[0] * heads * steps;
  Push push;
  push.address(at(qkv)).address(y).address(lse).address(gy).address(gqkv);
  push.integer(steps).integer(heads).integer(qkv.shape[2] / 3 / heads).integer(groups);
  push.number(attributes.number("scale"));
  recorder.dispatch_elements(kernel, {attributes.boolean("is_causal") ? 1U : 0U}, push, groups, 1);
}

void self_attention(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  run("attention_0", inputs[0], attributes, at(outputs[0]), at(outputs[1]), 0, 0, recorder);
}

void self_attention_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  for (const char* kernel : {"attention_1", "attention_2"})
    run(kernel, inputs[1], attributes, at(inputs[2]), at(inputs[3]), at(inputs[0]), at(outputs[0]), recorder);
}

constexpr GpuOp kOps[] = {
    {"self_attention", 1, 1, 2, 0, self_attention},
    {"self_attention_gradient", 4, 4, 1, 0, self_attention_gradient},
};

}  // namespace

std::span<const GpuOp> attention_gpu_ops() { return kOps; }

}  // namespace lazuli::gpu
