// Adaptive averages, whose windows follow from the sizes of input and output, and their gradient.
#include <algorithm>
#include <array>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"
#include "pooling.h"

namespace lazuli {
namespace {

/// Three axes of an adaptive pool; cell i covers floor(i·input/output) .. ceil((i+1)·input/output).
struct Cells {
  std::array<int64_t, 3> input = {1, 1, 1}, output = {1, 1, 1};

  int64_t begin(size_t axis, int64_t cell) const { return cell * input[axis] / output[axis]; }
  int64_t end(size_t axis, int64_t cell) const { return ((cell + 1) * input[axis] + output[axis] - 1) / output[axis]; }

  /// Calls body(cell, first row's start, count) and so on for every cell of the plane.
  template <typename Body> void each(Body&& body) const {
    for (int64_t d = 0; d < output[0]; ++d)
      for (int64_t h = 0; h < output[1]; ++h)
        for (int64_t w = 0; w < output[2]; ++w) body(d, h, w);
  }
  /// Calls row(offset, length) for each row of a cell; returns the cell's size.
  template <typename Row> int64_t rows(int64_t d, int64_t h, int64_t w, Row&& row) const {
    const int64_t first = begin(2, w), length = end(2, w) - first;
    for (int64_t i = begin(0, d); i < end(0, d); ++i)
      for (int64_t j = begin(1, h); j < end(1, h); ++j) row((i * input[1] + j) * input[2] + first, length);
    return (end(0, d) - begin(0, d)) * (end(1, h) - begin(1, h)) * length;
  }
};

Cells cells_of(const Arguments& args, const Shape& x, const Shape& y) {
  Cells cells;
  const auto is_sized = [](const Shape& shape) {
    return std::all_of(shape.begin() + 2, shape.end(),
                       [](int64_t size) { return size >= 1 && size <= std::numeric_limits<int32_t>::max(); });
  };
  if (!is_sized(x)) args.refuse("spatial sizes of x", "1 to 2147483647", shape_text(x));
  if (!is_sized(y)) args.refuse("spatial sizes of y", "1 to 2147483647", shape_text(y));
  for (size_t i = 2; i < x.size(); ++i) {
    cells.input[5 - x.size() + i - 2] = x[i];
    cells.output[5 - x.size() + i - 2] = y[i];
  }
  return cells;
}

/// adaptive_avg_pool (x [n, c, s]) → y with spatial sizes `output_size`.
void adaptive_avg_pool(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("adaptive_avg_pool", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  args.expect_rank("x", x, 3, 5);
  Shape shape = args.list(attributes, "output_size", x.rank() - 2, 1);
  shape.insert(shape.begin(), x.shape.begin(), x.shape.begin() + 2);
  const Cells cells = cells_of(args, x.shape, shape);
  TensorView& y = args.output(0, "y", shape);
  const int64_t planes = shape[0] * shape[1];
  if (planes == 0) return;
  const int64_t size = x.numel() / planes, output_size = y.numel() / planes;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& math = isa_kernels().math<T>();
    each_plane(planes, size + output_size, context, [&](int64_t plane) {
      const T* from = x.as<const T>() + plane * size;
      T* to = y.as<T>() + plane * output_size;
      if (output_size == 1) {
        *to = static_cast<T>(math.sum(from, size) / static_cast<double>(size));
        return;
      }
      cells.each([&](int64_t d, int64_t h, int64_t w) {
        double sum = 0;
        const int64_t count = cells.rows(d, h, w, [&](int64_t offset, int64_t length) {
          for (int64_t i = 0; i < length; ++i) sum += static_cast<double>(from[offset + i]);
        });
        *to++ = static_cast<T>(sum / static_cast<double>(count));
      });
    });
  });
}

/// adaptive_avg_pool_gradient (gy) → gx of `shape`.
void adaptive_avg_pool_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("adaptive_avg_pool_gradient", inputs, outputs, 1, 1, 1);
  const TensorView& gy = args.floating(0, "gy");
  args.expect_rank("gy", gy, 3, 5);
  const Shape shape = attributes.integers("shape");
  if (shape.size() != gy.shape.size() || shape[0] != gy.shape[0] || shape[1] != gy.shape[1])
    args.refuse("shape", "batch and channels of gy " + shape_text(gy.shape), shape_text(shape));
  const Cells cells = cells_of(args, shape, gy.shape);
  TensorView& gx = args.output(0, "gx", shape);
  const int64_t planes = shape[0] * shape[1];
  if (planes == 0) return;
  const int64_t size = gx.numel() / planes, output_size = gy.numel() / planes;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_plane(planes, size + output_size, context, [&](int64_t plane) {
      const T* from = gy.as<const T>() + plane * output_size;
      T* to = gx.as<T>() + plane * size;
      std::fill_n(to, size, T{0});
      cells.each([&](int64_t d, int64_t h, int64_t w) {
        const int64_t count = cells.rows(d, h, w, [](int64_t, int64_t) {});
        const T share = *from++ / static_cast<T>(count);
        cells.rows(d, h, w, [&](int64_t offset, int64_t length) {
          for (int64_t i = 0; i < length; ++i) to[offset + i] += share;
        });
      });
    });
  });
}

constexpr OpEntry kOps[] = {
    {"adaptive_avg_pool", 1, 1, 1, adaptive_avg_pool},
    {"adaptive_avg_pool_gradient", 1, 1, 1, adaptive_avg_pool_gradient},
};

}  // namespace

std::span<const OpEntry> adaptive_pooling_ops() { return kOps; }

}  // namespace lazuli
