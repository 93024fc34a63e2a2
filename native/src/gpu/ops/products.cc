// Recording products and convolutions: one tiled kernel, sizes of tiles and cuts along k chosen here.
#include <algorithm>
#include <cmath>

#include "ops.h"

namespace lazuli::gpu {
namespace {

/// Multiprocessors of a large device: fewer workgroups than about that leave it idle.
constexpr int64_t kBusy = 128;
/// Workgroups of 256 threads that run there at once.
constexpr double kSlots = 264;

struct Tiles {
  uint32_t side, runs;
  int64_t tile() const { return 4 * side * runs; }
};

struct Plan {
  Tiles tiles;
  int64_t splits, k_part;
};

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// How many parts of k keep a large device busiest: tiles run in waves of `kSlots`, and a last wave that is nearly empty
/// costs as much as a full one. Each part costs a little, to be joined.
int64_t best_splits(int64_t tiles, int64_t most) {
  if (tiles * 2 <= kSlots) return std::min<int64_t>(most, static_cast<int64_t>(2 * kSlots) / std::max<int64_t>(tiles, 1));
  int64_t best = 1;
  double best_worth = 0;
  for (int64_t splits = 1; splits <= std::min<int64_t>(most, 8); ++splits) {
    const double waves = static_cast<double>(tiles * splits) / kSlots;
    const double worth = waves / std::ceil(waves) - 0.02 * static_cast<double>(splits);
    if (worth > best_worth) best_worth = worth, best = splits;
  }
  return best;
}

/// `is_gathered`: a convolution, whose threads keep places of the image: more than one fetch of four each, which other
/// tiles need, no longer fits in registers.
Plan plan_product(int64_t m, int64_t n, int64_t k, int64_t batches, bool is_gathered) {
  constexpr Tiles large{16, 2}, medium{16, 1}, small{8, 1};
  const auto groups = [&](const Tiles& tiles) { return ceil_div(m, tiles.tile()) * ceil_div(n, tiles.tile()) * batches; };
  Tiles tiles = groups(large) >= kBusy ? large : groups(medium) >= kBusy ? medium : small;
  if (is_gathered)
    tiles = medium;
  else if (std::min(m, n) <= 32)
    tiles = small;
  else if (std::min(m, n) <= 64 && tiles.tile() > 64)
    tiles = medium;
  const int64_t most = std::clamp<int64_t>(k / 128, 1, 512);
  int64_t splits = best_splits(groups(tiles), most);
  const int64_t k_part = ceil_div(ceil_div(k, splits), 16) * 16;
  splits = std::max<int64_t>(ceil_div(k, std::max<int64_t>(k_part, 1)), 1);
  return {tiles, splits, k_part};
}

/// How the kernel reads its operands: along k or not, four neighbours at once or one by one.
struct Reading {
  bool is_a_along_k = true, is_b_along_k = false, is_a_in_fours = false, is_b_in_fours = false, has_unit_stride = false;
};

std::vector<uint32_t> constants_of(const Plan& plan, const Reading& reading) {
  return {plan.tiles.side * plan.tiles.side, plan.tiles.side,        plan.tiles.runs,        reading.is_a_along_k,
          reading.is_b_along_k,              reading.is_a_in_fours, reading.is_b_in_fours, reading.has_unit_stride};
}

bool is_aligned(uint64_t address, std::initializer_list<int64_t> sizes) {
  return address % 16 == 0 && std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size % 4 == 0; });
}

Groups groups_of(const Plan& plan, int64_t m, int64_t n, int64_t batches) {
  return {static_cast<uint32_t>(ceil_div(n, plan.tiles.tile())), static_cast<uint32_t>(ceil_div(m, plan.tiles.tile())),
          static_cast<uint32_t>(batches * plan.splits)};
}

void join_parts(uint64_t parts, uint64_t bias, uint64_t y, int64_t count, int64_t splits, int64_t width,
                Recorder& recorder) {
  recorder.barrier();
  Push push;
  push.address(parts).address(bias).address(y).integer(count).integer(splits).integer(width);
  recorder.dispatch_elements("sum_parts", {}, push, count);
}

struct Matrix {
  uint64_t address;
  int64_t row, column, batch;  // strides
};

void product(const Matrix& a, const Matrix& b, uint64_t bias, uint64_t c, int64_t m, int64_t n, int64_t k,
             int64_t batches, Recorder& recorder) {
  if (m == 0 || n == 0 || batches == 0) return;
  const Plan plan = plan_product(m, n, k, batches, false);
  const uint64_t target = plan.splits > 1 ? recorder.scratch(plan.splits * batches * m * n * 4) : c;
  Push push;
  push.address(a.address).address(b.address).address(bias).address(target);
  push.integer(m).integer(n).integer(k).integer(plan.k_part).integer(plan.splits);
  push.integer(a.row).integer(a.column).integer(b.row).integer(b.column).integer(a.batch).integer(b.batch);
  Reading reading{a.column == 1, b.row == 1 && b.column != 1};
  // The other axis' stride, and the size of the one that is read in fours.
  reading.is_a_in_fours = reading.is_a_along_k ? is_aligned(a.address, {k, a.row, a.batch})
                                               : a.row == 1 && is_aligned(a.address, {m, a.column, a.batch});
  reading.is_b_in_fours = reading.is_b_along_k ? is_aligned(b.address, {k, b.column, b.batch})
                                               : b.column == 1 && is_aligned(b.address, {n, b.row, b.batch});
  recorder.dispatch("product_0", constants_of(plan, reading), push, groups_of(plan, m, n, batches));
  if (plan.splits > 1) join_parts(target, bias, c, batches * m * n, plan.splits, n, recorder);
}

/// Only fusion for the CPU sets it: programs for a GPU keep activations by themselves.
void refuse_activation(const Attributes& attributes) {
  if (!attributes.is_null("activation")) throw OpError("the GPU's products apply no activation");
}

void matmul(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &a = inputs[0], &b = inputs[1], &c = outputs[0];
  expect_float32(a);
  refuse_activation(attributes);
  const bool ta = attributes.boolean("transpose_a"), tb = attributes.boolean("transpose_b");
  const int64_t m = c.shape[c.shape.size() - 2], n = c.shape.back(), k = a.shape[a.shape.size() - (ta ? 2 : 1)];
  int64_t batches = 1;
  for (size_t i = 0; i + 2 < c.shape.size(); ++i) batches *= c.shape[i];
  const bool is_shared = b.shape.size() == 2;
  const Matrix left{at(a), ta ? 1 : k, ta ? m : 1, m * k}, right{at(b), tb ? 1 : n, tb ? k : 1, is_shared ? 0 : k * n};
  // Rows of all batches are one matrix when they lie behind each other and b is the same.
  if (is_shared && !ta)
    product(left, right, 0, at(c), batches * m, n, k, 1, recorder);
  else
    product(left, right, 0, at(c), m, n, k, batches, recorder);
}

void linear(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &weight = inputs[1];
  expect_float32(x);
  refuse_activation(attributes);
  const int64_t n = weight.shape[0], k = weight.shape[1], m = n == 0 ? 0 : outputs[0].numel() / n;
  product({at(x), k, 1, 0}, {at(weight), 1, k, 0}, at(inputs, 2), at(outputs[0]), m, n, k, 1, recorder);
}

/// A convolution's geometry on three axes.
struct Geometry {
  int64_t batch, groups, channels, outputs;  // channels and outputs of a group
  int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, before[3] = {0, 0, 0}, dilation[3] = {1, 1, 1},
          kernel[3] = {1, 1, 1};
  int64_t in_plane() const { return in[0] * in[1] * in[2]; }
  int64_t out_plane() const { return out[0] * out[1] * out[2]; }
  int64_t kernel_size() const { return kernel[0] * kernel[1] * kernel[2]; }

  Geometry(const std::vector<int64_t>& x, const std::vector<int64_t>& weight, const std::vector<int64_t>& y,
           const Attributes& attributes) {
    const auto strides = attributes.integers("stride"), padding = attributes.integers("padding"),
               dilations = attributes.integers("dilation");
    batch = x[0];
    groups = attributes.integer("groups");
    channels = weight[1];
    outputs = weight[0] / std::max<int64_t>(groups, 1);
    const size_t rank = x.size() - 2;
    for (size_t i = 0; i < rank; ++i) {
      const size_t axis = 3 - rank + i;
      in[axis] = x[2 + i];
      out[axis] = y[2 + i];
      kernel[axis] = weight[2 + i];
      stride[axis] = strides[i];
      before[axis] = padding[2 * i];
      dilation[axis] = dilations[i];
    }
  }
  uint64_t shape(Recorder& recorder) const {
    std::vector<int32_t> list;
    for (const auto* values : {in, out, stride, before})
      for (int axis = 0; axis < 3; ++axis) list.push_back(static_cast<int32_t>(values[axis]));
    return recorder.constants(list);
  }
  /// For each (plane, place in the kernel): plane · pitch, then the place times dilation.
  uint64_t table(int64_t planes, int64_t pitch, Recorder& recorder) const {
    std::vector<int32_t> list;
    for (int64_t plane = 0; plane < planes; ++plane)
      for (int64_t d = 0; d < kernel[0]; ++d)
        for (int64_t h = 0; h < kernel[1]; ++h)
          for (int64_t w = 0; w < kernel[2]; ++w)
            for (const int64_t value : {plane * pitch, d * dilation[0], h * dilation[1], w * dilation[2]})
              list.push_back(static_cast<int32_t>(value));
    return recorder.constants(list);
  }
};

void run_convolution(const char* kernel, const Geometry& g, uint64_t a, uint64_t b, uint64_t bias, uint64_t c,
                     uint64_t table, int64_t m, int64_t n, int64_t k, bool can_split, const Reading& reading,
                     Recorder& recorder) {
  if (m == 0 || n == 0 || g.groups == 0) return;
  Plan plan = plan_product(m, n, k, g.groups, true);
  if (!can_split) plan.splits = 1, plan.k_part = k;
  const uint64_t target = plan.splits > 1 ? recorder.scratch(plan.splits * g.groups * m * n * 4) : c;
  Push push;
  push.address(a).address(b).address(bias).address(target).address(table).address(g.shape(recorder));
  push.integer(m).integer(n).integer(k).integer(plan.k_part).integer(plan.splits);
  push.integer(g.groups).integer(g.channels).integer(g.outputs).integer(g.kernel_size());
  recorder.dispatch(kernel, constants_of(plan, reading), push, groups_of(plan, m, n, g.groups));
  if (plan.splits > 1) join_parts(target, 0, c, g.groups * m * n, plan.splits, 1, recorder);
}

void convolution(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &weight = inputs[1], &y = outputs[0];
  expect_float32(x);
  refuse_activation(attributes);
  const Geometry g(x.shape, weight.shape, y.shape, attributes);
  run_convolution("product_1", g, at(weight), at(x), at(inputs, 2), at(y), g.table(g.channels, g.in_plane(), recorder),
                  g.outputs, g.batch * g.out_plane(), g.channels * g.kernel_size(), false,
                  {.is_a_in_fours = is_aligned(at(weight), {g.channels * g.kernel_size()})}, recorder);
}

void convolution_input_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &gy = inputs[0], &weight = inputs[1], &gx = outputs[0];
  expect_float32(gy);
  const Geometry g(gx.shape, weight.shape, gy.shape, attributes);
  run_convolution("product_2", g, at(weight), at(gy), at(inputs, 2), at(gx), g.table(g.outputs, g.out_plane(), recorder),
                  g.channels, g.batch * g.in_plane(), g.outputs * g.kernel_size(), false,
                  {.has_unit_stride = g.stride[0] == 1 && g.stride[1] == 1 && g.stride[2] == 1}, recorder);
}

void convolution_weight_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &gy = inputs[0], &x = inputs[1], &gw = outputs[0];
  expect_float32(gy);
  const Geometry g(x.shape, gw.shape, gy.shape, attributes);
  run_convolution("product_3", g, at(gy), at(x), 0, at(gw), g.table(g.channels, g.in_plane(), recorder), g.outputs,
                  g.channels * g.kernel_size(), g.batch * g.out_plane(), true,
                  {.is_b_along_k = true, .is_a_in_fours = is_aligned(at(gy), {g.out_plane()})}, recorder);
}

constexpr GpuOp kOps[] = {
    {"matmul", 2, 2, 1, 0, matmul},
    {"linear", 2, 3, 1, 0, linear},
    {"convolution", 2, 3, 1, 0, convolution},
    {"convolution_input_gradient", 2, 3, 1, 0, convolution_input_gradient},
    {"convolution_weight_gradient", 2, 2, 1, 0, convolution_weight_gradient},
};

}  // namespace

std::span<const GpuOp> product_ops() { return kOps; }

}  // namespace lazuli::gpu
