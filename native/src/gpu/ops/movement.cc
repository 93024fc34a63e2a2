// Recording the ops that move elements: copies through strides, concatenation, casts, fills, padding.
#include <algorithm>
#include <bit>
#include <cmath>

#include "ops.h"

namespace lazuli::gpu {
namespace {

constexpr size_t kMostAxes = 8;

std::string sized(const char* kernel, DType dtype) {
  return std::string(kernel) + "_" + std::to_string(element_size(dtype));
}

struct StridedAxis {
  int64_t size, stride, dense;  // stride in the storage, dense stride in the other tensor
};

/// Axes of more than one element, neighbours merged where both tensors allow it.
std::vector<StridedAxis> merged_axes(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  std::vector<StridedAxis> axes;
  int64_t dense = 1;
  for (const int64_t size : shape) dense *= std::max<int64_t>(size, 1);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    dense /= std::max<int64_t>(shape[axis], 1);
    if (shape[axis] == 1) continue;
    if (!axes.empty() && axes.back().stride == strides[axis] * shape[axis]) {
      axes.back() = {axes.back().size * shape[axis], strides[axis], dense};
      continue;
    }
    axes.push_back({shape[axis], strides[axis], dense});
  }
  if (axes.size() > kMostAxes) throw OpError("the GPU copies through at most 8 axes");
  return axes;
}

void strided_copy(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& y = outputs[0];
  auto axes = merged_axes(y.shape, attributes.integers("strides"));
  if (axes.empty()) axes.push_back({1, 0, 1});
  Push push;
  push.address(at(inputs[0])).address(at(y)).integer(y.numel()).integer(attributes.integer("offset"));
  for (size_t i = 0; i < kMostAxes; ++i) push.integer(i < axes.size() ? axes[i].size : 1);
  for (size_t i = 0; i < kMostAxes; ++i) push.integer(i < axes.size() ? axes[i].stride : 0);
  recorder.dispatch_elements(sized("strided_copy", y.dtype), {static_cast<uint32_t>(axes.size())}, push, y.numel());
}

void zero(const TensorView& tensor, Recorder& recorder) {
  Push push;
  push.address(at(tensor)).address(0).integer(tensor.numel());
  recorder.dispatch_elements("fill", {static_cast<uint32_t>(element_size(tensor.dtype))}, push, tensor.numel());
}

/// True when no two index combinations of these axes meet.
bool is_injective(std::vector<StridedAxis> axes) {
  std::sort(axes.begin(), axes.end(),
            [](const auto& a, const auto& b) { return std::abs(a.stride) < std::abs(b.stride); });
  int64_t reach = 0;
  for (const auto& axis : axes) {
    if (std::abs(axis.stride) <= reach) return false;
    reach += (axis.size - 1) * std::abs(axis.stride);
  }
  return true;
}

void strided_scatter(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &y = outputs[0];
  expect_float32(x);
  zero(y, recorder);
  if (x.numel() == 0) return;
  std::vector<StridedAxis> summed, moving;
  for (const StridedAxis& axis : merged_axes(x.shape, attributes.integers("strides")))
    (axis.stride == 0 ? summed : moving).push_back(axis);
  // The largest set of axes that never meet runs at once; the others one index after the other.
  size_t best = 0;
  int64_t most = 0;
  for (size_t set = 0; set < size_t{1} << moving.size(); ++set) {
    std::vector<StridedAxis> chosen;
    int64_t count = 1;
    for (size_t i = 0; i < moving.size(); ++i)
      if (set >> i & 1) chosen.push_back(moving[i]), count *= moving[i].size;
    if (count > most && is_injective(chosen)) most = count, best = set;
  }
  std::vector<int32_t> table;
  std::vector<StridedAxis> serial;
  uint32_t rank = 0;
  for (size_t i = 0; i < moving.size(); ++i) {
    if ((best >> i & 1) == 0) {
      serial.push_back(moving[i]);
      continue;
    }
    ++rank;
    for (const int64_t value : {moving[i].size, moving[i].dense, moving[i].stride})
      table.push_back(static_cast<int32_t>(value));
  }
  int64_t summed_count = 1, rounds = 1;
  for (const auto& axis : summed) {
    summed_count *= axis.size;
    table.push_back(static_cast<int32_t>(axis.size));
    table.push_back(static_cast<int32_t>(axis.dense));
  }
  for (const auto& axis : serial) rounds *= axis.size;
  if (rounds > (1 << 16)) throw OpError("the GPU scatters through at most 65536 overlapping places");
  table.push_back(0);
  const uint64_t axes = recorder.constants(table);
  for (int64_t round = 0; round < rounds; ++round) {
    int64_t from = 0, to = attributes.integer("offset"), left = round;
    for (const auto& axis : serial) {
      from += left % axis.size * axis.dense;
      to += left % axis.size * axis.stride;
      left /= axis.size;
    }
    recorder.barrier();
    Push push;
    push.address(at(x)).address(at(y)).address(axes).integer(most).integer(from).integer(to);
    push.integer(static_cast<int64_t>(summed.size())).integer(summed_count);
    recorder.dispatch_elements("strided_scatter", {rank}, push, most);
  }
}

void concatenate(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& y = outputs[0];
  const auto axis = static_cast<size_t>(attributes.integer("axis"));
  const Axis whole = around(y.shape, axis);
  int64_t offset = 0;
  for (const TensorView& x : inputs) {
    const int64_t width = x.shape[axis] * whole.inner;
    Push push;
    push.address(at(x)).address(at(y)).integer(x.numel()).integer(width).integer(whole.size * whole.inner).integer(offset);
    recorder.dispatch_elements(sized("rows_copy", y.dtype), {}, push, x.numel());
    offset += width;
  }
}

void cast(Inputs inputs, Outputs outputs, const Attributes&, Recorder& recorder) {
  const TensorView &x = inputs[0], &y = outputs[0];
  Push push;
  push.address(at(x)).address(at(y)).integer(x.numel());
  const bool is_narrow = y.dtype == DType::float16 || y.dtype == DType::bfloat16;
  const bool is_in_pairs = x.dtype == DType::float32 && is_narrow && at(y) % 4 == 0;
  recorder.dispatch_elements("cast", {static_cast<uint32_t>(x.dtype), static_cast<uint32_t>(y.dtype), is_in_pairs}, push,
                             x.numel(), is_in_pairs ? 512 : 256);
}

uint16_t float16_bits(double value) {
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const float size = std::fabs(static_cast<float>(value));
  if (std::isnan(size)) return static_cast<uint16_t>(sign | 0x7E00);
  if (size >= 65520) return static_cast<uint16_t>(sign | 0x7C00);
  int exponent = 0;
  std::frexp(size, &exponent);
  const int unit = std::max(exponent - 11, -24);
  const auto count = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -unit)));
  // A count of 2048 carries into the exponent by itself.
  return static_cast<uint16_t>(sign | (unit == -24 ? count : (static_cast<uint32_t>(unit + 24) << 10) + count));
}

uint64_t pattern_of(DType dtype, double value) {
  switch (dtype) {
    case DType::float32: return std::bit_cast<uint32_t>(static_cast<float>(value));
    case DType::float64: return std::bit_cast<uint64_t>(value);
    case DType::float16: return float16_bits(value);
    case DType::bfloat16: {
      const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
      return std::isnan(value) ? 0x7FC0 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    }
    case DType::boolean: return value != 0 ? 1 : 0;
    default: return static_cast<uint64_t>(static_cast<int64_t>(value));
  }
}

void fill(Inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& y = outputs[0];
  Push push;
  push.address(at(y)).address(pattern_of(y.dtype, attributes.number("value"))).integer(y.numel());
  recorder.dispatch_elements("fill", {static_cast<uint32_t>(element_size(y.dtype))}, push, y.numel());
}

uint32_t pad_mode(const Attributes& attributes) {
  const std::string& mode = attributes.text("mode");
  for (uint32_t i = 0; const char* name : {"constant", "reflect", "replicate", "circular"}) {
    if (mode == name) return i;
    ++i;
  }
  throw OpError("pad: unknown mode '" + mode + "'");
}

/// Pads one axis after the other, the result of each in scratch; `is_gradient` goes the other way.
void pad_axes(const TensorView& small, const TensorView& large, const Attributes& attributes, bool is_gradient,
              Recorder& recorder) {
  const std::vector<int64_t> padding = attributes.integers("padding");
  const uint32_t mode = pad_mode(attributes);
  const size_t axes = padding.size() / 2, rank = small.shape.size();
  std::vector<size_t> order;
  for (size_t i = 0; i < axes; ++i)
    if (padding[2 * i] != 0 || padding[2 * i + 1] != 0) order.push_back(i);
  if (order.empty()) order.push_back(axes - 1);
  // Shapes along the way: stage[0] is the small one.
  std::vector<std::vector<int64_t>> stage = {small.shape};
  for (const size_t i : order) {
    stage.push_back(stage.back());
    stage.back()[rank - axes + i] += padding[2 * i] + padding[2 * i + 1];
  }
  std::vector<uint64_t> memory = {at(small)};
  for (size_t s = 1; s < order.size(); ++s) {
    TensorView between{nullptr, small.dtype, stage[s]};
    memory.push_back(recorder.scratch(between.numel() * 4));
  }
  memory.push_back(at(large));
  for (size_t s = 0; s < order.size(); ++s) {
    const size_t step = is_gradient ? order.size() - 1 - s : s, i = order[step];
    const Axis before = around(stage[step], rank - axes + i), after = around(stage[step + 1], rank - axes + i);
    const int64_t count = is_gradient ? before.outer * before.size * before.inner : after.outer * after.size * after.inner;
    Push push;
    push.address(memory[step]).address(memory[step + 1]).integer(count).integer(before.size).integer(after.size);
    push.integer(before.inner).integer(padding[2 * i]);
    push.number(is_gradient || attributes.is_null("value") ? 0 : attributes.number("value"));
    if (s > 0) recorder.barrier();
    recorder.dispatch_elements(is_gradient ? "pad_gradient" : "pad", {mode}, push, count);
  }
}

void pad(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  expect_float32(inputs[0]);
  pad_axes(inputs[0], outputs[0], attributes, false, recorder);
}

void pad_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  expect_float32(inputs[0]);
  pad_axes(outputs[0], inputs[0], attributes, true, recorder);
}

constexpr GpuOp kOps[] = {
    {"strided_copy", 1, 1, 1, 0, strided_copy}, {"strided_scatter", 1, 1, 1, 0, strided_scatter},
    {"concatenate", 1, 64, 1, 0, concatenate},  {"cast", 1, 1, 1, 0, cast},
    {"fill", 0, 0, 1, 0, fill},                 {"pad", 1, 1, 1, 0, pad},
    {"pad_gradient", 1, 1, 1, 0, pad_gradient},
};

}  // namespace

std::span<const GpuOp> movement_ops() { return kOps; }

}  // namespace lazuli::gpu
