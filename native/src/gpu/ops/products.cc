// Recording products and convolutions: one tiled kernel, sizes of tiles and cuts along k chosen here.
#include <algorithm>

#include "ops.h"
#include "units.h"

namespace lazuli::gpu {
namespace {

/// Steps along k of a sum that cost as much as writing a part of it and reading it again.
constexpr double kJoinSteps = 40;

/// side_m · side_n threads with runs² blocks of 4 x 4 results each.
struct Tiles {
  uint32_t side_m, side_n, runs;
  int64_t m() const { return 4 * side_m * runs; }
  int64_t n() const { return 4 * side_n * runs; }
  uint32_t threads() const { return side_m * side_n; }
};

/// How the kernel reads its operands: along k or not, four neighbours at once or one by one; likewise the result.
struct Reading {
  bool is_a_along_k = true, is_b_along_k = false, is_a_in_fours = false, is_b_in_fours = false, has_unit_stride = false,
       is_c_in_fours = false;
};

struct Plan {
  Tiles tiles;
  Split split;
  bool is_large = false;  // many rounds of tiles
};

constexpr Tiles kGathered{16, 16, 1};

/// Sizes measured on an H200: 128 x 64 with two stages, but 128 x 128 where rows of A meet rows of B often.
Plan plan_product(int64_t m, int64_t n, int64_t k, int64_t batches, const Reading& reading) {
  constexpr Tiles largest{16, 16, 2}, large{16, 8, 2}, medium{8, 8, 2}, small{8, 8, 1};
  const auto groups = [&](const Tiles& tiles) { return ceil_div(m, tiles.m()) * ceil_div(n, tiles.n()) * batches; };
  Tiles tiles = groups(large) >= kBusy / 2 ? large : groups(medium) >= kBusy / 2 ? medium : small;
  if (reading.is_a_along_k && reading.is_b_along_k && groups(largest) >= 4 * kBusy) tiles = largest;
  if (std::min(m, n) <= 32)
    tiles = small;
  else if (m <= 64 && tiles.m() > 64)
    tiles = medium;
  const int64_t round = tiles.threads() < 128 ? 2 * kBusy : kBusy;
  return {tiles, split_sum(groups(tiles), k, round, 16, kJoinSteps), groups(tiles) >= 3 * round};
}

/// Threads of a convolution keep places of the image: what larger tiles need beside them does not fit in registers.
Plan plan_gathered(int64_t m, int64_t n, int64_t k, int64_t groups, bool can_split) {
  const int64_t tiles = ceil_div(m, kGathered.m()) * ceil_div(n, kGathered.n()) * groups;
  const Split whole{1, std::max<int64_t>(k, 1)};
  return {kGathered, can_split ? split_sum(tiles, k, 4 * kBusy, 16, kJoinSteps) : whole};
}

uint32_t type_of(const TensorView& tensor) { return static_cast<uint32_t>(tensor.dtype); }

std::vector<uint32_t> constants_of(const Plan& plan, const Reading& reading, const TensorView& operand,
                                   const TensorView& result) {
  // Measured on an H200: two stages pay in tiles of 8 x 8 results a thread unless both operands are read across k or tiles
  // are the largest; rows need no padding in large products that read only A along k.
  const bool is_across = !reading.is_a_along_k && !reading.is_b_along_k;
  const bool is_staged = plan.tiles.runs == 2 && plan.tiles.threads() <= 128 && !is_across;
  const bool is_padded = !is_staged || reading.is_b_along_k || !plan.is_large;
  return {plan.tiles.threads(),  plan.tiles.side_m,     plan.tiles.side_n,     plan.tiles.runs,
          reading.is_a_along_k,  reading.is_b_along_k,  reading.is_a_in_fours, reading.is_b_in_fours,
          reading.has_unit_stride, is_staged ? 2U : 1U, is_padded ? 1U : 0U,   type_of(operand),
          plan.split.splits > 1 ? static_cast<uint32_t>(DType::float32) : type_of(result), reading.is_c_in_fours};
}

std::string kernel_of(int mode, Recorder& recorder) {
  return "product_" + std::to_string(mode) + (recorder.device().has_short_kernels() ? "_short" : "");
}

bool is_aligned(uint64_t address, std::initializer_list<int64_t> sizes, int64_t count = 4) {
  return address % 16 == 0 && std::all_of(sizes.begin(), sizes.end(), [&](int64_t size) { return size % count == 0; });
}

void join_parts(uint64_t parts, const TensorView& bias, const TensorView& y, int64_t splits, int64_t width,
                Recorder& recorder) {
  recorder.barrier();
  Push push;
  push.address(parts).address(at(bias)).address(at(y)).integer(y.numel()).integer(splits).integer(width);
  recorder.dispatch_elements("sum_parts", {type_of(bias), type_of(y)}, push, y.numel(), 512);
}

struct Matrix {
  const TensorView& tensor;
  int64_t row, column, batch;  // strides
};

Push push_of(const Matrix& a, const Matrix& b, const TensorView& bias, uint64_t target, const Sizes& sizes,
             const Split& split) {
  Push push;
  push.address(at(a.tensor)).address(at(b.tensor)).address(at(bias)).address(target);
  push.integer(sizes.m).integer(sizes.n).integer(sizes.k).integer(split.k_part).integer(split.splits);
  push.integer(a.row).integer(a.column).integer(b.row).integer(b.column).integer(a.batch).integer(b.batch);
  return push;
}

/// Whether the units' kernel reads these matrices: in eights, along either axis.
bool is_in_eights(const Matrix& a, const Matrix& b, const Sizes& sizes) {
  const auto& [m, n, k, batches] = sizes;
  const bool is_a_fit = a.column == 1 ? is_aligned(at(a.tensor), {k, a.row, a.batch}, 8)
                                      : is_aligned(at(a.tensor), {m, a.column, a.batch}, 8);
  const bool is_b_fit = b.row == 1 && b.column != 1 ? is_aligned(at(b.tensor), {k, b.column, b.batch}, 8)
                                                    : is_aligned(at(b.tensor), {n, b.row, b.batch}, 8);
  return is_a_fit && is_b_fit;
}

void product(const Matrix& a, const Matrix& b, const TensorView& bias, const TensorView& c, const Sizes& sizes,
             Recorder& recorder) {
  const auto& [m, n, k, batches] = sizes;
  if (m == 0 || n == 0 || batches == 0) return;
  const DeviceDescription& device = recorder.device().description();
  const UnitTiles units =
      is_in_eights(a, b, sizes) ? unit_tiles(sizes, unit_of(a.tensor.dtype, device), device) : UnitTiles{};
  Reading reading{a.column == 1, b.row == 1 && b.column != 1};
  const Plan plan = plan_product(m, n, k, batches, reading);
  const Split split = units.m == 0 ? plan.split : split_units(units, sizes);
  const uint64_t target = split.splits > 1 ? recorder.scratch(split.splits * batches * m * n * 4) : at(c);
  const Push push = push_of(a, b, bias, target, sizes, split);
  if (units.m > 0) {
    run_units(0, a.tensor.dtype, c.dtype, units,
              {reading.is_a_along_k, reading.is_b_along_k, n % 8 == 0 && is_aligned(at(c), {})}, push, sizes,
              split.splits, recorder);
  } else {
    // The other axis' stride, and the size of the one that is read in fours.
    const uint64_t at_a = at(a.tensor), at_b = at(b.tensor);
    reading.is_a_in_fours = reading.is_a_along_k ? is_aligned(at_a, {k, a.row, a.batch})
                                                 : a.row == 1 && is_aligned(at_a, {m, a.column, a.batch});
    reading.is_b_in_fours = reading.is_b_along_k ? is_aligned(at_b, {k, b.column, b.batch})
                                                 : b.column == 1 && is_aligned(at_b, {n, b.row, b.batch});
    reading.is_c_in_fours = is_aligned(at(c), {n});
    recorder.dispatch(kernel_of(0, recorder), constants_of(plan, reading, a.tensor, c), push,
                      groups_of(plan.tiles.m(), plan.tiles.n(), m, n, batches, split.splits));
  }
  if (split.splits > 1) join_parts(target, bias, c, split.splits, n, recorder);
}

/// float32, or 16-bit floats of one dtype.
void expect_operands(Inputs inputs) {
  const DType dtype = inputs[0].dtype;
  if (dtype != DType::float16 && dtype != DType::bfloat16) return expect_float32(inputs[0]);
  for (const TensorView& input : inputs)
    if (input.present() && input.dtype != dtype)
      throw OpError(std::string("operands of ") + dtype_name(dtype) + " and of " + dtype_name(input.dtype));
}

const TensorView& bias_of(Inputs inputs) {
  static const TensorView none;
  return inputs.size() > 2 ? inputs[2] : none;
}

/// Only fusion for the CPU sets it: programs for a GPU keep activations by themselves.
void refuse_activation(const Attributes& attributes) {
  if (!attributes.is_null("activation")) throw OpError("the GPU's products apply no activation");
}

void matmul(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &a = inputs[0], &b = inputs[1], &c = outputs[0];
  expect_operands(inputs);
  refuse_activation(attributes);
  const bool ta = attributes.boolean("transpose_a"), tb = attributes.boolean("transpose_b");
  const int64_t m = c.shape[c.shape.size() - 2], n = c.shape.back(), k = a.shape[a.shape.size() - (ta ? 2 : 1)];
  int64_t batches = 1;
  for (size_t i = 0; i + 2 < c.shape.size(); ++i) batches *= c.shape[i];
  const bool is_shared = b.shape.size() == 2;
  const Matrix left{a, ta ? 1 : k, ta ? m : 1, m * k}, right{b, tb ? 1 : n, tb ? k : 1, is_shared ? 0 : k * n};
  // Rows of all batches are one matrix when they lie behind each other and b is the same.
  if (is_shared && !ta)
    product(left, right, {}, c, {batches * m, n, k, 1}, recorder);
  else
    product(left, right, {}, c, {m, n, k, batches}, recorder);
}

void linear(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &weight = inputs[1];
  expect_operands(inputs);
  refuse_activation(attributes);
  const int64_t n = weight.shape[0], k = weight.shape[1], m = n == 0 ? 0 : outputs[0].numel() / n;
  product({x, k, 1, 0}, {weight, 1, k, 0}, bias_of(inputs), outputs[0], {m, n, k, 1}, recorder);
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

/// A convolution's operands as those of a product: mode 1 it, 2 its input gradient, 3 its weight gradient.
struct Convolution {
  int mode;
  const Geometry& geometry;
  const TensorView &a, &b, &bias, &c;
  uint64_t table;
  Sizes sizes;
  int64_t a_run, c_run;  // neighbours in A along k, and in C along n
  bool has_unit_stride = false;
};

void run_convolution(const Convolution& given, Recorder& recorder) {
  const auto& [mode, g, a, b, bias, c, table, sizes, a_run, c_run, has_unit_stride] = given;
  const auto& [m, n, k, groups] = sizes;
  if (m == 0 || n == 0 || groups == 0) return;
  const DeviceDescription& device = recorder.device().description();
  const UnitTiles units = unit_tiles(sizes, unit_of(a.dtype, device), device);
  const bool can_split = mode == 3;
  const Plan plan = plan_gathered(m, n, k, groups, can_split);
  const auto& [splits, k_part] = can_split && units.m > 0 ? split_units(units, sizes) : plan.split;
  const uint64_t target = splits > 1 ? recorder.scratch(splits * groups * m * n * 4) : at(c);
  Push push;
  push.address(at(a)).address(at(b)).address(at(bias)).address(target).address(table).address(g.shape(recorder));
  push.integer(m).integer(n).integer(k).integer(k_part).integer(splits);
  push.integer(g.groups).integer(g.channels).integer(g.outputs).integer(g.kernel_size());
  if (units.m > 0) {
    const UnitReading reading{.is_b_along_k = mode == 3,
                              .is_c_in_eights = is_aligned(at(c), {c_run}, 8),
                              .is_a_in_eights = is_aligned(at(a), {a_run}, 8),
                              .has_unit_stride = has_unit_stride};
    run_units(mode, a.dtype, c.dtype, units, reading, push, sizes, splits, recorder);
  } else {
    const Reading reading{.is_b_along_k = mode == 3,
                          .is_a_in_fours = is_aligned(at(a), {a_run}),
                          .has_unit_stride = has_unit_stride,
                          .is_c_in_fours = is_aligned(at(c), {c_run})};
    recorder.dispatch(kernel_of(mode, recorder), constants_of(plan, reading, a, c), push,
                      groups_of(plan.tiles.m(), plan.tiles.n(), m, n, groups, splits));
  }
  if (splits > 1) join_parts(target, {}, c, splits, 1, recorder);
}

void convolution(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &weight = inputs[1], &y = outputs[0];
  expect_operands(inputs);
  refuse_activation(attributes);
  const Geometry g(x.shape, weight.shape, y.shape, attributes);
  const int64_t k = g.channels * g.kernel_size();
  run_convolution({1, g, weight, x, bias_of(inputs), y, g.table(g.channels, g.in_plane(), recorder),
                   {g.outputs, g.batch * g.out_plane(), k, g.groups}, k, g.out_plane()},
                  recorder);
}

void convolution_input_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &gy = inputs[0], &weight = inputs[1], &gx = outputs[0];
  expect_operands(inputs);
  const Geometry g(gx.shape, weight.shape, gy.shape, attributes);
  const bool has_unit_stride = g.stride[0] == 1 && g.stride[1] == 1 && g.stride[2] == 1;
  // The weight is read across: no neighbours.
  run_convolution({2, g, weight, gy, bias_of(inputs), gx, g.table(g.outputs, g.out_plane(), recorder),
                   {g.channels, g.batch * g.in_plane(), g.outputs * g.kernel_size(), g.groups}, 1, g.in_plane(),
                   has_unit_stride},
                  recorder);
}

void convolution_weight_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &gy = inputs[0], &x = inputs[1], &gw = outputs[0];
  expect_operands(inputs);
  const Geometry g(x.shape, gw.shape, gy.shape, attributes);
  const int64_t n = g.channels * g.kernel_size();
  run_convolution({3, g, gy, x, bias_of({}), gw, g.table(g.channels, g.in_plane(), recorder),
                   {g.outputs, n, g.batch * g.out_plane(), g.groups}, g.out_plane(), n},
                  recorder);
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
