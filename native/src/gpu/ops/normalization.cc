// Recording batch, layer and group normalization: statistics in parts that are joined in order, then one pass over the
// elements; the gradients likewise.
#include <algorithm>

#include "ops.h"

namespace lazuli::gpu {
namespace {

constexpr int64_t kGroups = 512;
constexpr int64_t kPart = 2048;
enum Kind : uint32_t { kBatch, kLayer, kGroup };

/// Groups of elements: `rows` runs of `run` neighbours, `pitch` apart; groups begin `group_pitch` apart.
struct Layout {
  int64_t groups, run, rows, pitch, group_pitch;
  int64_t elements() const { return run * rows; }
};

struct Parts {
  int64_t count, size;
};
Parts cut(int64_t groups, int64_t elements) {
  const int64_t wanted =
      std::clamp<int64_t>(kGroups / std::max<int64_t>(groups, 1), 1, std::max<int64_t>(elements / kPart, 1));
  const int64_t size = std::max<int64_t>((elements + wanted - 1) / wanted, 1);
  return {std::max<int64_t>((elements + size - 1) / size, 1), size};
}

/// Mean and 1/sqrt(variance + eps) of every group; running statistics of batch_norm moved where given.
void statistics(const TensorView& x, const Layout& layout, const TensorView& mean, const TensorView& rstd, double eps,
                Inputs running, double momentum, Recorder& recorder) {
  if (layout.groups == 0) return;
  const Parts parts = cut(layout.groups, layout.elements());
  const uint64_t scratch = recorder.scratch(parts.count * layout.groups * 12);
  Push push;
  push.address(at(x)).address(scratch).integer(layout.run).integer(layout.rows).integer(layout.pitch);
  push.integer(layout.group_pitch).integer(layout.elements()).integer(parts.size);
  recorder.dispatch("moments", {}, push,
                    {static_cast<uint32_t>(layout.groups), static_cast<uint32_t>(parts.count), 1});
  recorder.barrier();
  Push join;
  join.address(scratch).address(at(mean)).address(at(rstd));
  for (size_t i = 0; i < 3; ++i) join.address(at(running, i));
  join.integer(layout.groups).integer(parts.count).number(eps).number(momentum);
  recorder.dispatch_elements("join_moments", {}, join, layout.groups, 64);
  recorder.barrier();
}

void apply(Kind kind, Inputs inputs, Outputs outputs, int64_t channels, int64_t inner, int64_t group_size,
           Recorder& recorder) {
  const TensorView &x = inputs[0], &y = outputs[0];
  Push push;
  push.address(at(x)).address(at(inputs, 1)).address(at(inputs, 2)).address(at(outputs[1])).address(at(outputs[2]));
  push.address(at(y)).integer(x.numel()).integer(channels).integer(inner).integer(group_size);
  recorder.dispatch_elements("normalize", {kind}, push, x.numel());
}

int64_t inner_of(const TensorView& x) { return x.shape.size() < 2 ? 1 : around(x.shape, 1).inner; }

Layout channel_layout(const TensorView& x) {
  const int64_t channels = x.shape[1], inner = inner_of(x);
  return {channels, inner, x.shape[0], channels * inner, inner};
}

Layout row_layout(const TensorView& x, int64_t size) {
  return {size == 0 ? 0 : x.numel() / size, size, 1, size, size};
}

void batch_norm(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& x = inputs[0];
  expect_float32(x);
  const double momentum = attributes.is_null("momentum") ? -1 : attributes.number("momentum");
  const Inputs running = inputs.size() > 3 ? inputs.subspan(3) : Inputs{};
  statistics(x, channel_layout(x), outputs[1], outputs[2], attributes.number("eps"), running, momentum, recorder);
  if (inputs.size() > 5 && inputs[5].present()) {
    const int64_t one = 1;
    Push push;
    push.address(at(inputs[5])).address(recorder.constants(&one, sizeof one)).integer(1);
    recorder.dispatch("advance", {}, push, {});
  }
  apply(kBatch, inputs, outputs, x.shape[1], inner_of(x), 1, recorder);
}

void layer_norm(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& x = inputs[0];
  expect_float32(x);
  const int64_t size = attributes.integer("size");
  statistics(x, row_layout(x, size), outputs[1], outputs[2], attributes.number("eps"), {}, 0, recorder);
  apply(kLayer, inputs, outputs, 1, 1, size, recorder);
}

void group_norm(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& x = inputs[0];
  expect_float32(x);
  const int64_t size = x.shape[1] / attributes.integer("groups") * inner_of(x);
  statistics(x, row_layout(x, size), outputs[1], outputs[2], attributes.number("eps"), {}, 0, recorder);
  apply(kGroup, inputs, outputs, x.shape[1], inner_of(x), size, recorder);
}

struct Sums {
  uint32_t stat, weighted;
  int64_t channels, inner, groups, per_group;
};

/// Σ g and Σ g·x̂ of every group into a and b.
void sums(Inputs inputs, const Layout& layout, const Sums& how, uint64_t a, uint64_t b, Recorder& recorder) {
  if (layout.groups == 0) return;
  const Parts parts = cut(layout.groups, layout.elements());
  const uint64_t scratch = recorder.scratch(parts.count * layout.groups * 8);
  Push push;
  for (size_t i = 0; i < 5; ++i) push.address(at(inputs[i]));
  push.address(scratch).integer(layout.run).integer(layout.pitch).integer(layout.group_pitch);
  push.integer(layout.elements()).integer(parts.size);
  push.integer(how.channels).integer(how.inner).integer(how.groups).integer(how.per_group);
  recorder.dispatch("normalize_sums", {how.stat, how.weighted}, push,
                    {static_cast<uint32_t>(layout.groups), static_cast<uint32_t>(parts.count), 1});
  recorder.barrier();
  Push join;
  join.address(scratch).address(a).address(b).integer(layout.groups).integer(parts.count);
  recorder.dispatch_elements("join_sums", {}, join, layout.groups, 64);
}

void gradient(Kind kind, Inputs inputs, const TensorView& gx, uint64_t sum, uint64_t product, int64_t channels,
              int64_t inner, int64_t group_size, double size, Recorder& recorder) {
  recorder.barrier();
  Push push;
  for (size_t i = 0; i < 5; ++i) push.address(at(inputs[i]));
  push.address(sum).address(product).address(at(gx)).integer(gx.numel()).integer(channels).integer(inner);
  push.integer(group_size).number(size);
  recorder.dispatch_elements("normalize_gradient", {kind}, push, gx.numel());
}

void batch_norm_gradient(Inputs inputs, Outputs outputs, const Attributes&, Recorder& recorder) {
  const TensorView& x = inputs[1];
  expect_float32(x);
  const Layout layout = channel_layout(x);
  // Σ gy is gbias and Σ gy·x̂ is gweight.
  const uint64_t sum = at(outputs[2]), product = at(outputs[1]);
  sums(inputs, layout, {0, 0, 1, 1, 1, 1}, sum, product, recorder);
  gradient(kBatch, inputs, outputs[0], sum, product, x.shape[1], inner_of(x), 1,
           static_cast<double>(layout.elements()), recorder);
}

void layer_norm_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& x = inputs[1];
  expect_float32(x);
  const int64_t size = attributes.integer("size");
  const Layout layout = row_layout(x, size);
  const uint64_t sum = recorder.scratch(layout.groups * 4), product = recorder.scratch(layout.groups * 4);
  sums(inputs, layout, {0, inputs[2].present() ? 1u : 0u, 1, 1, 1, size}, sum, product, recorder);
  // gweight and gbias: down the columns.
  const int64_t rows = layout.groups, across = (size + 31) / 32;
  const int64_t wanted = std::clamp<int64_t>(kGroups / std::max<int64_t>(across, 1), 1, std::max<int64_t>(rows / 64, 1));
  const int64_t part = std::max<int64_t>((rows + wanted - 1) / wanted, 1);
  const int64_t count = std::max<int64_t>((rows + part - 1) / part, 1);
  const uint64_t scratch = recorder.scratch(count * size * 8);
  Push columns;
  columns.address(at(inputs[0])).address(at(x)).address(at(inputs[3])).address(at(inputs[4])).address(scratch);
  columns.integer(rows).integer(size).integer(part);
  recorder.dispatch("column_sums", {}, columns, {static_cast<uint32_t>(across), static_cast<uint32_t>(count), 1});
  gradient(kLayer, inputs, outputs[0], sum, product, 1, 1, size, static_cast<double>(size), recorder);
  Push join;
  join.address(scratch).address(at(outputs[2])).address(at(outputs[1])).integer(size).integer(count);
  recorder.dispatch_elements("join_sums", {}, join, size, 64);
}

void group_norm_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& x = inputs[1];
  expect_float32(x);
  const int64_t channels = x.shape[1], inner = inner_of(x), groups = attributes.integer("groups");
  const int64_t per_group = channels / groups, size = per_group * inner;
  const Layout rows = row_layout(x, size);
  const uint64_t sum = recorder.scratch(rows.groups * 4), product = recorder.scratch(rows.groups * 4);
  sums(inputs, rows, {0, inputs[2].present() ? 2u : 0u, channels, inner, 1, 1}, sum, product, recorder);
  sums(inputs, channel_layout(x), {2, 0, 1, 1, groups, per_group}, at(outputs[2]), at(outputs[1]), recorder);
  gradient(kGroup, inputs, outputs[0], sum, product, channels, inner, size, static_cast<double>(size), recorder);
}

constexpr GpuOp kOps[] = {
    {"batch_norm", 1, 6, 3, 0b111000, batch_norm},
    {"batch_norm_gradient", 5, 5, 3, 0, batch_norm_gradient},
    {"layer_norm", 1, 3, 3, 0, layer_norm},
    {"layer_norm_gradient", 5, 5, 3, 0, layer_norm_gradient},
    {"group_norm", 1, 3, 3, 0, group_norm},
    {"group_norm_gradient", 5, 5, 3, 0, group_norm_gradient},
};

}  // namespace

std::span<const GpuOp> normalize_ops() { return kOps; }

}  // namespace lazuli::gpu
